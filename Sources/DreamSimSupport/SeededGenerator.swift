import Foundation

/// SplitMix64 (Steele et al. 2014), a small seeded generator; the same seed gives the same numbers on every machine.
package struct SeededGenerator: RandomNumberGenerator, Hashable, Codable, Sendable {
    package var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    /// Spreads every bit over all others.
    package static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Evenly from 0 up to and without 1.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Evenly from 0 to `count` - 1. The bias of this reduction is below count / 2^64.
    package mutating func index(below count: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(count)).high)
    }

    /// Two independent numbers of the normal distribution (Box and Muller 1958).
    package mutating func normals() -> (Double, Double) {
        let radius = (-2 * log(1 - unit())).squareRoot()
        let angle = 2 * Double.pi * unit()
        return (radius * cos(angle), radius * sin(angle))
    }

    /// Different numbers from 0 to `limit` - 1, in the order in which they are drawn.
    /// - Parameter count: how many; at most `limit`.
    package mutating func sample(_ count: Int, below limit: Int) -> [Int] {
        // The last place that is drawn from shrinks; what stood at a drawn place is what stood at the last one.
        var moved: [Int: Int] = [:]
        return (0..<count).map { drawn in
            let last = limit - 1 - drawn
            let place = index(below: last + 1)
            defer { moved[place] = moved[last] ?? last }
            return moved[place] ?? place
        }
    }
}
