/// Which way a metric's numbers go.
public enum Direction: String, Sendable, Hashable, Codable {
    /// 0 is the same, or whatever the metric's lowest value is.
    case lowerIsMoreAlike = "lower is more alike"
    /// The metric's highest value is the same.
    case higherIsMoreAlike = "higher is more alike"

    /// Whether one value says more alike than another; false for equal values and for NaN.
    public func isMoreAlike(_ a: Double, than b: Double) -> Bool {
        self == .lowerIsMoreAlike ? a < b : a > b
    }
}
