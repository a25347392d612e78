import DreamSim

/// What handles stand for. A number that stands for nothing is an error, so that no caller can make the process crash with
/// one; what a call uses stays until it is done, whatever others release meanwhile.
final class HandleTable<Value: Sendable>: Sendable {
    /// What the handles are of, for errors.
    private let name: String
    private let state = ForkSafe<(last: UInt64, values: [UInt64: Value])>((0, [:]))

    init(_ name: String) { self.name = name }

    /// A handle of its own for a value.
    func add(_ value: Value) -> UInt64 {
        state.withLock { state in
            state.last += 1
            state.values[state.last] = value
            return state.last
        }
    }

    /// What a handle stands for.
    func value(_ handle: UInt64) throws -> Value {
        guard let value = state.withLock({ $0.values[handle] }) else { throw unknown(handle) }
        return value
    }

    func release(_ handle: UInt64) throws {
        guard state.withLock({ $0.values.removeValue(forKey: handle) }) != nil else { throw unknown(handle) }
    }

    private func unknown(_ handle: UInt64) -> DreamSimError {
        badArgument(
            "\(name) \(handle)", "is no handle, or was released; take the one that came from opening or loading it")
    }
}
