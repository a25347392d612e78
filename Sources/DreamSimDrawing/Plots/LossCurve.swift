import DreamSimImages
import Foundation

/// A curve of many numbers above zero by step, with a logarithmic vertical axis.
package struct LossCurve: Sendable {
    /// The heading.
    package var title: String
    /// A line below it.
    package var subtitle: String
    /// A value a step, from step 0; those that are not above zero leave a gap.
    package var values: [Double]

    /// A curve.
    package init(title: String, subtitle: String, values: [Double]) {
        self.title = title
        self.subtitle = subtitle
        self.values = values
    }

    private enum Style {
        static let (margin, left) = (36.0, 64.0)
        static let (plotWidth, plotHeight) = (620.0, 320.0)
        static let title = TextStyle(size: 24, weight: .bold, color: SheetPalette.ink)
        static let subtitle = TextStyle(size: 14, color: SheetPalette.gray)
        static let small = TextStyle(size: 11, color: SheetPalette.gray)
    }

    /// Draws the curve.
    package func drawing() -> VectorDrawing {
        let top = Style.margin + Double(Style.title.lineHeight + Style.subtitle.lineHeight) + 18
        let (left, bottom) = (Style.margin + Style.left, top + Style.plotHeight)
        var drawing = VectorDrawing(
            width: Int(left + Style.plotWidth + Style.margin), height: Int(bottom + 34 + Style.margin))
        func text(_ text: String, _ x: Double, _ y: Double, _ style: TextStyle, _ alignment: TextStyle.Alignment) {
            drawing.marks.append(.text(text, origin: .init(x, y), style: style, alignment: alignment))
        }
        text(title, Style.margin, Style.margin, Style.title, .leading)
        text(subtitle, Style.margin, Style.margin + Double(Style.title.lineHeight) + 2, Style.subtitle, .leading)
        let axis = Self.axis(of: values)
        let steps = Double(max(1, values.count - 1))
        func x(_ step: Double) -> Double { left + Style.plotWidth * step / steps }
        func y(_ value: Double) -> Double {
            bottom - Style.plotHeight * (log10(value) - axis.low) / (axis.high - axis.low)
        }
        for (value, label) in axis.ticks {
            drawing.marks.append(
                .line(
                    [.init(left, y(value)), .init(left + Style.plotWidth, y(value))], width: 1, color: SheetPalette.grid
                ))
            text(label, left - 8, y(value) - 8, Style.small, .trailing)
        }
        drawing.marks.append(
            .line([.init(left, bottom), .init(left + Style.plotWidth, bottom)], width: 1, color: SheetPalette.gray))
        for tick in Ticks.round(from: 0, to: steps, about: 6) where tick.value == tick.value.rounded() {
            drawing.marks.append(
                .line(
                    [.init(x(tick.value), bottom), .init(x(tick.value), bottom + 4)], width: 1, color: SheetPalette.gray
                ))
            text(tick.label, x(tick.value), bottom + 7, Style.small, .center)
        }
        text("step", left + Style.plotWidth / 2, bottom + 22, Style.small, .center)
        var run: [VectorDrawing.Point] = []
        for (step, value) in values.enumerated() {
            if value.isFinite && value > 0 {
                run.append(.init(x(Double(step)), y(value)))
            } else {
                drawing.marks.append(.line(run, width: 2, color: LineCharts.color(0)))
                run = []
            }
        }
        drawing.marks.append(.line(run, width: 2, color: LineCharts.color(0)))
        return drawing
    }

    /// The ends of the vertical axis as powers of ten, and its marks: 1, 2 and 5 times each power, and only the powers where
    /// they are many.
    package static func axis(of values: [Double]) -> (
        low: Double, high: Double, ticks: [(value: Double, label: String)]
    ) {
        let logarithms = values.filter { $0.isFinite && $0 > 0 }.map { log10($0) }
        guard let least = logarithms.min(), let most = logarithms.max() else { return (-1, 0, []) }
        let room = max(0.05, (most - least) * 0.05)
        let (low, high) = (least - room, most + room)
        let factors: [Double] = high - low > 3 ? [1] : [1, 2, 5]
        var ticks: [(value: Double, label: String)] = []
        for power in Int(low.rounded(.down))...Int(high.rounded(.up)) {
            for factor in factors {
                let value = factor * pow(10, Double(power))
                guard (low...high).contains(log10(value)) else { continue }
                let label =
                    (-4...4).contains(power)
                    ? String(format: "%.\(max(0, -power))f", value) : String(format: "%.0e", value)
                ticks.append((value, label))
            }
        }
        return (low, high, ticks)
    }
}
