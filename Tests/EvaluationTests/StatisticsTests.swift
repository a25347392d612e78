import DreamSim
import DreamSimEvaluation
import Testing

@Suite("Scores of single judgments")
struct ItemScoreTests {
    @Test(
        "2AFC counts the people who made the metric's choice, and a tie half",
        arguments: [
            (0.1, 0.2, 0.0, 1.0, 0 as Int?), (0.1, 0.2, 1.0, 0.0, 0), (0.2, 0.1, 0.8, 0.8, 1),
            (0.2, 0.1, 0.25, 0.25, 1),
            (0.3, 0.3, 0.9, 0.5, nil), (.infinity, .infinity, 0.9, 0.5, nil),
        ])
    func alternatives(left: Double, right: Double, share: Double, expected: Double, choice: Int?) {
        let lower = ItemScore([left, right], .rightShare(share), direction: .lowerIsMoreAlike)
        #expect(lower.score == expected && lower.choice == choice)
        // The other direction with swapped values says the same.
        let higher = ItemScore([-left, -right], .rightShare(share), direction: .higherIsMoreAlike)
        #expect(higher.score == expected && higher.choice == choice)
    }

    @Test("The odd one is found when no pair is nearer than the other two, equal ones included")
    func oddOneOut() {
        func score(_ values: [Double]) -> Double? {
            ItemScore(values, .thirdIsOdd, direction: .lowerIsMoreAlike).score
        }
        #expect(score([1, 2, 3]) == 1 && score([1, 1, 2]) == 1 && score([1, 1, 1]) == 1)
        #expect(score([2, 1, 3]) == 0 && score([2, 3, 1]) == 0)
    }

    @Test("The margin is the distance to the next best")
    func margin() {
        #expect(ItemScore([0.5, 0.25], .rightShare(1), direction: .lowerIsMoreAlike).margin == 0.25)
        #expect(ItemScore([3, 1, 2], .thirdIsOdd, direction: .lowerIsMoreAlike).margin == 1)
        #expect(ItemScore([30, .infinity], .rightShare(1), direction: .higherIsMoreAlike).margin == .infinity)
        #expect(
            ItemScore([.infinity, .infinity], .rightShare(1), direction: .higherIsMoreAlike).margin == 0)
    }
}

@Suite("Intervals")
struct IntervalTests {
    @Test("The same seed draws the same, another seed another; recorded, so that a change of the generator is noticed")
    func seeds() throws {
        let scores = (0..<50).map { $0 % 3 == 0 ? 0.0 : 1.0 }
        func interval(_ seed: UInt64) throws -> Interval {
            let bootstrap = Bootstrap(resamples: 500, seed: seed)
            let means = bootstrap.distributions(count: 50) { draws in
                [zip(draws, scores).reduce(0) { $0 + $1.0 * $1.1 } / 50]
            }
            return try #require(bootstrap.interval(means[0]))
        }
        #expect(try interval(7) == interval(7))
        #expect(try interval(1) == Interval(low: 0.52, high: 0.78))
    }

    @Test(
        "Two of two are not certain: no interval of a share or a difference is without width, and no scores have none")
    func few() throws {
        for count in [1, 2, 3, 59] {
            let (all, none) = ([Double?](repeating: 1, count: count), [Double?](repeating: 0, count: count))
            let result = MeanScores([all, none], weights: Array(repeating: 1, count: count))
            let interval = try #require(result.means[0].interval)
            // Wilson: n / (n + z^2) to 1.
            #expect(result.means[0].value == 1 && interval.high == 1)
            #expect(abs(interval.low - Double(count) / (Double(count) + 3.841_458_820_694)) < 1e-9)
            let difference = try #require(result.differences[0].estimate.interval)
            #expect(result.differences[0].estimate.value == 1 && difference.high == 1 && difference.low < 1)
            #expect(count > 3 || difference.low <= 0.2, "\(count) judgments show little: \(difference)")
        }
        let none = MeanScores([[nil, nil, nil]], weights: [1, 2, 3]).means[0]
        #expect(none.value == nil && none.interval == nil && none.count == 0)
    }

