import Logging

/// Who sent a request, and how they see the service: as the connection tells, or as proxies tell that are trusted.
struct Sender: Sendable {
    /// The address of the client.
    var client: String
    /// The name and port under which the client asked.
    var authority: String?
    /// `http` or `https`, as the client asked; nil where nobody says.
    var scheme: String?
    /// The folder in which a proxy has the service, such as `/tools/dreamsim`; nil where none says.
    var prefix: String?
    /// Whether a proxy that is trusted speaks for the client.
    var isForwarded = false
    /// Why what proxies say is not believed.
    var fault: Problem?
    /// The token that the request brings; nil when it brings none, or a wrong one.
    var token: AccessToken?

    /// Among whom turns are shared out: those who have tokens with names, and addresses.
    var share: String { token.flatMap { $0.name.isEmpty ? nil : "token \($0.name)" } ?? client }

    /// What the log says of it.
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["client": "\(client)"]
        if let name = token?.name, !name.isEmpty { metadata["token"] = "\(name)" }
        return metadata
    }
}
