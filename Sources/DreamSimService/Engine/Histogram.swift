/// How often values were how large, by fixed bounds.
struct Histogram {
    let bounds: [Double]
    /// How many values were no larger than each bound.
    private(set) var counts: [Int]
    private(set) var count = 0
    private(set) var sum = 0.0

    init(_ bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count)
    }

    /// For times in seconds, of an answer from memory to the longest that is allowed.
    static let times = Histogram([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120])

    mutating func add(_ value: Double) {
        for (i, bound) in bounds.enumerated() where value <= bound { counts[i] += 1 }
        count += 1
        sum += value
    }
}
