import Foundation
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// A service on this machine that compares, embeds and finds images over HTTP, and has a page to do so in a browser.
///
/// ```swift
/// let service = PerceptualService { [try await PerceptualModel.load()] }
/// try await service.run { print("http://127.0.0.1:\($0)/") }
/// ```
public struct PerceptualService: Sendable {
    /// What requests may use.
    public struct Metrics: Sendable {
        /// The metrics that can be chosen by their names; the first is used when a request names none.
        public var metrics: [any PerceptualMetric]
        /// Models that embed queries for the index, and cannot be chosen.
        public var others: [any EmbeddingMetric]
        /// Says what stands out in images; nil for a service that makes no cutouts.
        public var detector: SaliencyDetector?

        /// Joins metrics.
        public init(
            _ metrics: [any PerceptualMetric], others: [any EmbeddingMetric] = [], detector: SaliencyDetector? = nil
        ) {
            (self.metrics, self.others, self.detector) = (metrics, others, detector)
        }
    }

    private let core: ServiceCore
    private let load: @Sendable () async throws -> Metrics
    private let reload: @Sendable () throws -> ServiceSettings

    /// Sets up a service; nothing happens before it is run.
    /// - Parameters:
    ///   - settings: where it listens and what it may show.
    ///   - logger: takes a line a request, at the level of information.
    ///   - reload: the settings as they are when SIGHUP comes: their tokens, indexes and reports are taken anew. Those of the
    ///     start when nil.
    ///   - load: loads what requests may use; called once, when connections are taken already, so that those who look after
    ///     the service see that it is alive.
    /// - Throws: `DreamSimError` when the settings would be unsafe or name a folder that is not there.
    public init(
        _ settings: ServiceSettings = ServiceSettings(), logger: Logger = Logger(label: "dreamsim"),
        reload: (@Sendable () throws -> ServiceSettings)? = nil,
        load: @escaping @Sendable () async throws -> Metrics
    ) throws {
        self.reload = reload ?? { settings }
        core = try ServiceCore(settings, logger: logger)
        self.load = load
    }

    /// Listens and answers until the process is told to stop by SIGTERM or SIGINT, or the task is cancelled. What was
    /// accepted is finished first. SIGHUP never ends it.
    /// - Parameters:
    ///   - stopsBySignal: whether signals stop the service, and SIGHUP lets it read tokens, indexes and reports anew.
    ///   - isListening: told the port when connections are taken.
    ///   - isReady: told the port when metrics are loaded as well.
    /// - Throws: what `load` throws; what keeps the address from being listened on.
    public func run(
        stopsBySignal: Bool = true, isListening: @escaping @Sendable (Int) -> Void = { _ in },
        isReady: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        let (core, limits, opening) = (core, core.limits, Opening(isReady))
        // NIO logs connections that end early as errors; those that matter are logged here.
        var quiet = core.logger
        quiet.logLevel = .critical
        var channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                ConnectionGuard(limits, core.connections, RequestLog(core)) { core.wantsBody(of: $0, from: $1) }
            ],
            idleTimeout: TimeAmount(limits.idleTime))
        channel.httpDecoder.maxHeaderFieldSize = limits.headerBytes
        channel.httpDecoder.maxHeaderListSize = 2 * limits.headerBytes
        channel.httpDecoder.maxHeaderFieldCount = limits.headerCount
        let application = Application(
            responder: ServiceResponder(core, routes: RouteTable.all), server: .http1(configuration: channel),
            configuration: ApplicationConfiguration(
                address: .hostname(core.settings.host, port: core.settings.port), serverName: "dreamsim",
                availableConnectionsDelegate: .maximum(limits.connections, logger: core.logger)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? core.settings.port
                isListening(port)
                opening.listens(on: port)
            },
            logger: quiet)
        let reloading: [any Service] = stopsBySignal ? [Reloading(core: core, settings: reload)] : []
        var configuration = ServiceGroupConfiguration(
            services: reloading + [
                Loading(core: core, opening: opening, load: load), application, Draining(core: core),
            ],
            gracefulShutdownSignals: stopsBySignal ? [.sigterm, .sigint] : [], logger: quiet)
        configuration.maximumGracefulShutdownDuration = limits.shutdownTime
        do {
            try await ServiceGroup(configuration: configuration).run()
            core.logger.notice(
                "stopped", metadata: ["requestsInFlight": .stringConvertible(core.statistics.inFlight)])
        } catch let error as IOError {
            throw DreamSimError(
                .badSetting, "\(core.settings.host):\(core.settings.port)",
                "cannot be listened on: \(String(cString: strerror(error.errnoCode))); choose another address or port")
        }
    }
}

extension PerceptualService {
    /// Takes tokens, indexes and reports of settings anew, while the service runs. What cannot be used changes nothing, and no
    /// request is dropped. Blocks.
    /// - Returns: what else is different in the settings, and takes a restart, in words; models of indexes that are not loaded
    ///   too.
    /// - Throws: `DreamSimError`.
    @discardableResult
    public func reload(_ settings: ServiceSettings) throws -> [String] { try core.reload(settings) }
}

/// Loads the metrics, and then only waits for the end.
private struct Loading: Service {
    let core: ServiceCore
    let opening: Opening
    let load: @Sendable () async throws -> PerceptualService.Metrics

    func run() async throws {
        core.tellOfIndexes()
        let metrics: PerceptualService.Metrics
        do {
            metrics = try await cancelWhenGracefulShutdown { try await load() }
        } catch is CancellationError {
            return
        }
        guard !metrics.metrics.isEmpty else { throw DreamSimError(.badSetting, "metrics", "none was loaded") }
        core.begin(metrics)
        opening.isLoaded()
        // Services end in the reverse order, so that this one is told last: requests need the engine to the end.
        try? await gracefulShutdown()
        core.end()
    }
}

/// Tells everybody at once that the service is being stopped.
private struct Draining: Service {
    let core: ServiceCore

    func run() async throws {
        // Cancelled, it is ended without being asked, or because something has failed that is said elsewhere.
        let isAsked = (try? await gracefulShutdown()) != nil
        core.connections.isDraining = true
        guard isAsked else { return }
        core.logger.notice(
            "stopping: what was accepted is finished first",
            metadata: ["requestsInFlight": .stringConvertible(core.statistics.inFlight)])
    }
}

/// Waits for connections and metrics, whichever come last.
private final class Opening: Sendable {
    private let state = Mutex<(port: Int?, isLoaded: Bool)>((nil, false))
    private let isReady: @Sendable (Int) -> Void

    init(_ isReady: @escaping @Sendable (Int) -> Void) { self.isReady = isReady }

    func listens(on port: Int) { note { $0.port = port } }

    func isLoaded() { note { $0.isLoaded = true } }

    private func note(_ change: (inout (port: Int?, isLoaded: Bool)) -> Void) {
        let port = state.withLock { state in
            change(&state)
            return state.isLoaded ? state.port : nil
        }
        if let port { isReady(port) }
    }
}
