import Foundation
import HeapModule

/// Agglomerative clusters by average linkage, where only clusters are joined that hold near neighbors of each other.
///
/// The mean distance of all pairs across two clusters is one minus the product of the means of their unit vectors, so
/// that it is exact without ever looking at pairs.
struct AverageLinkage {
    private let rows: [Int32]
    private let vectors: MappedVectors
    private let table: NearestTable

    init(
        _ reader: IndexReader, _ rows: [Int32], neighbors: Int, progress: (Int, Int) -> Void
    ) throws {
        self.rows = rows
        vectors = reader.vectors
        table = try NearestTable(reader, rows: rows, count: neighbors, progress: progress)
    }

    /// A possible joint of two clusters; the nearest comes first.
    private struct Joint: Comparable {
        let distance: Float
        let a: Int32, b: Int32

        static func < (x: Joint, y: Joint) -> Bool { (x.distance, x.a, x.b) < (y.distance, y.a, y.b) }
    }

    private struct Cluster {
        var members: [Int32]
        /// The sum of the members' vectors.
        var sum: [Float]
        var neighbors: Set<Int32>
    }

    /// Joins clusters until there are `count`, or none nearer than `limit`.
    func groups(count: Int?, limit: Double?, progress: (Int, Int) -> Void) -> [[Int32]] {
        var neighbors = [Set<Int32>](repeating: [], count: rows.count)
        var joints = Heap<Joint>()
        for (place, others) in table.nearest.enumerated() {
            for (other, score) in others where neighbors[place].insert(Int32(other)).inserted {
                neighbors[other].insert(Int32(place))
                joints.insert(
                    Joint(distance: 1 - score, a: Int32(min(place, other)), b: Int32(max(place, other))))
            }
        }
        // Clusters of one image are made when they are first joined; numbers from rows.count on are joined ones.
        var joined: [Int32: Cluster] = [:]
        var isAlive = [Bool](repeating: true, count: 2 * rows.count)
        var alive = rows.count
        var next = Int32(rows.count)
        func take(_ number: Int32) -> Cluster {
            joined.removeValue(forKey: number)
                ?? Cluster(
                    members: [rows[Int(number)]], sum: vectors.values(Int(rows[Int(number)])),
                    neighbors: neighbors[Int(number)])
        }
        while alive > max(1, count ?? 1), let joint = joints.popMin() {
            guard isAlive[Int(joint.a)], isAlive[Int(joint.b)] else { continue }
            if let limit, Double(joint.distance) > limit { break }
            let (a, b) = (take(joint.a), take(joint.b))
            (isAlive[Int(joint.a)], isAlive[Int(joint.b)]) = (false, false)
            var new = Cluster(
                members: a.members + b.members, sum: zip(a.sum, b.sum).map(+),
                neighbors: a.neighbors.union(b.neighbors))
            new.neighbors = new.neighbors.filter { isAlive[Int($0)] }
            for other in new.neighbors.sorted() {
                let (sum, size): ([Float], Int)
                if let cluster = joined[other] {
                    (sum, size) = (cluster.sum, cluster.members.count)
                    joined[other]?.neighbors.insert(next)
                } else {
                    (sum, size) = (vectors.values(Int(rows[Int(other)])), 1)
                    neighbors[Int(other)].insert(next)
                }
                let mean = dotProduct(new.sum, sum) / Float(new.members.count * size)
                joints.insert(Joint(distance: 1 - mean, a: other, b: next))
            }
            joined[next] = new
            next += 1
            alive -= 1
            if alive % 1024 == 0 { progress(rows.count - alive, rows.count) }
        }
        let alone = rows.indices.filter { isAlive[$0] }.map { [rows[$0]] }
        return (joined.values.map { $0.members.sorted() } + alone).sorted { $0[0] < $1[0] }
    }
}
