import DreamSim
import DreamSimService
import Foundation
import ModelTestSupport
import TestSupport

/// A service with a small model and two metrics, as most tests of its routes want it.
enum SmallService {
    private static let offline: PerceptualModel.LoadingOptions = {
        var store = ModelStore.Configuration(home: FileManager.default.temporaryDirectory)
        store.isOffline = true
        return PerceptualModel.LoadingOptions(store: store)
    }()

    /// A small model and two metrics, with names "tiny", "ssim" and "psnr".
    private static func metrics(_ home: URL) async throws -> [any PerceptualMetric] {
        let description = try TinyModels.write(TinyModels.json(["dino"]), to: home)
        return [
            try await PerceptualModel.load(description.path, options: TinyModels.options(home: home)),
            try await MetricCatalog.load("ssim", options: offline),
            try await MetricCatalog.load("psnr", options: offline),
        ]
    }

    /// Runs `body` with the service and its metrics.
    static func with<R: Sendable>(
        _ settings: ServiceSettings = ServiceSettings(),
        _ body: @escaping @Sendable (RunningService, [any PerceptualMetric]) throws -> R
    ) async throws -> R {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let metrics = try await metrics(home)
        return try await RunningService.with(settings, metrics: metrics) { try body($0, metrics) }
    }
}
