/// How a threshold between 'the same' and 'not the same' is chosen.
public enum ThresholdCriterion: Sendable, Hashable {
    /// The most pairs that can be classified as the same at this precision.
    case precision(Double)
    /// The greatest difference of the true and the false positive rate (Youden 1950).
    case youden
    /// The greatest harmonic mean of precision and recall.
    case f1

    /// Such as `precision of at least 0.99`.
    public var name: String {
        switch self {
        case .precision(let precision): "precision of at least \(precision)"
        case .youden: "greatest difference of true and false positive rate (Youden)"
        case .f1: "greatest F1"
        }
    }
}

/// A threshold and what comes of it on labeled pairs.
public struct ThresholdCut: Sendable, Hashable, Encodable {
    /// Pairs that are at least as alike as this are classified as the same. Half-way between two values that were met.
    public let value: Double
    /// The precision: the fraction of same pairs among those that are at least as alike.
    public let precision: Double
    /// The share of what is the same that counts as it: the true positive rate.
    public let recall: Double
    /// The share of what is not the same that counts as it.
    public let falsePositiveRate: Double
    /// The harmonic mean of precision and recall.
    public let f1: Double
}

extension RankedPairs {
    /// The best threshold of a ranking; nil when a sort of pairs is missing or no threshold reaches a wanted precision.
    package static func cut(_ points: [Point], _ criterion: ThresholdCriterion) -> ThresholdCut? {
        guard let last = points.last, last.truePositives > 0, last.falsePositives > 0 else { return nil }
        let cuts = points.indices.map { index -> ThresholdCut in
            let point = points[index]
            let next = index + 1 < points.count ? points[index + 1].value : point.value
            let middle = point.value + (next - point.value) / 2
            let recall = point.truePositives / last.truePositives
            let sum = point.precision + recall
            return ThresholdCut(
                value: middle.isFinite ? middle : point.value.isFinite ? point.value : next, precision: point.precision,
                recall: recall, falsePositiveRate: point.falsePositives / last.falsePositives,
                f1: sum > 0 ? 2 * point.precision * recall / sum : 0)
        }
        func best(_ figure: (ThresholdCut) -> Double) -> ThresholdCut? {
            // The strictest of ones that are equally good within rounding.
            cuts.reduce(nil as ThresholdCut?) { best, cut in
                best.map { figure(cut) > figure($0) + 1e-12 ? cut : $0 } ?? cut
            }
        }
        return switch criterion {
        case .precision(let wanted): cuts.last { $0.precision >= wanted && $0.recall > 0 }
        case .youden: best { $0.recall - $0.falsePositiveRate }
        case .f1: best(\.f1)
        }
    }
}
