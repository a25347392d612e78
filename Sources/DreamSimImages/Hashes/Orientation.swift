/// The eight ways to turn and mirror an image, in the order of PDQ's hashes of them.
package enum Orientation: String, Sendable, Hashable, Codable, CaseIterable {
    /// Unchanged.
    case asIs = "as-is"
    /// A quarter turn to the left.
    case turnedLeft = "turned-left"
    /// A half turn.
    case turnedHalf = "turned-half"
    /// A quarter turn to the right.
    case turnedRight = "turned-right"
    /// Top and bottom swapped.
    case flipped
    /// Left and right swapped.
    case mirrored
    /// Left and right swapped, then a quarter turn to the left: rows become columns.
    case mirroredTurnedLeft = "mirrored-turned-left"
    /// Left and right swapped, then a quarter turn to the right.
    case mirroredTurnedRight = "mirrored-turned-right"

    /// Whether rows become columns, before anything is swapped.
    var isTransposed: Bool {
        switch self {
        case .turnedLeft, .turnedRight, .mirroredTurnedLeft, .mirroredTurnedRight: true
        case .asIs, .turnedHalf, .flipped, .mirrored: false
        }
    }

    /// Whether top and bottom are swapped after that.
    var swapsRows: Bool {
        switch self {
        case .turnedLeft, .turnedHalf, .flipped, .mirroredTurnedRight: true
        case .asIs, .turnedRight, .mirrored, .mirroredTurnedLeft: false
        }
    }

    /// Whether left and right are swapped after that.
    var swapsColumns: Bool {
        switch self {
        case .turnedRight, .turnedHalf, .mirrored, .mirroredTurnedRight: true
        case .asIs, .turnedLeft, .flipped, .mirroredTurnedLeft: false
        }
    }
}
