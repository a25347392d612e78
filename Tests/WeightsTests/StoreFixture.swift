import DreamSimSupport
import DreamSimWeights
import Foundation
import Synchronization
import TestSupport
import Testing

/// A release as it is published, in small, and its source.
enum Release {
    static let adapter = Array("adapter weights".utf8)
    static let config = Array(#"{"r": 16}"#.utf8)
    static let backbone: [UInt8] = noise(700_000, seed: 3)

    static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 40)
        }
    }

    static func members(below top: String = "") -> [ZipBuilder.Member] {
        [
            ZipBuilder.Member(top + "ensemble_lora/", []),
            ZipBuilder.Member(top + "ensemble_lora/adapter_model.safetensors", adapter, isDeflated: true),
            ZipBuilder.Member(top + "ensemble_lora/adapter_config.json", config),
            ZipBuilder.Member(top + "dino_vitb16_pretrain.pth", backbone, isDeflated: true),
            ZipBuilder.Member(top + "readme.txt", config),
        ]
    }

    static let items = [
        WeightSource.Item(member: "dino_vitb16_pretrain.pth", path: "dino_vitb16_pretrain.pth"),
        WeightSource.Item(member: "ensemble_lora/adapter_config.json", path: "ensemble_lora/adapter_config.json"),
        WeightSource.Item(
            member: "ensemble_lora/adapter_model.safetensors", path: "ensemble_lora/adapter_model.safetensors",
            alternatives: [
                WeightSource.Item(
                    member: "ensemble_lora/adapter_model.bin", path: "ensemble_lora/adapter_model.bin")
            ]),
    ]

    static func source(
        packaging: WeightSource.Packaging = .zip, items: [WeightSource.Item] = items, sha256: String? = nil,
        byteCount: Int? = nil
    ) -> WeightSource {
        let name = packaging == .plain ? "weights.bin" : "dreamsim_ensemble_checkpoint.zip"
        return WeightSource(
            location: .https(URL(string: "https://example.invalid/releases/download/v1/\(name)")!),
            packaging: packaging, items: items, sha256: sha256, byteCount: byteCount, license: "MIT")
    }

    /// A plain file of a size that takes some pieces, and its source.
    static func plain(_ count: Int = 3_000_000, sha256: String? = nil) -> (contents: [UInt8], source: WeightSource) {
        let item = WeightSource.Item(member: nil, path: "checkpoints/weights.bin")
        return (noise(count, seed: 9), source(packaging: .plain, items: [item], sha256: sha256))
    }
}

/// A store in a fresh folder whose mirror is a server of this process.
struct StoreFixture {
    let folder: URL
    let server: TestServer
    var store: ModelStore

    init(_ contents: [UInt8], _ change: (inout ModelStore.Configuration) -> Void = { _ in }) throws {
        folder = try Fixtures.temporaryFolder()
        server = try TestServer(contents)
        var configuration = Self.configuration(folder, port: server.port)
        change(&configuration)
        store = ModelStore(configuration)
    }

    static func configuration(_ folder: URL, port: Int) -> ModelStore.Configuration {
        var configuration = ModelStore.Configuration(home: folder.appending(path: "home"))
        configuration.mirror = URL(string: "http://127.0.0.1:\(port)/files")
        configuration.retryDelay = .milliseconds(5)
        // Long, because other tests may keep the processors busy.
        configuration.stallTimeout = .seconds(120)
        return configuration
    }

    /// The same store with other settings.
    func store(_ change: (inout ModelStore.Configuration) throws -> Void) rethrows -> ModelStore {
        var configuration = store.configuration
        try change(&configuration)
        return ModelStore(configuration)
    }

    func finish() {
        server.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// All regular files below a folder, by relative path.
    static func files(in folder: URL) -> [String] {
        let names = FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? []
        return names.filter {
            var isFolder: ObjCBool = false
            let path = folder.appending(path: $0).path
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
        }.sorted()
    }

    var weights: [String] { Self.files(in: store.weightsFolder) }
    var downloads: [String] { Self.files(in: store.downloadsFolder) }

    var partialSize: Int {
        guard let name = downloads.first(where: { $0.hasSuffix(".part") }) else { return 0 }
        let path = store.downloadsFolder.appending(path: name).path
        return (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }

    func contents(_ path: String) throws -> [UInt8] {
        let url = try #require(store.locate(path), "\(path) is not there")
        return try Array(Data(contentsOf: url))
    }
}

/// Runs `body` with a fresh store and cleans up.
func withStore<R>(
    _ contents: [UInt8], _ change: (inout ModelStore.Configuration) -> Void = { _ in },
    _ body: (StoreFixture) async throws -> R
) async throws -> R {
    let fixture = try StoreFixture(contents, change)
    defer { fixture.finish() }
    return try await body(fixture)
}

/// The error of a fetch that must fail.
func failure(_ store: ModelStore, _ source: WeightSource) async -> DreamSimError {
    do {
        try await store.fetch(source)
    } catch {
        return error
    }
    Issue.record("the fetch did not fail")
    return DreamSimError(.badSetting, "", "")
}

/// Collects progress.
final class ProgressLog: Sendable {
    private let log = Mutex<[DownloadProgress]>([])
    func append(_ progress: DownloadProgress) { log.withLock { $0.append(progress) } }
    var all: [DownloadProgress] { log.withLock { $0 } }
}
