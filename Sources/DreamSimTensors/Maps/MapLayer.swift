/// A layer that makes each place of a map from a window of places of the map before it.
package protocol MapLayer: Sendable {
    /// Which places a place is made from.
    var window: MapWindow { get }

    /// The channels of the result.
    func outputChannels(of inputs: Int) -> Int

    /// Computes some rows of the result, for several images.
    /// - Parameters:
    ///   - x: of each image, the rows that the first window begins with and all further ones that are needed, with the
    ///     window's padding on both sides; fewer where the map ends and windows are cut off.
    ///   - y: of each image, the rows to fill, without padding.
    func forward(_ x: [MapRows], into y: [MapRows])
}

/// Square windows on a map, the same on both axes.
package struct MapWindow: Hashable, Sendable {
    /// The side of a window.
    package let size: Int
    /// From one window to the next.
    package let step: Int
    /// Zeros around the map.
    package let padding: Int
    /// Whether a last window that is only partly on the map counts (`ceil_mode` in PyTorch).
    package let roundsUp: Bool

    package init(size: Int, step: Int = 1, padding: Int = 0, roundsUp: Bool = false) {
        self.size = size
        self.step = step
        self.padding = padding
        self.roundsUp = roundsUp
    }

    /// The windows along an axis; 0 when the map is too small for one.
    package func outputs(of length: Int) -> Int {
        let room = length + 2 * padding - size
        guard room >= 0 || (roundsUp && room + step - 1 >= 0) else { return 0 }
        let count = (room + (roundsUp ? step - 1 : 0)) / step + 1
        // The last window must begin on the map.
        return roundsUp && (count - 1) * step >= length + padding ? count - 1 : count
    }

    /// The padded rows that some rows of the result are made from, on a map of `length` rows.
    package func inputs(of rows: Range<Int>, length: Int) -> Range<Int> {
        (rows.lowerBound * step)..<min((rows.upperBound - 1) * step + size, length + 2 * padding)
    }
}
