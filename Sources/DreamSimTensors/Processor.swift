internal import CDreamSimKernels
import Foundation

/// The processor as the computations use it.
package enum Processor {
    /// The kind of kernels in use: `baseline`, `avx2`, `avx512vnni` or the like.
    package static var kernels: String { String(cString: dsv_simd()) }

    /// The kinds that this processor could use, the best first.
    package static var availableKernels: [String] {
        sequence(state: 0) { (index: inout Int) -> String? in
            defer { index += 1 }
            return dsv_kind(index).map { String(cString: $0) }
        }.map { $0 }
    }

    /// The processors that are switched on.
    package static var count: Int { ProcessInfo.processInfo.activeProcessorCount }
}
