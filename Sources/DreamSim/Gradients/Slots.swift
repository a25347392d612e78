import Synchronization

/// Results of a parallel loop, in their order.
final class Slots<Value: Sendable>: Sendable {
    private let slots: Mutex<[Value?]>

    init(_ count: Int) { slots = Mutex([Value?](repeating: nil, count: count)) }

    func set(_ index: Int, _ value: Value) { slots.withLock { $0[index] = value } }

    /// All results; every one must have been set.
    var values: [Value] { slots.withLock { $0.compactMap { $0 } } }
}
