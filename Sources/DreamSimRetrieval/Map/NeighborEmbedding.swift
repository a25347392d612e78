import Foundation

/// Places in the plane at which near neighbors lie near each other: UMAP (McInnes, Healy, Melville 2018), its fuzzy
/// neighborhoods and its sampling of attraction and repulsion, on one thread so that a seed gives one result.
struct NeighborEmbedding {
    /// The curve 1 / (1 + a d^2b) that stands for a least distance of 0.1 and a spread of 1.
    private static let (a, b) = (1.576_943_460_4, 0.895_060_878_1)
    /// How many points are repelled for one that is attracted.
    private static let repelled = 5

    private struct Edge {
        let from: Int32, to: Int32
        let weight: Float
    }

    private let edges: [Edge]
    private let count: Int

    /// Weighs the neighborhoods.
    init(_ table: NearestTable) {
        count = table.nearest.count
        var weights: [Int64: (Float, Float)] = [:]
        for (place, others) in table.nearest.enumerated() {
            for ((other, _), weight) in zip(others, Self.weights(others.map { Double(max(0, 1 - $0.score)) })) {
                let key = Int64(min(place, other)) << 32 | Int64(max(place, other))
                if place < other {
                    weights[key, default: (0, 0)].0 = Float(weight)
                } else {
                    weights[key, default: (0, 0)].1 = Float(weight)
                }
            }
        }
        edges = weights.sorted { $0.key < $1.key }.map { key, pair in
            Edge(
                from: Int32(key >> 32), to: Int32(truncatingIfNeeded: key & 0xFFFF_FFFF),
                weight: pair.0 + pair.1 - pair.0 * pair.1)
        }
    }

    /// How much each neighbor belongs to a point: all for the nearest, and with a fall-off for which they sum to log2 of
    /// their number.
    private static func weights(_ distances: [Double]) -> [Double] {
        guard let nearest = distances.first(where: { $0 > 0 }), distances.count > 1 else {
            return distances.map { _ in 1 }
        }
        let target = log2(Double(distances.count))
        var (low, high, sigma) = (0.0, Double.infinity, 1.0)
        for _ in 0..<64 {
            let sum = distances.reduce(0) { $0 + exp(-max(0, $1 - nearest) / sigma) }
            if abs(sum - target) < 1e-5 { break }
            if sum > target {
                high = sigma
                sigma = (low + high) / 2
            } else {
                low = sigma
                sigma = high == .infinity ? 2 * sigma : (low + high) / 2
            }
        }
        let mean = distances.reduce(0, +) / Double(distances.count)
        sigma = max(sigma, 1e-3 * mean)
        return distances.map { exp(-max(0, $0 - nearest) / sigma) }
    }

    /// Moves points until neighbors lie together.
    /// - Parameter start: where they begin, x and y in turn, within some 10 of the origin.
    func run(from start: [Float], rounds: Int, seed: UInt64, progress: (Int, Int) -> Void) -> [Float] {
        var places = start
        var generator = SeededGenerator(state: seed)
        let strongest = edges.map(\.weight).max() ?? 1
        // Each edge acts as often as its weight says; those too weak to act once are passed over.
        let every = edges.map { Float(strongest) / max($0.weight, 1e-6) }
        var due = every
        let (a, b) = (Self.a, Self.b)
        func held(_ value: Double) -> Double { min(max(value, -4), 4) }
        places.withUnsafeMutableBufferPointer { places in
            for round in 0..<rounds {
                progress(round, rounds)
                let rate = 1 - Double(round) / Double(rounds)
                for (index, edge) in edges.enumerated() where due[index] <= Float(round + 1) {
                    due[index] += every[index]
                    let (i, j) = (2 * Int(edge.from), 2 * Int(edge.to))
                    // Both ends attract each other, and each is repelled by some random points.
                    var (dx, dy) = (Double(places[i] - places[j]), Double(places[i + 1] - places[j + 1]))
                    let square = dx * dx + dy * dy
                    if square > 0 {
                        let force = -2 * a * b * pow(square, b - 1) / (a * pow(square, b) + 1)
                        let (x, y) = (Float(rate * held(force * dx)), Float(rate * held(force * dy)))
                        places[i] += x
                        places[i + 1] += y
                        places[j] -= x
                        places[j + 1] -= y
                    }
                    for end in [i, j] {
                        for _ in 0..<Self.repelled {
                            let other = 2 * generator.index(below: count)
                            guard other != end else { continue }
                            (dx, dy) = (
                                Double(places[end] - places[other]), Double(places[end + 1] - places[other + 1])
                            )
                            let square = dx * dx + dy * dy
                            let force = 2 * b / ((0.001 + square) * (a * pow(square, b) + 1))
                            places[end] += Float(rate * (square > 0 ? held(force * dx) : 4))
                            places[end + 1] += Float(rate * (square > 0 ? held(force * dy) : 4))
                        }
                    }
                }
            }
        }
        progress(rounds, rounds)
        return places
    }
}
