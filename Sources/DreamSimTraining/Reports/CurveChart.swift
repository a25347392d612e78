import Foundation

/// A drawing of numbers by step: of each step, smoothed, and of triplets that are held back.
struct CurveChart {
    /// What the numbers are.
    var title: String
    /// Of the steps: the step and its number.
    var steps: [(step: Int, value: Double)]
    /// Of the validations.
    var held: [(step: Int, value: Double)]
    /// The last step of the horizontal axis.
    var last: Int
    /// Whether numbers are shares, from 0 to 1, and not losses.
    var isShare: Bool

    private static let frame = (left: 46.0, right: 506.0, top: 10.0, bottom: 216.0)
    /// Points of a curve; more cannot be seen.
    private static let points = 500

    /// The steps over which the smooth curve runs.
    static func span(_ count: Int) -> Int { max(1, min(100, count / 8)) }

    /// As a figure of a page.
    var markup: String {
        let (frame, last) = (Self.frame, Double(max(1, last)))
        let finite = (steps + held).map(\.value).filter(\.isFinite)
        let highest = isShare ? 1 : max(finite.max() ?? 1, 1e-6)
        let lowest = isShare ? min(0.5, ((finite.min() ?? 0.5) * 10).rounded(.down) / 10) : 0
        func x(_ step: Int) -> String { Markup.place(frame.left + (frame.right - frame.left) * Double(step) / last) }
        func y(_ value: Double) -> String {
            Markup.place(frame.bottom - (frame.bottom - frame.top) * (value - lowest) / (highest - lowest))
        }
        var drawing = ""
        for tick in Ticks.round(from: lowest, to: highest, about: 5) {
            let isChance = isShare && abs(tick.value - 0.5) < 1e-9
            let label = isShare ? Markup.percent(tick.value, digits: 0) : tick.label
            drawing +=
                "<line class=\"\(isChance ? "dash" : "grid")\" x1=\"\(frame.left)\" x2=\"\(frame.right)\" "
                + "y1=\"\(y(tick.value))\" y2=\"\(y(tick.value))\"/><text x=\"\(frame.left - 6)\" y=\"\(y(tick.value))\" "
                + "dy=\"3.5\" text-anchor=\"end\">\(label)</text>"
        }
        for tick in Ticks.round(from: 0, to: last, about: 6) where tick.value == tick.value.rounded() {
            drawing +=
                "<text x=\"\(x(Int(tick.value)))\" y=\"\(frame.bottom + 15)\" text-anchor=\"middle\">\(tick.label)</text>"
        }
        func line(_ points: [(step: Int, value: Double)], _ name: String) -> String {
            let places = points.filter(\.value.isFinite).map { "\(x($0.step)),\(y($0.value))" }
            return places.isEmpty ? "" : "<polyline class=\"\(name)\" points=\"\(places.joined(separator: " "))\"/>"
        }
        drawing += line(Self.thinned(steps), "path") + line(Self.thinned(smooth), "curve") + line(held, "path held")
        for point in held where point.value.isFinite {
            let value = isShare ? Markup.percent(point.value) : Markup.value(point.value)
            drawing +=
                "<circle class=\"dot held\" cx=\"\(x(point.step))\" cy=\"\(y(point.value))\" r=\"4\">"
                + "<title>after step \(point.step): \(value)</title></circle>"
        }
        let span = Self.span(steps.count)
        let keys =
            "<span class=\"key related\">steps\(span > 1 ? ", faint, and their mean over \(span)" : "")</span>"
            + (held.isEmpty ? "" : " <span class=\"key held\">validation</span>")
        return
            "<figure><svg viewBox=\"0 0 516 240\" role=\"img\"><title>\(Markup.text(title)) by step</title>\(drawing)</svg>"
            + "<figcaption>\(Markup.text(title)) by step: \(keys)</figcaption></figure>"
    }

    /// The mean of each step and those before it.
    private var smooth: [(step: Int, value: Double)] {
        let span = Self.span(steps.count)
        var sum = 0.0
        return steps.indices.map { index in
            sum += steps[index].value
            if index >= span { sum -= steps[index - span].value }
            return (steps[index].step, sum / Double(min(index + 1, span)))
        }
    }

    /// At most so many points as can be seen, each the mean of those it stands for.
    private static func thinned(_ values: [(step: Int, value: Double)]) -> [(step: Int, value: Double)] {
        let size = (values.count + points - 1) / points
        guard size > 1 else { return values }
        return stride(from: 0, to: values.count, by: size).map { first in
            let group = values[first..<min(first + size, values.count)]
            return (group[first + group.count / 2].step, group.reduce(0) { $0 + $1.value } / Double(group.count))
        }
    }
}
