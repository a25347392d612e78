import Foundation

/// What makes the detail of one image that of another: its power becomes `power + noise + blur * blurring` in each cell.
struct DetailChange {
    /// Power that is added to every cell, in levels squared.
    private(set) var noise = 0.0
    /// The variance of the blur, in (768ths of a side) squared.
    private(set) var blur = 0.0
    /// How far the strength of a cell is from what these explain, in doublings above one level.
    private(set) var largest = 0.0

    /// Fits a change: least squares of relative differences, with less weight for the cells that differ most.
    init(from first: DetailOctave, to second: DetailOctave) {
        let cells = zip(first.powers, second.powers).map { ($0.power, $0.blurring, $1.power) }
        let scales = cells.map { power, _, result in 1 / (min(power, result) + 0.3) }
        var weights = scales.map { $0 * $0 }
        for _ in 0..<3 {
            fit(cells, weights)
            let errors = zip(cells, scales).map { abs($0.2 - predicted($0.0, $0.1)) * $1 }
            let typical = 2 * errors.sorted()[errors.count / 2] + 1e-3
            weights = zip(scales, errors).map { $0 * $0 / (1 + ($1 / typical) * ($1 / typical)) }
        }
        fit(cells, weights)
        largest =
            cells.map { power, blurring, result in
                abs(log2((result.squareRoot() + 1) / (max(0, predicted(power, blurring)).squareRoot() + 1)))
            }.max() ?? 0
    }

    private func predicted(_ power: Double, _ blurring: Double) -> Double { power + noise + blur * blurring }

    /// Solves the two normal equations.
    private mutating func fit(_ cells: [(power: Double, blurring: Double, result: Double)], _ weights: [Double]) {
        var (w, wb, wbb, wr, wbr) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for (cell, weight) in zip(cells, weights) {
            let change = cell.result - cell.power
            w += weight
            wb += weight * cell.blurring
            wbb += weight * cell.blurring * cell.blurring
            wr += weight * change
            wbr += weight * cell.blurring * change
        }
        let determinant = w * wbb - wb * wb
        // Without detail anywhere no blur can be told from another.
        guard determinant > 1e-9 * w * wbb else {
            (noise, blur) = (wr / w, 0)
            return
        }
        noise = (wr * wbb - wb * wbr) / determinant
        blur = (w * wbr - wb * wr) / determinant
    }
}
