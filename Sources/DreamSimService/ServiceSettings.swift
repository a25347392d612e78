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
    /// What requests must bring as `Authorization: Bearer TOKEN`; nil for none, which is for this machine only.
    public var token: String?
    /// The folder below which requests may name files; nil for none.
    public var root: URL?
    /// The folder of the index that is searched; nil for none.
    public var index: URL?
    /// The folder of evaluation reports, as `dreamsim evaluate --output` writes them; nil for none.
    public var reports: URL?
    /// Where people judge triplets; nil for nowhere.
    package var votingRoom: VotingRoom?
    /// What is known of weights that are not loaded.
    public var store: ModelStore.Configuration?
    /// How much it takes on.
    public var limits = ServiceLimits()

    /// The defaults.
    public init() {}

    /// Whether only this machine can reach the address.
    public var isLocal: Bool { Self.isLocal(host) }

    static func isLocal(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host == "127.0.0.1"
            || host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." }
    }

    /// Makes sure that nothing is open to others by accident.
    /// - Throws: `DreamSimError` when another address is to be listened on without a token, or a folder is missing.
    public func check() throws(DreamSimError) {
        if !isLocal && token == nil {
            throw DreamSimError(
                .badSetting, "address \(host)",
                "can be reached from other machines and needs a token")
        }
        if let token, token.utf8.count < 16 || token.utf8.contains(where: { $0 <= 32 || $0 >= 127 }) {
            throw DreamSimError(.badSetting, "token", "must be at least 16 visible ASCII characters, without spaces")
        }
        guard (0...65535).contains(port) else {
            throw DreamSimError(.badSetting, "port \(port)", "must be from 0 to 65535")
        }
        for (folder, what) in [(root, "root folder"), (reports, "folder of reports"), (index, "index")] {
            guard let folder else { continue }
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue else {
                throw DreamSimError(.badSetting, folder.path, "is not a folder; it was to be the \(what)")
            }
        }
        guard limits.images <= limits.acceptedImages else {
            throw DreamSimError(.badSetting, "limits", "a request of \(limits.images) images could never be accepted")
        }
    }
}
