/// A few images, and what people said of them.
public struct JudgedItem: Sendable, Hashable {
    /// What people said.
    public enum Judgment: Sendable, Hashable {
        /// Of a reference, a left and a right image: the share of people, 0 to 1, who found the right one more like the
        /// reference.
        case rightShare(Double)
        /// Of three images: the third is the odd one out.
        case thirdIsOdd
        /// Of two images: the share of people, 0 to 1, who took them for the same.
        case sameShare(Double)
    }

    /// What tells it from the others of its set.
    public let id: String
    /// The images: reference, left and right; three of which the third is odd; or two.
    public let images: [ImagePath]
    /// What people said.
    public let judgment: Judgment
    /// How much it counts; 1 unless the data set says otherwise.
    public let weight: Double
    /// The parts of the set that it belongs to, such as a split or a kind of distortion.
    public let labels: [String]
    /// The line of the table on which it begins, from 1, where there is a table.
    public let line: Int?

    /// Joins images with what people said of them.
    public init(
        id: String, images: [ImagePath], judgment: Judgment, weight: Double = 1, labels: [String] = [],
        line: Int? = nil
    ) {
        (self.id, self.images, self.judgment) = (id, images, judgment)
        (self.weight, self.labels, self.line) = (weight, labels, line)
        precondition(images.count == judgment.task.imageCount, "\(images.count) images for \(judgment)")
    }
}

/// What people were asked, and how a metric is scored by their answers.
public enum JudgmentTask: String, Sendable, Hashable, Codable {
    /// Which of two is more like the reference? Scored by agreement (2AFC).
    case twoAlternatives = "two-alternative choice"
    /// Which of three is the odd one? Scored by the share that is found.
    case oddOneOut = "odd one out"
    /// Are these two the same? Scored by average precision.
    case sameOrNot = "same or not"

    var imageCount: Int { self == .sameOrNot ? 2 : 3 }

    /// The pairs of images that a metric compares, as places in `JudgedItem.images`. The first is the pair that the
    /// judgment speaks of first: the left image, or the pair without the odd one.
    var pairs: [(Int, Int)] {
        switch self {
        case .twoAlternatives: [(0, 1), (0, 2)]
        case .oddOneOut: [(0, 1), (0, 2), (1, 2)]
        case .sameOrNot: [(0, 1)]
        }
    }

    /// What the columns of values are called.
    var pairNames: [String] {
        switch self {
        case .twoAlternatives: ["left", "right"]
        case .oddOneOut: ["12", "13", "23"]
        case .sameOrNot: ["pair"]
        }
    }

    /// What the images are called.
    var imageNames: [String] {
        switch self {
        case .twoAlternatives: ["reference", "left", "right"]
        case .oddOneOut: ["first", "second", "odd"]
        case .sameOrNot: ["a", "b"]
        }
    }

    /// What the score is called, with its meaning.
    public var scoreName: String {
        switch self {
        case .twoAlternatives: "2AFC"
        case .oddOneOut: "odd one out"
        case .sameOrNot: "average precision"
        }
    }

    /// How the score is read.
    public var scoreMeaning: String {
        switch self {
        case .twoAlternatives:
            "2AFC: the share of human judgments that the metric agrees with; a tie counts half; 1 is best, 0.5 is chance level"
        case .oddOneOut:
            "odd one out: the share of triplets in which the metric finds people's odd image; 1 is best, 0.33 is chance level"
        case .sameOrNot:
            "average precision of 'same' over pairs in order of likeness (scikit-learn's definition); 1 is best, "
                + "the share of 'same' is chance level"
        }
    }
}

extension JudgedItem.Judgment {
    var task: JudgmentTask {
        switch self {
        case .rightShare: .twoAlternatives
        case .thirdIsOdd: .oddOneOut
        case .sameShare: .sameOrNot
        }
    }

    /// The share of people as a number; nil where there is none.
    var share: Double? {
        switch self {
        case .rightShare(let share), .sameShare(let share): share
        case .thirdIsOdd: nil
        }
    }
}
