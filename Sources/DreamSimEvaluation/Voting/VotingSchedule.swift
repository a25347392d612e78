/// In which order triplets are shown, which of them twice, and which of the two stands on the left; all by a seed.
struct VotingSchedule: Sendable {
    /// A triplet that is shown once.
    struct Showing: Sendable, Hashable {
        /// The triplet's place in its table.
        let triplet: Int
        /// Whether it was shown before; only done to see whether people agree with themselves.
        let isRepeat: Bool
        /// Whether the table's right image stands on the left.
        let isSwapped: Bool
    }

    /// From the first to the last.
    let showings: [Showing]
    /// Triplets in the order of their first showing.
    let order: [Int]

    /// The fewest showings between the two of a triplet, as far as there are so many.
    private static let spacing = 8

    /// Makes a schedule.
    /// - Parameters:
    ///   - count: the number of triplets.
    ///   - repeats: the share of them that is shown twice, 0 to 1. The second time the sides are swapped.
    init(count: Int, repeats: Double, seed: UInt64) {
        var random = SeededGenerator(state: SeededGenerator.mixed(seed))
        func shuffled() -> [Int] {
            var items = Array(0..<count)
            for i in stride(from: count - 1, to: 0, by: -1) { items.swapAt(i, random.index(below: i + 1)) }
            return items
        }
        order = shuffled()
        var planned = order.enumerated().map { place, triplet in
            (
                place: Double(place),
                showing: Showing(triplet: triplet, isRepeat: false, isSwapped: random.index(below: 2) == 1)
            )
        }
        // One triplet alone would come twice in a row.
        let twice = count < 2 ? 0 : Int((Double(count) * repeats).rounded(.up))
        // Those with room for others between are taken first; where there is none for all, the earliest.
        let chosen = shuffled()
        let roomy = chosen.filter { $0 + Self.spacing < count }
        for place in (roomy + chosen.filter { $0 + Self.spacing >= count }.sorted()).prefix(twice) {
            let first = planned[place].showing
            let later = place + Self.spacing + random.index(below: max(1, count - place - Self.spacing))
            planned.append(
                (
                    place: Double(later) + 0.5,
                    showing: Showing(triplet: first.triplet, isRepeat: true, isSwapped: !first.isSwapped)
                ))
        }
        showings = planned.enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map(\.element.showing)
    }

    /// Which part of the set triplets belong to, for training: of every five references, in the order of their first
    /// showing, one goes to `val` with all its triplets and the others to `train`.
    /// - Parameter references: of each triplet, what tells its reference from others.
    func splits(references: [some Hashable]) -> [String] {
        var parts: [AnyHashable: String] = [:]
        var splits = [String](repeating: "train", count: references.count)
        for triplet in order {
            let reference = AnyHashable(references[triplet])
            let part = parts[reference] ?? (parts.count % 5 == 4 ? "val" : "train")
            parts[reference] = part
            splits[triplet] = part
        }
        return splits
    }
}
