import Foundation
import Logging
import Synchronization

/// What all requests share.
final class ServiceCore: Sendable {
    let settings: ServiceSettings
    let budget: ByteBudget
    let statistics = Statistics()
    let connections: Connections
    let proxies: ProxyRules
    let hosts: HostRules
    let origins: OriginRules
    let base: BasePath
    /// The folder below which requests may name files, with no symbolic link in its path.
    let root: ImagePath?
    let shares = RequestShares()
    let logger: Logger
    private let loaded = Mutex<Engine?>(nil)
    private let serving: Mutex<Served>

    var limits: ServiceLimits { settings.limits }

    /// Tokens, indexes and reports as they are now.
    var served: Served {
        get { serving.withLock { $0 } }
        set { serving.withLock { $0 = newValue } }
    }

    init(_ settings: ServiceSettings, logger: Logger) throws {
        try settings.check()
        _ = ProcessFigures.start
        self.settings = settings
        self.logger = logger
        budget = ByteBudget(settings.limits.heldBytes)
        proxies = try ProxyRules(settings.trustedProxies)
        hosts = try HostRules(settings)
        origins = try OriginRules(settings.allowedOrigins)
        base = try settings.base()
        connections = Connections(proxies)
        root = try settings.root.map { url in
            guard let path = ImagePath(url.path).real else {
                throw DreamSimError(.unreadable, url.path, "cannot be read")
            }
            return path
        }
        serving = Mutex(Served(settings))
    }

    /// The engine.
    /// - Throws: `Problem` while models are being loaded.
    func engine() throws(Problem) -> Engine {
        guard let engine = loaded.withLock({ $0 }) else {
            throw .passing(.loading, "the models are not loaded yet", retryAfter: 2)
        }
        return engine
    }

    /// Whether models are loaded and requests are taken.
    var isReady: Bool { loaded.withLock { $0 != nil } && !connections.isDraining }

    /// Why the service cannot do all that it was started for, for people who run it; empty when it can.
    func faults() async throws -> [String] {
        guard let engine = loaded.withLock({ $0 }) else { return ["the models are not loaded yet"] }
        if connections.isDraining { return ["the service is being stopped"] }
        return try await engine.files.run { [served] in
            var reasons: [String] = []
            for index in served.indexes {
                do throws(Problem) { _ = try index.reader() } catch { reasons.append(error.detail) }
            }
            if let reports = served.reports, let fault = EvaluationRoutes.fault(reports) { reasons.append(fault) }
            return reasons
        }
    }

    /// Says in the log of which indexes something cannot be used; blocks.
    func tellOfIndexes() {
        for index in served.indexes {
            do {
                let reader = try index.reader()
                _ = try index.counts(of: reader)
                if let fault = reader.graphFault { tell(fault, of: index) }
            } catch {
                logger.error("the index '\(index.name)': \(error)")
            }
        }
    }

    /// Says in the log, once, that an index's graph cannot be used.
    func tell(_ fault: DreamSimError, of index: ServedIndex) {
        guard index.isNews(fault) else { return }
        logger.warning("approximate searches of the index '\(index.name)' compare all vectors: \(fault)")
    }

    /// Begins to answer with what was loaded.
    func begin(_ metrics: PerceptualService.Metrics) {
        let engine = Engine(
            metrics: metrics.metrics, others: metrics.others, detector: metrics.detector, limits: limits,
            budget: budget, statistics: statistics)
        loaded.withLock { $0 = engine }
    }

    /// Lets the threads end, once every request is answered.
    func end() { loaded.withLock { $0 }?.close() }

    /// A file below the folder that was allowed, named by a path from there.
    /// - Throws: `Problem`, the same for what is not there and for what lies elsewhere.
    func file(_ path: String) throws(Problem) -> ImagePath {
        let nothing = Problem(.notFound, "there is no file '\(path.prefix(200))' below the allowed folder")
        guard let root, !path.isEmpty, !path.hasPrefix("/"), !path.utf8.contains(0),
            !path.split(separator: "/").contains("..")
        else { throw nothing }
        // Symbolic links are followed first, so that none leads out.
        guard let real = ImagePath("\(ImagePath.text(root.bytes))/\(path)").real, real.isInside(root), real != root
        else { throw nothing }
        return real
    }
}
