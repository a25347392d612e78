/// What the computations run on.
package struct HardwareReport: Sendable, Encodable {
    /// The kind of kernels in use; `DREAMSIM_SIMD` forces another.
    package let kernels: String
    /// The kinds of kernels that this processor could use.
    package let availableKernels: [String]
    /// The number of threads in use.
    package let threads: Int
    /// The processors that are switched on.
    package let processors: Int

    /// Looks at this machine.
    package init() {
        kernels = Processor.kernels
        availableKernels = Processor.availableKernels
        threads = Parallel.threads
        processors = Processor.count
    }
}
