import DreamSimEvaluation

/// What `dreamsim train --check` shows.
enum TripletCheckOutput {
    /// Faults of a kind that are shown one by one.
    private static let shown = 10

    static func text(_ check: TripletCheck) -> String {
        var table = TextTable([("what", .left), ("count", .right)])
        table.add(["rows", "\(check.rows)"])
        if check.belowMinimum > 0 { table.add(["left out: fewer than 6 votes", "\(check.belowMinimum)"]) }
        for split in check.splits {
            table.add([split.name.isEmpty ? "triplets" : "triplets in '\(split.name)'", "\(split.count)"])
        }
        for (name, count) in zip(["left", "rather left", "divided", "rather right", "right"], check.votes) {
            table.add(["people prefer: \(name)", "\(count)"])
        }
        table.add(["distinct images", "\(check.images)"])
        for kind in TripletCheck.Fault.Kind.allCases {
            let count = check.faults.count { $0.kind == kind }
            table.add([(kind.isWarning ? "warning: " : "error: ") + kind.rawValue, "\(count)"])
        }
        var lines = table.lines()
        for kind in TripletCheck.Fault.Kind.allCases {
            let faults = check.faults.filter { $0.kind == kind }
            guard !faults.isEmpty else { continue }
            lines += ["", kind.rawValue]
            lines += faults.prefix(shown).map { "  line \($0.line): \($0.reason)" }
            if faults.count > shown { lines.append("  and \(faults.count - shown) more") }
        }
        lines += ["", verdict(check)]
        return lines.map { $0 + "\n" }.joined()
    }

    private static func verdict(_ check: TripletCheck) -> String {
        if check.learnt == 0 {
            let others = check.splits.filter { $0.count > 0 }.map {
                ($0.name.isEmpty ? "in no split" : "in '\($0.name)'") + " there are \($0.count)"
            }
            return "Not ready for training: nothing in it is for learning"
                + (others.isEmpty ? "." : "; no triplet is in the split 'train', \(others.joined(separator: ", ")).")
        }
        return check.isUsable ? "Ready for training." : "Not ready for training: fix the errors listed above."
    }
}
