/// How near a metric or a model is to being used.
package enum Readiness: String, Sendable, Encodable, CaseIterable {
    /// It is in memory.
    case loaded
    /// Its weights, if it needs any, are on this machine.
    case ready
    /// It needs weights that are not here.
    case missing = "weights missing"

    init(isHere: Bool) { self = isHere ? .ready : .missing }
}
