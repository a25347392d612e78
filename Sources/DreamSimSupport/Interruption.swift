/// Lets whoever starts a long computation stop it, or let others go first, between its steps.
///
/// A computation asks `check()` at every step, from the thread on which it was called. Outside of `run` that does nothing.
package enum Interruption {
    @TaskLocal private static var step: (@Sendable () throws -> Void)?

    /// Runs a computation.
    /// - Parameter step: called between its steps; it may block for as long as others go first, and throws to stop the
    ///   computation.
    /// - Throws: what `body` throws, which is what `step` has thrown where the computation was stopped.
    package static func run<Value, Failure: Error>(
        _ step: @escaping @Sendable () throws -> Void, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try $step.withValue(step) { Result { () throws(Failure) in try body() } }.get()
    }

    /// Says that a step is done and another is to come.
    /// - Throws: what stops the computation.
    package static func check() throws { try step?() }
}
