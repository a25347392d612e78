/// What is in a set of triplets, and everything that is wrong with it: read to the end, where reading for use stops at the
/// first fault.
package struct TripletCheck: Sendable, Hashable {
    /// A fault of a row.
    package struct Fault: Sendable, Hashable {
        /// The sorts of faults.
        package enum Kind: String, Sendable, Hashable, CaseIterable {
            /// A row has too few or too many cells, or its quotation marks do not match.
            case badRow = "row that cannot be read"
            /// A cell that should name an image names none.
            case noPath = "no path"
            /// An image is not there.
            case missing = "missing image"
            /// An image cannot be decoded.
            case unreadable = "unreadable image"
            /// A vote is no number from 0 to 1, nor `left` or `right`; or a count of votes is no number.
            case badVote = "vote out of range"
            /// The same three images stand in an earlier row, and people preferred the other one.
            case contradictory = "contradictory triplet"
            /// The same reference stands in two splits, so that what is validated on was learnt from.
            case sharedReference = "reference in two splits"
            /// The same three images with the same preference stand in an earlier row.
            case duplicate = "triplet given twice"
            /// Two images of a triplet are the same file.
            case sameImage = "same image twice in a triplet"

            /// Whether a set can be used with it.
            package var isWarning: Bool { self == .duplicate || self == .sameImage }
        }

        /// What is wrong.
        package let kind: Kind
        /// The line of the table, from 1.
        package let line: Int
        /// The file, cell or other line concerned.
        package let reason: String
    }

    /// The table that was read.
    package let file: ImagePath
    let isNights: Bool
    /// The triplets of a split.
    package struct Split: Sendable, Hashable {
        /// As it stands in the table; empty where there are no splits.
        package let name: String
        /// Its triplets.
        package internal(set) var count: Int
    }

    /// The splits, in order of appearance.
    package internal(set) var splits: [Split] = []
    /// Rows of the table.
    package internal(set) var rows = 0
    /// Rows of fewer votes than are asked for, which training leaves out.
    package internal(set) var belowMinimum = 0
    /// Triplets in which all preferred the left, most did, people were divided, most preferred the right, all did.
    package internal(set) var votes = [0, 0, 0, 0, 0]
    /// Distinct images.
    package internal(set) var images = 0
    /// Everything that is wrong, in the order of the lines.
    package internal(set) var faults: [Fault] = []

    /// The triplets that training learns from: those of the split 'train' in the layout of NIGHTS, and in a table that has a
    /// split 'val'; else all.
    package var learnt: Int {
        guard isNights || splits.contains(where: { $0.name == "val" }) else {
            return splits.reduce(0) { $0 + $1.count }
        }
        return splits.first { $0.name == "train" }?.count ?? 0
    }

    /// Whether nothing keeps the set from being learnt from.
    package var isUsable: Bool { learnt > 0 && faults.allSatisfy(\.kind.isWarning) }
}
