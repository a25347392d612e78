import Synchronization

/// How long metrics take that see images as they are, from how long they took: seconds per megapixel, both images of a pair
/// counted.
package final class CostEstimates: Sendable {
    private struct Sum {
        var seconds = 0.0
        var megapixels = 0.0
    }

    private let sums = Mutex<[String: Sum]>([:])

    /// Pairs count for no less: what they take then has little to do with pixels.
    private static let leastMegapixels = 0.1
    /// What an older measurement counts beside the next one.
    private static let fading = 0.9

    package init() {}

    /// What pairs count for.
    /// - Parameter pixels: of both images of each pair.
    package static func megapixels(_ pixels: [Int]) -> Double {
        pixels.reduce(0) { $0 + max(leastMegapixels, Double($1) / 1e6) }
    }

    /// Takes a measurement.
    /// - Parameter isWhole: whether the work came to its end; what was stopped takes at least as long as it took.
    package func note(_ metric: String, megapixels: Double, seconds: Double, isWhole: Bool) {
        sums.withLock { sums in
            var sum = sums[metric] ?? Sum()
            let isKnown = sum.megapixels > 0
            guard isWhole || !isKnown || seconds / megapixels > sum.seconds / sum.megapixels else { return }
            sum.seconds = sum.seconds * Self.fading + seconds
            sum.megapixels = sum.megapixels * Self.fading + megapixels
            sums[metric] = sum
        }
    }

    /// The seconds of a megapixel; nil when the metric has not been measured.
    package func secondsPerMegapixel(_ metric: String) -> Double? {
        sums.withLock { sums in sums[metric].map { $0.seconds / $0.megapixels } }
    }
}
