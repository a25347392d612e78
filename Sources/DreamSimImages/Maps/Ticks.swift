import Foundation

/// Round numbers for axes and color bars.
package enum Ticks {
    /// Multiples of 1, 2 or 5 times a power of ten within a range.
    ///
    /// - Parameters:
    ///   - low: The lower end, finite.
    ///   - high: The upper end, finite and above `low`.
    ///   - count: About how many numbers there shall be.
    /// - Returns: The numbers in ascending order, each with just the decimals that tell it from the others.
    package static func round(from low: Double, to high: Double, about count: Int) -> [(value: Double, label: String)] {
        guard low.isFinite, high.isFinite, high > low, count > 0 else { return [] }
        let rough = (high - low) / Double(count)
        let power = pow(10, log10(rough).rounded(.down))
        let step = power * ([1, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10)
        let decimals = max(0, Int((-log10(step)).rounded(.up)))
        let first = (low / step - 1e-9).rounded(.up)
        let last = (high / step + 1e-9).rounded(.down)
        guard last - first < 100, first.isFinite, last.isFinite else { return [] }
        return stride(from: first, through: last, by: 1).map { index in
            let value = index == 0 ? 0 : index * step
            let label =
                decimals > 6 || abs(high) >= 1e7
                ? String(format: "%.1e", value) : String(format: "%.\(decimals)f", value)
            return (value, label)
        }
    }
}
