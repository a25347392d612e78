/// A triplet that was left out because an image of it cannot be read.
package struct SkippedTriplet: Sendable, Hashable {
    /// What it was for.
    package enum Role: String, Sendable, Hashable {
        /// Learning.
        case training
        /// Judging the epochs.
        case validation
    }

    /// What it was for.
    package let role: Role
    /// Where it stands, such as `mine.csv, line 12`, if that is known.
    package let place: String?
    /// Which image, and what is wrong with it.
    package let reason: String
}

extension SkippedTriplet: CustomStringConvertible {
    /// `place: reason`.
    package var description: String { "\(place ?? "a triplet for \(role.rawValue)"): \(reason)" }
}
