import Foundation

/// What a loss is made of, as people write it: names of metrics or models, each perhaps with a weight, joined by `+`.
///
/// `lpips-vgg`, `lpips-vgg+0.5*dists+10*mse`. Blanks do not count, and a weight of 1 need not be written.
package struct LossExpression: Hashable, Sendable {
    /// A metric and its weight.
    package struct Term: Hashable, Sendable {
        /// What the metric is multiplied with.
        package let weight: Double
        /// Its name.
        package let metric: String

        /// Joins a metric's name with its weight.
        package init(weight: Double = 1, metric: String) {
            self.weight = weight
            self.metric = metric
        }
    }

    /// The terms, in the order given.
    package let terms: [Term]

    /// Joins terms.
    package init(_ terms: [Term]) { self.terms = terms }

    /// Reads an expression.
    /// - Throws: `DreamSimError` with `.badSetting` when a name is missing or given twice, or a weight is not a positive
    ///   number.
    package init(parsing text: String) throws(DreamSimError) {
        func fault(_ reason: String) -> DreamSimError {
            DreamSimError(.badSetting, "loss '\(text)'", "\(reason); write such as 'lpips-vgg + 0.5*dists'")
        }
        var terms: [Term] = []
        for part in Self.summands(text) {
            let pieces = part.split(separator: "*", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard let metric = pieces.last, !metric.isEmpty, pieces.count <= 2 else {
                throw fault("'\(part.trimmingCharacters(in: .whitespaces))' is not a metric's name, or WEIGHT*NAME")
            }
            var weight = 1.0
            if pieces.count == 2 {
                guard let number = Double(pieces[0]), number > 0, number.isFinite else {
                    throw fault("'\(pieces[0])' is not a positive number")
                }
                weight = number
            }
            guard !terms.contains(where: { $0.metric == metric }) else { throw fault("'\(metric)' comes twice") }
            terms.append(Term(weight: weight, metric: metric))
        }
        self.terms = terms
    }

    /// Whether a text is more than one metric's name.
    package static func isSum(_ text: String) -> Bool { text.contains("*") || summands(text).count > 1 }

    /// What stands between the signs of addition; the sign of an exponent, as in `1e+3*mse`, is none.
    private static func summands(_ text: String) -> [String] {
        text.reduce(into: [""]) { parts, character in
            let last = parts.count - 1
            if character == "+", !isBegunNumber(parts[last]) {
                parts.append("")
            } else {
                parts[last].append(character)
            }
        }
    }

    /// Whether a text is a number up to the `e` of its exponent.
    private static func isBegunNumber(_ text: String) -> Bool {
        let text = text.drop { $0 == " " || $0 == "\t" }
        guard let last = text.last, last == "e" || last == "E", text.count > 1 else { return false }
        return text.dropLast().allSatisfy { $0.isASCII && $0.isNumber || $0 == "." }
    }
}

extension LossExpression: CustomStringConvertible {
    /// The expression, such as `lpips-vgg + 0.5*dists`.
    package var description: String {
        terms.map { $0.weight == 1 ? $0.metric : "\(String(format: "%g", $0.weight))*\($0.metric)" }
            .joined(separator: " + ")
    }
}
