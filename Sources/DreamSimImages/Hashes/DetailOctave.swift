import Foundation

/// The detail of one octave, in cells of the image: how strong it is, and how much of it a slight blur would leave.
struct DetailOctave: Sendable, Hashable {
    /// For each cell the root mean square of detail, on a scale of 24 steps a doubling.
    let strengths: [UInt8]
    /// For each cell the share of that after a blur by a 768th of a side, in 255ths.
    let remains: [UInt8]

    /// The octaves that are kept: on how many samples a side each is measured, and its number of cells a side.
    static let all: [(samples: Int, cells: Int)] = [(512, 16), (256, 16), (128, 8)]

    init(strengths: [UInt8], remains: [UInt8]) {
        (self.strengths, self.remains) = (strengths, remains)
    }

    /// From the mean square of detail in each cell, as it is and blurred, in levels squared.
    init(power: [Float], blurred: [Float]) {
        strengths = power.map { UInt8(min(255, (24 * log2(1 + 8 * $0.squareRoot())).rounded())) }
        remains = zip(power, blurred).map { UInt8((255 * min(1, ($1 / max($0, 1e-12)).squareRoot())).rounded()) }
    }

    /// The mean square of detail in each cell, in levels squared, and what a slight blur adds to it, which is negative.
    var powers: [(power: Double, blurring: Double)] {
        zip(strengths, remains).map { strength, remains in
            let root = (exp2(Double(strength) / 24) - 1) / 8
            let share = Double(remains) / 255
            return (root * root, root * root * (share * share - 1))
        }
    }
}
