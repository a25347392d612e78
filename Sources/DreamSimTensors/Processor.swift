internal import CDreamSimKernels
import Foundation

/// The processor as the computations use it.
package enum Processor {
    /// The kind of kernels in use: `baseline`, `avx2` or `avx512`.
    package static var kernels: String { String(cString: dsv_simd()) }

    /// The kinds that this processor could use.
    package static var availableKernels: [String] {
        ["baseline", "avx2", "avx512"].filter { (kind: String) in dsv_kernels_named(kind) != nil }
    }

    /// The processors that are switched on.
    package static var count: Int { ProcessInfo.processInfo.activeProcessorCount }
}
