extension TrainingTriplet {
    /// The triplets of a set that people judged; items of other kinds are left out.
    package static func all(in set: JudgedSet) -> [TrainingTriplet] {
        set.items.compactMap { item in
            guard case .rightShare(let share) = item.judgment else { return nil }
            return TrainingTriplet(
                reference: item.images[0], left: item.images[1], right: item.images[2], rightPreferred: Float(share),
                place: item.line.map { "\(set.table), line \($0)" })
        }
    }
}
