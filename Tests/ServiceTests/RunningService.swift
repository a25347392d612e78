import DreamSim
import DreamSimService
import Foundation
import Logging
import ModelTestSupport
import Synchronization
import TestSupport

/// A service on a free port of this machine.
struct RunningService: Sendable {
    let port: Int
    /// Lets the service take settings anew.
    var reload: @Sendable (ServiceSettings) throws -> [String] = { _ in [] }
    /// What the service has logged.
    var log = LogLines()

    /// Runs `body` with a service that has loaded its metrics, and ends it.
    static func with<R: Sendable>(
        _ settings: ServiceSettings = ServiceSettings(), metrics: [any PerceptualMetric]? = nil,
        detector: SaliencyDetector? = nil, log: RecordedLog? = nil,
        _ body: @escaping @Sendable (RunningService) throws -> R
    ) async throws -> R {
        var settings = settings
        settings.port = 0
        // A test that connects may have to wait long for a processor before it speaks.
        let usual = ServiceLimits().firstByteTime
        if settings.limits.firstByteTime == usual { settings.limits.firstByteTime = usual * 24 }
        let lines = LogLines()
        var logger = Logger(label: "test") { _ in lines }
        if let log { logger = log.logger }
        let metrics =
            if let metrics { metrics } else {
                [
                    try await MetricCatalog.load("mse", options: offline),
                    try await MetricCatalog.load("psnr", options: offline),
                ]
            }
        let service = try PerceptualService(settings, logger: logger) {
            PerceptualService.Metrics(metrics, detector: detector)
        }
        let (ports, tell) = AsyncStream<Int>.makeStream()
        let task = Task { try await service.run(stopsBySignal: false) { tell.yield($0) } }
        defer { task.cancel() }
        var iterator = ports.makeAsyncIterator()
        let running = RunningService(
            port: await iterator.next() ?? 0, reload: { try service.reload($0) }, log: lines)
        let result = try await onThread {
            while try running.get("/readyz").status != 200 { usleep(5000) }
            return try body(running)
        }
        task.cancel()
        _ = await task.result
        return result
    }

    private static var offline: PerceptualModel.LoadingOptions {
        var store = ModelStore.Configuration(home: FileManager.default.temporaryDirectory)
        store.isOffline = true
        return PerceptualModel.LoadingOptions(store: store)
    }

    func client() throws -> RawClient { try RawClient(port) }

    /// Asks once.
    func get(
        _ path: String, headers: [String] = [], host: String = "127.0.0.1", from source: String? = nil
    ) throws -> RawClient.Answer {
        let client = try RawClient(port, from: source)
        client.send("GET", path, headers: headers, host: host)
        return try client.answer()
    }

    /// Sends a form once.
    func post(
        _ path: String, _ form: Form, headers: [String] = []
    ) throws -> RawClient.Answer {
        let client = try client()
        client.send("POST", path, headers: [Form.header] + headers, body: form.body)
        return try client.answer()
    }

    /// The value of a line of `/metrics`.
    func statistic(_ name: String) throws -> Double {
        let lines = try get("/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.split(separator: " ")[1]) } ?? .nan
    }

    /// Waits until a line of `/metrics` has a value.
    func wait(for name: String, _ value: Double) throws {
        try waitUntil(name) { $0 == value }
    }

    /// Waits until the value of a line of `/metrics` is as it should be.
    func waitUntil(_ name: String, _ isReached: (Double) -> Bool) throws {
        while !isReached(try statistic(name)) { usleep(5000) }
    }
}

/// What a service logs, kept.
struct LogLines: LogHandler {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private let lines = Lines()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let more = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
        lines.all.withLock { $0.append("\(event.level) \(event.message) \(more)") }
    }

    /// The lines that hold a text.
    func lines(with text: String) -> [String] { lines.all.withLock { $0.filter { $0.contains(text) } } }
}

/// A metric that computes when it is told to: 0 for every pair.
final class GatedMetric: PerceptualMetric {
    private let state = Mutex<(isOpen: Bool, calls: Int)>((false, 0))

    let card = MetricCard(
        name: "gated", summary: "waits", direction: .lowerIsMoreAlike, lowest: 0, highest: 1, size: .square(8))

    var calls: Int { state.withLock(\.calls) }

    func open() { state.withLock { $0.isOpen = true } }

    func values(from reference: Image, to images: [Image]) throws -> [Double] {
        state.withLock { $0.calls += 1 }
        while !state.withLock(\.isOpen) { usleep(1000) }
        return images.map { _ in 0 }
    }
}

/// PNG files of small images.
enum Images {
    static func png(_ seed: UInt64, width: Int = 40, height: Int = 30) throws -> [UInt8] {
        try TinyModels.image(seed, width: width, height: height).pngData()
    }
}