    @Test("Average precisions of few pairs that are told apart have an interval with width")
    func fewPairs() throws {
        let found = AveragePrecisions(
            [[0.1, 0.2, 0.8, 0.9]], shares: [1, 1, 0, 0], weights: [1, 1, 1, 1], directions: [.lowerIsMoreAlike],
            bootstrap: Bootstrap(resamples: 200), comparing: false)
        let interval = try #require(found.estimates[0].interval)
        #expect(found.estimates[0].value == 1 && interval.low < 0.5 && interval.high == 1)
    }

    @Test("The interval of a difference, as Bonett and Price's paper has it")
    func difference() {
        // 12 of 90 for one, 4 for the other: (13 - 5) / 92 and its interval.
        let (n, d) = (90.0, 8.0 / 90)
        let interval = ShareInterval.difference(d, meanSquare: 16 / n, count: n)
        let (p, q) = (13.0 / 92, 5.0 / 92)
        let half = 1.959_963_984_540_054 * ((p + q - (p - q) * (p - q)) / 92).squareRoot()
        #expect(abs(interval.low - (p - q - half)) < 1e-12 && abs(interval.high - (p - q + half)) < 1e-12)
    }

    @Test("Means are weighted, and differences are of the judgments that both have")
    func weights() {
        let scores: [[Double?]] = [[1, 0, 1, nil], [0, 0, 1, 1]]
        let result = MeanScores(scores, weights: [1, 2, 5, 8])
        #expect(result.means.map(\.value) == [6.0 / 8, 13.0 / 16])
        #expect(result.means.map(\.count) == [3, 4])
        // (1 - 0) * 1 + (0 - 0) * 2 + (1 - 1) * 5 over 8.
        #expect(result.differences[0].estimate.value == 1.0 / 8 && result.differences[0].estimate.count == 3)
    }

    @Test("Differences are paired: a metric that is always better by the same has less spread than either")
    func paired() throws {
        let first: [Double?] = (0..<40).map { Double($0 % 5) / 10 + 0.125 }
        let second: [Double?] = (0..<40).map { Double($0 % 5) / 10 }
        let result = MeanScores([first, second], weights: Array(repeating: 1, count: 40))
        let (of, both) = (try #require(result.means[0].interval), try #require(result.differences[0].estimate.interval))
        #expect(both.low < 0.125 && both.high > 0.125 && both.high - both.low < 0.6 * (of.high - of.low))
    }

    @Test("Quantiles lie between neighbors in proportion, as NumPy's")
    func quantiles() {
        #expect(Quantiles.value(0.25, ofSorted: [1, 2, 4, 8]) == 1.75)
        #expect(Quantiles.value(0, ofSorted: [1, 2]) == 1 && Quantiles.value(1, ofSorted: [1, 2]) == 2)
        #expect(Quantiles.value(0.9, ofSorted: [1, .infinity, .infinity]) == .infinity)
    }
}

@Suite("Agreement")
struct AgreementTests {
    @Test("Cohen's kappa of a table worked by hand")
    func kappa() throws {
        // Both left 20, left/right 5, right/left 10, both right 15: observed 0.7, expected 0.5 * 0.6 + 0.5 * 0.4 = 0.5.
        let cells = [(0, 0, 20), (0, 1, 5), (1, 0, 10), (1, 1, 15)]
        let first: [Int?] = cells.flatMap { Array(repeating: $0.0, count: $0.2) }
        let second: [Int?] = cells.flatMap { Array(repeating: $0.1, count: $0.2) }
        let agreement = ChoiceAgreement(first + [nil, 0], second + [1, nil])
        #expect(agreement.count == 50 && agreement.same == 0.7)
        #expect(abs(try #require(agreement.kappa) - 0.4) < 1e-12)
    }

    @Test("Ties are a choice of their own; one choice alone has no kappa")
    func ties() {
        #expect(ChoiceAgreement([0, -1], [0, -1]).kappa == 1)
        #expect(ChoiceAgreement([0, 0], [0, 0]).kappa == nil)
        #expect(ChoiceAgreement([0, 0], [0, 0]).same == 1)
        #expect(ChoiceAgreement([nil], [0]).same == nil)
    }
}

@Suite("Rankings of pairs")
struct RankedPairsTests {
    static func points(_ values: [Double], _ shares: [Double], _ direction: Direction) -> [RankedPairs.Point] {
        let ranking = RankedPairs(
            values, shares: shares, weights: Array(repeating: 1, count: values.count), direction: direction)
        return ranking.points(ranking.ones)
    }

