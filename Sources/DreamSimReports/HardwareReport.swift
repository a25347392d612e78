import DreamSimTensors

/// What the computations run on.
public struct HardwareReport: Sendable, Encodable {
    /// The kind of kernels in use; `DREAMSIM_SIMD` forces another.
    public let kernels: String
    /// The kinds of kernels that this processor could use.
    public let availableKernels: [String]
    /// The number of threads in use.
    public let threads: Int
    /// The processors that are switched on.
    public let processors: Int

    /// Looks at this machine.
    public init() {
        kernels = Processor.kernels
        availableKernels = Processor.availableKernels
        threads = Parallel.threads
        processors = Processor.count
    }
}
