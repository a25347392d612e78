/// Weights that do not make the network that was asked for.
public struct NetworkError: Error, Hashable, Sendable {
    /// The sort of fault, for programs that react to it.
    public enum Kind: Hashable, Sendable {
        /// A weight that the architecture needs is absent.
        case missingWeight
        /// The file holds weights that the architecture has no place for.
        case unexpectedWeight
        /// A weight has another shape than the architecture gives it.
        case shapeMismatch
        /// The key names follow none of the known conventions, or several networks could be meant.
        case unknownLayout
        /// An adapter that is broken, of another kind, or made for another base.
        case badAdapter
        /// A head that is broken, or made for another model.
        case badHead
        /// A name or a setting that does not describe a network.
        case badConfiguration
    }

    /// The sort of fault.
    public let kind: Kind
    /// The file or folder the weights come from, or what was being configured.
    public let path: String
    /// The weight or setting concerned, as the file spells it.
    public let key: String?
    /// What was found, what was expected and what to do.
    public let reason: String

    package init(_ kind: Kind, path: String, key: String? = nil, _ reason: String) {
        self.kind = kind
        self.path = path
        self.key = key
        self.reason = reason
    }
}

extension NetworkError: CustomStringConvertible {
    /// `path, key 'k': reason`.
    public var description: String {
        key.map { "\(path), '\($0)': \(reason)" } ?? "\(path): \(reason)"
    }
}
