import DreamSim

/// Which images or pairs do not keep to their limits, in a line.
struct FailureNote {
    /// How many are named; results name all.
    private static let most = 5

    private var named: [String] = []
    private var count = 0

    /// Takes in an image or a pair that does not pass.
    /// - Parameters:
    ///   - name: of the image or the pair.
    ///   - excesses: as `MetricLimits.excesses` says them.
    mutating func add(_ name: String, _ excesses: [String]) {
        count += 1
        if named.count < Self.most { named.append("\(name) (\(excesses.joined(separator: ", ")))") }
    }

    /// Tells people, where there is anything to tell.
    /// - Parameters:
    ///   - total: how many images or pairs there are.
    ///   - unit: what they are.
    func tell(of total: Int, _ unit: String) {
        guard count > 0 else { return }
        let rest = count > named.count ? "; and \(count - named.count) more" : ""
        Terminal.note("\(count) of \(total) \(unit) failed: \(named.joined(separator: "; "))\(rest)")
    }
}

extension FailureNote {
    /// Names the images of a ranking that do not pass.
    init(_ report: ComparisonReport, _ limits: MetricLimits) {
        for entry in report.results where entry.pass == false { add("\(entry.image)", limits.excesses(entry.values)) }
        for failure in report.failures where !limits.isEmpty { add("\(failure.image)", ["could not be compared"]) }
    }
}
