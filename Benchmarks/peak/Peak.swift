import Foundation
import Measuring

/// `peak [threads]`: the GFLOP/s of fused multiply-adds in registers, the median of 15 short runs.
@main
enum Peak {
    static func main() {
        let threads = CommandLine.arguments.dropFirst().first.flatMap { Int($0) }
        var samples = Samples()
        for _ in 0..<15 {
            samples.add(peak(threads: threads ?? ProcessInfo.processInfo.activeProcessorCount))
        }
        print(samples.median.text(1, width: 0))
    }
}