    @Test("scikit-learn's own example: average precision 0.8333, area 0.75")
    func documented() throws {
        let points = Self.points([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], .higherIsMoreAlike)
        #expect(abs(try #require(RankedPairs.averagePrecision(points)) - 0.8333333) < 1e-6)
        #expect(RankedPairs.area(points) == 0.75)
        // The best precision at that or a higher recall is 1 and 2/3: the same here.
        #expect(abs(try #require(RankedPairs.interpolatedPrecision(points)) - 0.8333333) < 1e-6)
    }

    @Test("Equal values stand together, whatever their order")
    func ties() throws {
        // Distances 1: same and not; 2: same; 3: not. Points (1, 1), (2, 1), (2, 2).
        for (values, shares) in [([1.0, 1, 2, 3], [1.0, 0, 1, 0]), ([1, 1, 2, 3], [0, 1, 1, 0])] {
            let points = Self.points(values, shares, .lowerIsMoreAlike)
            #expect(points.map(\.truePositives) == [1, 2, 2] && points.map(\.falsePositives) == [1, 1, 2])
            // 0.5 * 1/2 + 0.5 * 2/3.
            #expect(abs(try #require(RankedPairs.averagePrecision(points)) - 0.5833333) < 1e-6)
            // The precision at recall 0.5 is raised to the later 2/3.
            #expect(abs(try #require(RankedPairs.interpolatedPrecision(points)) - 0.6666666) < 1e-6)
            // Of the four pairs of pairs: tie (1, 1), right (1, 3), wrong (2, 1), right (2, 3).
            #expect(RankedPairs.area(points) == 0.625)
        }
    }

    @Test("Shares count as both, and a sort that is missing has no figure")
    func shares() throws {
        let points = Self.points([1, 2], [0.75, 0.25], .lowerIsMoreAlike)
        // Recall 0.75 at precision 0.75, recall 1 at precision 0.5.
        #expect(RankedPairs.averagePrecision(points) == 0.75 * 0.75 + 0.25 * 0.5)
        #expect(RankedPairs.averagePrecision(Self.points([1, 2], [0, 0], .lowerIsMoreAlike)) == nil)
        #expect(RankedPairs.area(Self.points([1, 2], [1, 1], .lowerIsMoreAlike)) == nil)
    }

    @Test("Several metrics: the paired difference is of the common pairs")
    func several() {
        let result = AveragePrecisions(
            [[1, 2, 3, 4], [4, 3, 2, nil]], shares: [1, 1, 0, 0], weights: [1, 1, 1, 1],
            directions: [.lowerIsMoreAlike, .lowerIsMoreAlike], bootstrap: Bootstrap(resamples: 100), comparing: true)
        #expect(result.estimates[0].value == 1 && result.estimates[0].count == 4)
        // Of three pairs the second ranks not, same, same: 0.5 * 1/2 + 0.5 * 2/3.
        #expect(abs((result.estimates[1].value ?? 0) - 0.5833333) < 1e-6 && result.estimates[1].count == 3)
        #expect(abs((result.differences[0].estimate.value ?? 0) - 0.4166666) < 1e-6)
    }
}

@Suite("Reliability")
struct ReliabilityTests {
    @Test("Wilson's interval of 8 of 10, as the literature has it")
    func wilson() {
        let interval = ShareInterval.wilson(0.8, count: 10)
        #expect(abs(interval.low - 0.4902) < 1e-4 && abs(interval.high - 0.9433) < 1e-4)
        #expect(
            abs(ShareInterval.wilson(1, count: 10).high - 1) < 1e-12 && ShareInterval.wilson(1, count: 10).low < 0.75)
    }

    @Test("Bins hold equally many judgments in order of their margin")
    func bins() {
        let judgments = (0..<20).reversed().map { (margin: Double($0), score: $0 < 10 ? 0.5 : 1.0) }
        let bins = ReliabilityBin.bins(judgments, number: 2)
        #expect(bins.map(\.count) == [10, 10] && bins.map(\.score) == [0.5, 1])
        #expect(bins[0].lowestMargin == 0 && bins[0].highestMargin == 9 && bins[1].lowestMargin == 10)
        #expect(ReliabilityBin.bins(Array(judgments.prefix(9)), number: 5).count == 1)
        #expect(ReliabilityBin.bins([], number: 5).isEmpty)
    }
}
