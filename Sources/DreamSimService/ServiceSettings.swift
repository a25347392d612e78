package import DreamSimEvaluation
public import Foundation

/// Where the service listens, and what it may show.
public struct ServiceSettings: Sendable {
    /// The address to listen on. Default: this machine only.
    public var host = "127.0.0.1"
    /// The port; 0 lets the system choose one.
    public var port = 8080
    /// Further names under which the service may be asked for, beside its own address.
    public var hostNames: [String] = []
    /// The addresses of proxies, or ranges such as `10.0.0.0/8`, that are believed when they say for whom they ask
    /// (`X-Forwarded-For`, `-Host`, `-Proto`, `-Prefix`, or `Forwarded` of RFC 7239).
    public var trustedProxies: [String] = []
    /// The folder of a site in which the service is, such as `/tools/dreamsim`. It is found whether or not a proxy takes the
    /// folder away from the path.
    public var basePath = ""
    /// The origins of other sites whose pages may use the service, such as `https://images.example.org`; `*` for every
    /// page, which is only for a service without a token.
    public var allowedOrigins: [String] = []
    /// What requests must bring as `Authorization: Bearer TOKEN`; nil for none, which is for this machine only.
    public var token: String?
    /// Tokens of several people or programs, in the place of one or beside it.
    public var tokens: [AccessToken] = []
    /// The folder below which requests may name files; nil for none.
    public var root: URL?
    /// The indexes that are searched, by their names; the first is used where a request names none.
    public var indexes: [Index] = []
    /// The folder in which images are kept that requests add to indexes; nil where requests change nothing.
    public var additions: URL?
    /// Whether answers show whole paths of indexed files, and not only those below the indexed folders.
    public var showsPaths = false
    /// The folder of evaluation reports, as `dreamsim evaluate --output` writes them; nil for none.
    public var reports: URL?
    /// Where people judge triplets; nil for nowhere.
    package var votingRoom: VotingRoom?
    /// What is known of weights that are not loaded.
    public var store: ModelStore.Configuration?
    /// How much it takes on.
    public var limits = ServiceLimits()

    /// An index, and its name in requests.
    public struct Index: Sendable, Hashable {
        /// 1 to 64 letters, digits, `-`, `_` and `.`.
        public var name: String
        /// The index's folder.
        public var folder: URL

        /// Names an index.
        public init(name: String, folder: URL) { (self.name, self.folder) = (name, folder) }
    }

    /// The defaults.
    public init() {}

    /// The folder of the index that is used where a request names none; set, it is the one named `default`.
    public var index: URL? {
        get { indexes.first?.folder }
        set {
            indexes.removeAll { $0.name == Self.defaultIndex }
            if let newValue { indexes.insert(Index(name: Self.defaultIndex, folder: newValue), at: 0) }
        }
    }

    private static let defaultIndex = "default"

    /// All tokens; none where none is needed.
    var allTokens: [AccessToken] { (token.map { [AccessToken($0)] } ?? []) + tokens }

    /// Whether only this machine can reach the address.
    public var isLocal: Bool { Self.isLocal(host) }

    static func isLocal(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host == "127.0.0.1"
            || host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." }
    }
}
