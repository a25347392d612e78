import Foundation
import Synchronization

/// Spherical k-means (Dhillon and Modha 2001) with centers from k-means++ (Arthur and Vassilvitskii 2007).
struct KMeans {
    private let reader: IndexReader
    private let rows: [Int32]
    private let count: Int
    private let rounds: Int
    private var generator: SeededGenerator

    /// Centers are looked for among so many images, or twenty times as many as there are centers.
    private static let sample = 20_000
    /// Once fewer than one in a thousand changes its cluster, it is enough.
    private static let settled = 0.001
    /// Products of equal unit vectors differ from 1 by less.
    private static let rounding: Float = 1e-6

    init(_ reader: IndexReader, _ rows: [Int32], count: Int, seed: UInt64, rounds: Int) {
        (self.reader, self.rows, self.count, self.rounds) = (reader, rows, count, rounds)
        generator = SeededGenerator(state: seed)
    }

    /// Which center each row is nearest to, and how near.
    private struct Assignment {
        var center: [Int32]
        var score: [Float]
    }

    /// Finds the clusters; none is empty. There are fewer than asked for only when images are equal.
    func run(_ progress: (Int, Int) -> Void) -> [[Int32]] {
        var centers = firstCenters(progress)
        var assignment = assign(centers)
        for _ in 0..<rounds {
            let before = assignment.center
            centers = means(groups(assignment, centers.shape[0]))
            assignment = assign(centers)
            let moved = zip(before, assignment.center).count { $0 != $1 }
            if Double(moved) <= Self.settled * Double(rows.count) { break }
        }
        return groups(assignment, centers.shape[0]).filter { !$0.isEmpty }
    }

    /// Each next center is a random image, drawn with a probability that grows with the square of its distance from the
    /// centers so far.
    private func firstCenters(_ progress: (Int, Int) -> Void) -> Tensor {
        var generator = generator
        let sample = rows.shuffled(using: &generator).prefix(max(Self.sample, 20 * count)).map { UInt32($0) }
        var far = [Double](repeating: .infinity, count: sample.count)
        var chosen = [Int(sample[0])]
        while chosen.count < count {
            progress(chosen.count, count)
            let scores = scores(of: sample, with: reader.vectors.values(chosen[chosen.count - 1]))
            // The squared distance of unit vectors is twice one minus their product.
            for i in far.indices { far[i] = min(far[i], max(0, Double(1 - scores[i] - Self.rounding))) }
            let total = far.reduce(0, +)
            guard total > 0 else { break }
            var left = generator.unit() * total
            let index = far.firstIndex {
                left -= $0
                return left < 0
            }
            chosen.append(Int(sample[index ?? far.count - 1]))
        }
        return reader.vectors.stored.gathered(chosen.map { Int32($0) })
    }

    private func scores(of sample: [UInt32], with query: [Float]) -> [Float] {
        let stored = reader.vectors.stored
        let scores = Tensor(uninitialized: [sample.count]) { buffer in
            let target = UnsafeSendablePointer(buffer.baseAddress!)
            Parallel.forEachRange(sample.count, multiple: 64) { range in
                sample.withUnsafeBufferPointer { rows in
                    stored.products(
                        of: UnsafeBufferPointer(rebasing: rows[range]), with: query,
                        into: target.pointer + range.lowerBound)
                }
            }
        }
        return scores.withUnsafeBufferPointer(Array.init)
    }

    private func assign(_ centers: Tensor) -> Assignment {
        let total = reader.vectors.rows
        var center = [Int32](repeating: 0, count: total)
        var score = [Float](repeating: -.infinity, count: total)
        center.withUnsafeMutableBufferPointer { center in
            score.withUnsafeMutableBufferPointer { score in
                let (center, score) = (
                    UnsafeSendablePointer(center.baseAddress!), UnsafeSendablePointer(score.baseAddress!)
                )
                RowScan(centers).forEachBlock(of: reader.vectors.stored, in: 0..<total) { block in
                    var scores = block.scores
                    for row in block.rows {
                        var best = 0
                        for other in 1..<max(1, centers.shape[0]) where scores[other] > scores[best] { best = other }
                        center.pointer[row] = Int32(best)
                        score.pointer[row] = scores[best]
                        scores += centers.shape[0]
                    }
                }
            }
        }
        return Assignment(center: rows.map { center[Int($0)] }, score: rows.map { score[Int($0)] })
    }

    /// The rows of each cluster. One that lost all its images takes the one that is worst off.
    private func groups(_ assignment: Assignment, _ count: Int) -> [[Int32]] {
        var groups = [[Int32]](repeating: [], count: count)
        for (row, center) in zip(rows, assignment.center) { groups[Int(center)].append(row) }
        var empty = groups.indices.filter { groups[$0].isEmpty }
        guard !empty.isEmpty else { return groups }
        let worst = assignment.score.indices.sorted {
            (assignment.score[$0], rows[$0]) < (assignment.score[$1], rows[$1])
        }
        // Images that are equal to their center are not parted.
        for index in worst where 1 - assignment.score[index] > Self.rounding {
            let center = Int(assignment.center[index])
            guard let cluster = empty.last, groups[center].count > 1 else { continue }
            groups[center].removeAll { $0 == rows[index] }
            groups[cluster] = [rows[index]]
            empty.removeLast()
        }
        return groups
    }

    /// The directions of the clusters' means.
    private func means(_ groups: [[Int32]]) -> Tensor {
        let means = reader.vectors.stored.means(of: groups)
        return Tensor(
            means.flatMap { IndexWriter.unit($0.map { Float($0) }) }, shape: [groups.count, reader.settings.width])
    }
}
