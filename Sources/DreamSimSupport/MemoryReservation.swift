/// Lets whoever starts work say how much memory it may take, before any of it is allocated.
///
/// What needs much asks `take(_:)` on the thread on which it was called. Outside of `run` everything is granted.
package enum MemoryReservation {
    @TaskLocal private static var grant: (@Sendable (Int) throws -> Void)?

    /// Runs something that may need memory.
    /// - Parameter grant: asked for a number of bytes; it may block until there is room, and throws to refuse.
    /// - Throws: what `body` throws.
    package static func run<Value, Failure: Error>(
        _ grant: @escaping @Sendable (Int) throws -> Void, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try $grant.withValue(grant) { Result { () throws(Failure) in try body() } }.get()
    }

    /// Asks for memory.
    /// - Throws: what refuses it.
    package static func take(_ bytes: Int) throws { try grant?(bytes) }
}
