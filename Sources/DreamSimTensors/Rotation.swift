internal import CDreamSimKernels
import Foundation

/// Rotary positions of some tokens (Su et al. 2021): by which angles the channels of queries and keys are rotated, pair by
/// pair, so that their products depend on where tokens lie relative to each other.
package struct Rotation: Sendable {
    /// Which channels of a head are a pair.
    package enum Pairing: String, Sendable, Hashable, Codable {
        /// Channel i and channel i + D / 2.
        case halves
        /// Channels 2 i and 2 i + 1.
        case neighbors
    }

    package let pairing: Pairing
    /// [tokens, D / 2] each.
    private let cosines, sines: Tensor

    /// - Parameter angles: [tokens, D / 2], in radians.
    package init(angles: [Float], tokens: Int, pairing: Pairing) {
        precondition(tokens > 0 && angles.count % tokens == 0, "\(angles.count) angles of \(tokens) tokens")
        self.pairing = pairing
        let shape: Shape = [tokens, angles.count / tokens]
        // In double precision, so that they do not depend on a library's sine.
        cosines = Tensor(angles.map { Float(cos(Double($0))) }, shape: shape)
        sines = Tensor(angles.map { Float(sin(Double($0))) }, shape: shape)
    }

    /// The tokens that are rotated.
    package var tokens: Int { cosines.shape[0] }

    /// The pairs of a head.
    fileprivate var pairs: Int { cosines.shape[1] }

    fileprivate func withTables(_ body: (Tables) -> Void) {
        cosines.withUnsafeBufferPointer { cosines in
            sines.withUnsafeBufferPointer { sines in
                body(Tables(cosines: cosines.baseAddress!, sines: sines.baseAddress!))
            }
        }
    }

    /// `@unchecked Sendable`: read-only memory that outlives the parallel loop.
    fileprivate struct Tables: @unchecked Sendable {
        let cosines, sines: UnsafePointer<Float>
    }
}

extension Attention {
    /// Rotates the queries and keys of the last tokens of each image, in place; the tokens before them stay.
    /// - Parameters:
    ///   - qkv: [N * T, 3 * C], as `forward` takes them.
    ///   - tokens: T; at least as many as the rotation has.
    ///   - backwards: whether to rotate the other way: what takes the gradients of rotated queries and keys to those of
    ///     unrotated ones.
    package func rotate(_ qkv: BlockedMatrix, tokens: Int, by rotation: Rotation, backwards: Bool = false) {
        precondition(qkv.columns == 3 * width, "rotation over \(qkv.rows)x\(qkv.columns)")
        for first in [0, width] {
            rotate(qkv.view(first..<(first + width)), tokens: tokens, by: rotation, backwards: backwards)
        }
    }

    /// Rotates the queries or the keys of the last tokens of each image, in place.
    /// - Parameter x: [N * T, C].
    func rotate(_ x: MatrixView, tokens: Int, by rotation: Rotation, backwards: Bool = false) {
        let first = tokens - rotation.tokens
        precondition(
            x.columns == width && x.rows % tokens == 0 && first >= 0 && 2 * rotation.pairs == headWidth,
            "rotation of \(rotation.tokens) tokens of \(tokens), \(rotation.pairs) pairs, over \(x.rows)x\(x.columns)")
        let attention = self
        rotation.withTables { tables in
            Parallel.forEachRange(x.rows / tokens * rotation.tokens, multiple: 32) { range in
                var next = range.lowerBound
                while next < range.upperBound {
                    let (image, token) = next.quotientAndRemainder(dividingBy: rotation.tokens)
                    let count = min(range.upperBound - next, rotation.tokens - token)
                    let row = image * tokens + first + token
                    var kernel = dsv_rotation()
                    kernel.x = x.rows(row..<(row + count)).base
                    (kernel.stride, kernel.rows) = (x.stride, count)
                    (kernel.heads, kernel.width) = (attention.heads, attention.headWidth)
                    kernel.cosines = tables.cosines + token * rotation.pairs
                    kernel.sines = tables.sines + token * rotation.pairs
                    kernel.neighbors = rotation.pairing == .neighbors ? 1 : 0
                    kernel.backwards = backwards ? 1 : 0
                    dsv_rotate(&kernel)
                    next += count
                }
            }
        }
    }
}
