import HTTPTypes
import Logging

/// What became of requests: a line of the log for each and its counts, also of those that never became whole.
struct RequestLog: Sendable {
    let logger: Logger
    let statistics: Statistics

    /// A request that has its answer.
    struct Entry {
        let id: String
        /// Who asked: the address.
        let client: String
        /// The name of the token that it has brought.
        var token: String?
        /// Nil where nobody understood the request.
        var method: HTTPRequest.Method?
        /// The path without the query, which may hold what nobody else should know.
        var path: String?
        /// The route's path; nil when there is none.
        var route: String?
        let status: Int
        /// What kept it from a result; nil when it has one.
        var problem: Problem.Kind?
        /// The bytes of the answer's body.
        var bytes = 0
        var seconds = 0.0
        /// What it has taken.
        var work = WorkRecord.Sums()
    }

    /// Why connections are ended that have no request to answer, or counted apart.
    enum Ending: String, CaseIterable {
        /// TLS, where plain HTTP is spoken.
        case tls
        /// An address has too many.
        case connections
        /// Nothing came.
        case silent
        /// The answer was not taken.
        case unread
    }

    /// Takes note of a request that was answered.
    func answered(_ entry: Entry) {
        statistics.count(entry)
        if let problem = entry.problem { statistics.countRefusal(problem.rawValue) }
        write(entry)
    }

    /// Takes note of a request that was refused before it was whole.
    /// - Parameter ending: what it is counted as; as the problem when nil.
    func refused(_ entry: Entry, as ending: Ending?) {
        statistics.count(entry)
        if let reason = ending?.rawValue ?? entry.problem?.rawValue { statistics.countRefusal(reason) }
        write(entry, ending)
    }

    /// Takes note of a connection that is closed without a word.
    func closed(_ ending: Ending, client: String) {
        statistics.countRefusal(ending.rawValue)
        logger.info(
            "connection closed",
            metadata: [
                "requestId": "\(RequestID.new())", "client": "\(client)", "reason": "\(ending.rawValue)",
            ])
    }

    /// Takes note of what went wrong inside.
    func failed(_ id: String, _ error: any Error) {
        logger.error("the request failed: \(Self.shown("\(error)", 2000))", metadata: ["requestId": "\(id)"])
    }

    private func write(_ entry: Entry, _ ending: Ending? = nil) {
        let level = Self.level(entry.status)
        guard logger.logLevel <= level else { return }
        var fields: Logger.Metadata = [
            "requestId": "\(entry.id)", "client": "\(Self.shown(entry.client, 200))",
            "status": .stringConvertible(entry.status), "seconds": .stringConvertible(Self.rounded(entry.seconds)),
            "bytesIn": .stringConvertible(entry.work.bytes), "bytesOut": .stringConvertible(entry.bytes),
        ]
        if let token = entry.token, !token.isEmpty { fields["token"] = "\(token)" }
        fields["method"] = entry.method.map { "\(Self.shown($0.rawValue, 40))" }
        fields["route"] = entry.route.map { "\($0)" }
        fields["problem"] = entry.problem.map { "\($0.rawValue)" }
        fields["reason"] = ending.map { "\($0.rawValue)" }
        if !entry.work.metrics.isEmpty { fields["model"] = "\(entry.work.metrics.joined(separator: ","))" }
        if entry.work.images > 0 { fields["images"] = .stringConvertible(entry.work.images) }
        for (name, phase) in [
            ("queueSeconds", WorkRecord.Phase.waiting), ("decodeSeconds", .decoding), ("modelSeconds", .computing),
        ] where entry.work.seconds(phase) > 0 {
            fields[name] = .stringConvertible(Self.rounded(entry.work.seconds(phase)))
        }
        let (method, path) = (entry.method?.rawValue ?? "-", entry.path ?? "-")
        logger.log(
            level: level, "\(Self.shown(method, 40)) \(Self.shown(path, 200)) \(entry.status)", metadata: fields)
    }

    private static func level(_ status: Int) -> Logger.Level {
        status == 503 ? .warning : status >= 500 ? .error : .info
    }

    /// To microseconds.
    private static func rounded(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e6 }

    /// A text of somebody else's, not too long, and without what could look like another line or move a terminal's cursor.
    static func shown(_ text: String, _ most: Int) -> String {
        // A character may have any number of scalars.
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(most))).escapingUnprintable()
    }
}

extension RequestLog {
    init(_ core: ServiceCore) { self.init(logger: core.logger, statistics: core.statistics) }
}
