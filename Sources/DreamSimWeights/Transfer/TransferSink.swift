/// What takes one answer as it arrives, and says when the transfer is to stop. Used on the transfer's thread alone.
final class TransferSink {
    /// Why a transfer was stopped from this side.
    enum Stop {
        /// The head said all.
        case hasEnough
        /// The task was cancelled.
        case cancelled
        /// Nothing arrived for too long.
        case stalled
        /// What takes the answer found a fault.
        case fault(any Error)
    }

    /// Why the transfer is to stop; nil while it continues.
    private(set) var stop: Stop?
    /// The head so far.
    private(set) var head = HTTPHead()

    private let stallTimeout: Duration
    private let cancellation: CancellationFlag
    private let onHead: (HTTPHead) throws -> Bool
    private let onPiece: (UnsafeRawBufferPointer) throws -> Void
    private let clock = ContinuousClock()
    /// When something arrived last, or the request was sent; nil before that.
    private var lastArrival: ContinuousClock.Instant?

    /// - Parameters:
    ///   - stallTimeout: how long nothing may arrive once the connection is there.
    ///   - cancellation: says when the task is cancelled.
    ///   - onHead: takes the whole head, before any of the body.
    ///     Returns: whether the body is wanted.
    ///   - onPiece: takes each piece of the body; the next is asked for when it returns.
    init(
        stallTimeout: Duration, cancellation: CancellationFlag, onHead: @escaping (HTTPHead) throws -> Bool,
        onPiece: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) {
        self.stallTimeout = stallTimeout
        self.cancellation = cancellation
        self.onHead = onHead
        self.onPiece = onPiece
    }

    /// Takes a line of the head.
    /// - Returns: whether to continue.
    func takeLine(_ line: UnsafeRawBufferPointer) -> Bool {
        taking {
            guard !head.isComplete else { return }
            head.take(String(decoding: line, as: UTF8.self))
            if head.isComplete, try !onHead(head) { stop = .hasEnough }
        }
    }

    /// Takes a piece of the body.
    /// - Returns: whether to continue.
    func takePiece(_ piece: UnsafeRawBufferPointer) -> Bool {
        taking { try onPiece(piece) }
    }

    /// Looks at the clock and for a cancellation.
    /// - Parameter isConnected: whether the request has been sent.
    /// - Returns: whether to continue.
    func mayGoOn(isConnected: () -> Bool) -> Bool {
        if cancellation.isSet {
            stop = stop ?? .cancelled
        } else if let lastArrival {
            if clock.now - lastArrival >= stallTimeout { stop = stop ?? .stalled }
        } else if isConnected() {
            lastArrival = clock.now
        }
        return stop == nil
    }

    private func taking(_ body: () throws -> Void) -> Bool {
        guard stop == nil else { return false }
        if cancellation.isSet {
            stop = .cancelled
            return false
        }
        do { try body() } catch { stop = .fault(error) }
        // Time that the disk took is no stall of the network.
        lastArrival = clock.now
        return stop == nil
    }
}
