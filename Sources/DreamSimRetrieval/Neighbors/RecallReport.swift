/// How much approximate searches find of what exact ones do, on the images of an index itself.
package struct RecallReport: Sendable, Encodable {
    /// How many images were searched with, at random, but the same every time.
    package let queries: Int
    /// How many neighbors each was asked for; itself is none of them.
    package let count: Int
    /// How many candidates the approximate search kept.
    package let effort: Int
    /// The share of the exact neighbors that the approximate search found, from 0 to 1; one that is just as near counts.
    package let recall: Double
    /// The least share of a single query.
    package let worst: Double
    /// The median seconds of one exact search, and of one approximate.
    package let exactSeconds: Double, approximateSeconds: Double
    /// How many times as fast the approximate search was.
    package let speedup: Double
}

extension IndexReader {
    /// Measures approximate searches against exact ones.
    /// - Parameters:
    ///   - queries: with how many images of the index.
    ///   - count: how many neighbors of each.
    ///   - effort: how many candidates the approximate search keeps.
    /// - Throws: as `neighbors()`; `DreamSimError` with `.missing` without a graph, `.badRequest` with fewer than two
    ///   images.
    package func measureRecall(queries: Int = 100, count: Int = 10, effort: Int? = nil) throws -> RecallReport {
        guard queries > 0, count > 0, effort ?? 1 > 0 else {
            throw DreamSimError(.badRequest, "queries, count and effort", "must be at least 1")
        }
        _ = try requireGraph()
        let live = try liveRows()
        guard live.count > 1 else { throw DreamSimError(.badRequest, folder.path, "holds fewer than two images") }
        var generator = SeededGenerator(state: 7)
        let chosen = live.shuffled(using: &generator).prefix(queries)
        let effort = max(effort ?? SearchMethod.standardEffort, count + 1)
        let mask = try mask()
        let clock = ContinuousClock()
        var (exactTimes, times, shares): ([Double], [Double], [Double]) = ([], [], [])
        for row in chosen {
            let query = Tensor(vectors.values(row), shape: [1, settings.width])
            func search(_ method: SearchMethod, _ times: inout [Double]) throws -> [BestRows.Entry] {
                var found: [BestRows.Entry] = []
                let time = try clock.measure {
                    found = try nearest(to: query, wanted: count + 1, mask: mask, method: method)[0]
                }
                times.append(time / .seconds(1))
                return Array(found.filter { $0.row != Int32(row) }.prefix(count))
            }
            let exact = try search(.exact, &exactTimes)
            let found = try search(.approximate(effort: effort), &times)
            guard let last = exact.last else { continue }
            // Sums in float32 round differently where vectors are multiplied in another order.
            shares.append(Double(found.count { $0.score >= last.score - 1e-6 }) / Double(exact.count))
        }
        let (exactSeconds, approximateSeconds) = (exactTimes.median, times.median)
        return RecallReport(
            queries: shares.count, count: count, effort: effort,
            recall: shares.reduce(0, +) / Double(max(1, shares.count)), worst: shares.min() ?? 0,
            exactSeconds: exactSeconds, approximateSeconds: approximateSeconds,
            speedup: exactSeconds / approximateSeconds)
    }
}

extension [Double] {
    /// The middle value, or the mean of the two in the middle; NaN when there are none.
    var median: Double {
        let sorted = sorted()
        return isEmpty ? .nan : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}
