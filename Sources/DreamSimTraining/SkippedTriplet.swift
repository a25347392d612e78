/// A triplet that was left out because an image of it cannot be read.
public struct SkippedTriplet: Sendable, Hashable {
    /// What it was for.
    public enum Role: String, Sendable, Hashable {
        /// Learning.
        case training
        /// Judging the epochs.
        case validation
    }

    /// What it was for.
    public let role: Role
    /// Where it stands, such as `mine.csv, line 12`, if that is known.
    public let place: String?
    /// Which image, and what is wrong with it.
    public let reason: String
}

extension SkippedTriplet: CustomStringConvertible {
    /// `place: reason`.
    public var description: String { "\(place ?? "a triplet for \(role.rawValue)"): \(reason)" }
}
