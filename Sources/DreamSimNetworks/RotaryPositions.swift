import Foundation

/// Rotary positions of patches in two dimensions (Su et al. 2021): queries and keys are rotated by angles that grow with the
/// place of a patch, one half of a head's pairs by its row, the other by its column.
package struct RotaryPositions: Hashable, Sendable, Codable {
    /// What stands for the place of a patch along a side.
    package enum Coordinates: Hashable, Sendable, Codable {
        /// 2π times the place of its center, from -1 at one border of the image to 1 at the other (DINOv3).
        case centers
        /// Its number plus `offset`, times `grid` over the number of patches along that side; of the image whose grid the
        /// network was trained on it is the number itself (EVA-02).
        case numbers(offset: Float, grid: Int)
    }

    /// What stands for a place.
    package var coordinates: Coordinates
    /// Whether columns come before rows.
    package var columnsFirst: Bool
    /// θ: the frequencies are θ^(-4 i / D) for i below D / 4.
    package var base: Float
    /// Which channels are rotated together.
    package var pairing: Rotation.Pairing

    /// Names positions; every number is explicit because a wrong one is silent.
    package init(coordinates: Coordinates, columnsFirst: Bool, base: Float, pairing: Rotation.Pairing) {
        (self.coordinates, self.columnsFirst, self.base, self.pairing) = (coordinates, columnsFirst, base, pairing)
    }

    /// The angles of a grid of patches, row by row.
    /// - Parameter headWidth: D, a multiple of 4.
    func rotation(of grid: VisionTransformer.Grid, headWidth: Int) -> Rotation {
        let frequencies = (0..<(headWidth / 4)).map { 1 / pow(base, Float(4 * $0) / Float(headWidth)) }
        let (rows, columns) = (places(grid.rows), places(grid.columns))
        let angles = rows.flatMap { y in
            columns.flatMap { x in
                (columnsFirst ? [x, y] : [y, x]).flatMap { place in frequencies.map { place * $0 } }
            }
        }
        return Rotation(angles: angles, tokens: grid.count, pairing: pairing)
    }

    private func places(_ count: Int) -> [Float] {
        (0..<count).map { index in
            switch coordinates {
            case .centers: 2 * .pi * (2 * ((Float(index) + 0.5) / Float(count)) - 1)
            case .numbers(let offset, let grid): (Float(index) + offset) / Float(count) * Float(grid)
            }
        }
    }

    /// Says what is wrong with positions that came from a file.
    func fault(headWidth: Int) -> String? {
        if headWidth % 4 != 0 { return "rotary positions take heads whose width is a multiple of 4, not \(headWidth)" }
        if !(base > 1 && base.isFinite) { return "the base must be above 1" }
        if case .numbers(let offset, let grid) = coordinates, !offset.isFinite || !(1...1024).contains(grid) {
            return "the grid must be from 1 to 1024, and the offset finite"
        }
        return nil
    }
}
