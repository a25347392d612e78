/// What an index holds, and what can be done with it.
struct ServedIndexStatus: Encodable {
    let name: String
    let images, failures: Int
    let model: ModelStamp
    let width: Int
    let precision: String
    let isSearchable: Bool
    /// Whether approximate searches have a graph to go by.
    let hasGraph: Bool
    /// Why they have not, though there is a graph: they compare all vectors.
    let graphError: String?
    let takesChanges: Bool

    init(_ index: ServedIndex, _ engine: Engine, takesChanges: Bool) throws {
        let reader = try index.reader()
        let (settings, counts) = (reader.settings, try index.counts(of: reader))
        name = index.name
        (images, failures, model) = (counts.images, counts.failures, settings.stamp)
        (width, precision) = (settings.width, settings.precision.rawValue)
        isSearchable = engine.model(settings.stamp) != nil
        hasGraph = (try? reader.neighbors()) != nil
        graphError = reader.graphFault?.reason
        self.takesChanges = takesChanges && isSearchable
    }
}

/// An index, or why it cannot be used.
enum ListedIndex: Encodable {
    case usable(ServedIndexStatus)
    case broken(name: String, error: String)

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .usable(let status): try status.encode(to: encoder)
        case .broken(let name, let error): try ["name": name, "error": error].encode(to: encoder)
        }
    }
}
