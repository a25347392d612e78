import NIOCore
import Synchronization

/// The time in which a request is answered: it ends early when the client goes, or when it takes too long.
final class RequestScope: Sendable {
    private let bodyTimer: Scheduled<Void>
    private let answerTimer: Scheduled<Void>
    private let client: Connections.Client?
    private let cancellation: Cancellation
    private let ended: Ending

    /// What is cancelled at the end. It may be set after the end has come.
    private final class Cancellation: Sendable {
        private let state = Mutex<(isOver: Bool, cancel: (@Sendable () -> Void)?)>((false, nil))

        func set(_ cancel: @escaping @Sendable () -> Void) {
            let isOver = state.withLock {
                $0.cancel = cancel
                return $0.isOver
            }
            if isOver { cancel() }
        }

        func callAsFunction() {
            let cancel = state.withLock {
                $0.isOver = true
                return $0.cancel
            }
            cancel?()
        }
    }

    init(_ channel: any Channel, _ core: ServiceCore) {
        let cancellation = Cancellation()
        self.cancellation = cancellation
        let ended = Ending()
        self.ended = ended
        bodyTimer = channel.eventLoop.scheduleTask(in: TimeAmount(core.limits.bodyTime)) {
            ended.set(Problem(.slowRequest, "the body did not come within \(core.limits.bodyTime)"))
            cancellation()
        }
        answerTimer = channel.eventLoop.scheduleTask(in: TimeAmount(core.limits.answerTime)) {
            ended.set(.passing(.deadline, "no answer within \(core.limits.answerTime)", retryAfter: 5))
            cancellation()
        }
        client = core.connections.client(of: channel)
        let leave: @Sendable () -> Void = {
            ended.set(Problem(.disconnected, "the client closed the connection"))
            cancellation()
        }
        // One that is not known any more has gone already.
        if let client { client.onDisconnect(leave) } else { leave() }
    }

    /// Why it ended; the first reason counts.
    private final class Ending: Sendable {
        private let problem = Mutex<Problem?>(nil)
        var value: Problem? { problem.withLock { $0 } }
        func set(_ new: Problem) { problem.withLock { $0 = $0 ?? new } }
    }

    /// Tells that the body is there.
    func bodyIsRead() { bodyTimer.cancel() }

    /// Runs something for as long as the scope lasts.
    /// - Throws: what it throws, or the problem that ended the scope.
    func run<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
        let task = Task { try await body() }
        cancellation.set { task.cancel() }
        defer {
            bodyTimer.cancel()
            answerTimer.cancel()
            client?.onDisconnect(nil)
        }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            throw ended.value ?? error
        }
    }
}
