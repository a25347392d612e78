import Synchronization

/// Where time goes: the seconds and the floating-point operations of each stage, over the whole process, while switched
/// on.
package enum Timings {
    /// A stage of the way from a file to its embedding, in that order.
    package enum Stage: String, Sendable, CaseIterable {
        /// Reading and decoding files, on threads of its own.
        case decode
        /// Preprocessing, on threads of its own.
        case resize
        /// The networks waiting for images.
        case waiting = "waiting for images"
        /// Cutting into patches, the first linear layer and the position embedding.
        case patchEmbedding = "patch embedding"
        /// Convolutions.
        case convolution
        /// Queries, keys and values.
        case qkv
        /// Scores, softmax and weighted sums.
        case attention
        /// The linear layer after attention.
        case projection = "attention output"
        /// The MLPs.
        case mlp = "MLP"
        /// The last block, of which only the class token is computed.
        case classToken = "last block"

        /// Whether other threads than the networks' spend the time.
        package var isBeside: Bool { self == .decode || self == .resize }
    }

    /// What a stage took.
    package struct Figure: Sendable {
        /// Seconds, added up over the threads for stages that run beside the networks.
        package fileprivate(set) var seconds = 0.0
        /// Floating-point operations, a multiplication and an addition as two; 0 where none are counted.
        package fileprivate(set) var operations = 0.0
    }

    private static let on = Atomic(false)
    private static let sums = Mutex<[Stage: Figure]>([:])

    /// Whether stages are timed; switching it on forgets what was measured before.
    package static var isOn: Bool {
        get { on.load(ordering: .relaxed) }
        set {
            if newValue { sums.withLock { $0 = [:] } }
            on.store(newValue, ordering: .relaxed)
        }
    }

    /// What was measured, stage by stage.
    package static var figures: [Stage: Figure] { sums.withLock { $0 } }

    /// Runs `body` and adds its time to a stage.
    package static func measure<R, E>(
        _ stage: Stage, operations: @autoclosure () -> Int = 0, _ body: () throws(E) -> R
    ) throws(E) -> R {
        guard isOn else { return try body() }
        let start = ContinuousClock.now
        defer {
            let (whole, fraction) = (ContinuousClock.now - start).components
            let seconds = Double(whole) + Double(fraction) * 1e-18
            let operations = Double(operations())
            sums.withLock {
                $0[stage, default: Figure()].seconds += seconds
                $0[stage, default: Figure()].operations += operations
            }
        }
        return try body()
    }
}
