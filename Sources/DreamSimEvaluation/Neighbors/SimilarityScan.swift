/// Cosine similarities of some images with all others, a block at a time.
enum SimilarityScan {
    private static let together = 128

    /// What a closure makes of each query's similarities with the whole gallery.
    /// - Parameters:
    ///   - body: gets the query's row, and a similarity for each row of the gallery. Called from any thread.
    ///   - progress: called with the number of queries that are done. An error that it throws ends the work.
    static func map<Result: Sendable>(
        _ queries: SetVectors, gallery: SetVectors, progress: (Int) throws -> Void,
        _ body: @Sendable (Int, ArraySlice<Double>) -> Result
    ) throws -> [Result] {
        try queries.check(with: gallery)
        let all = gallery.directions(0..<gallery.count)
        var results: [Result] = []
        for rows in ProductTile.blocks(queries.count, side: together) {
            let products = DoubleMatrix.product(queries.directions(rows), .none, all, .transposed)
            results += Parallel.map(rows.count) { place in
                body(
                    rows.lowerBound + place,
                    products.values[(place * gallery.count)..<((place + 1) * gallery.count)])
            }
            try progress(rows.upperBound)
        }
        return results
    }

    /// The mean of items' values, with an interval by bootstrap over the items.
    static func estimate(_ values: [[Double]], _ bootstrap: Bootstrap) -> [Estimate] {
        let count = values.first?.count ?? 0
        let distributions = bootstrap.distributions(count: count) { draws in
            values.map { column in
                var sum = 0.0
                for i in column.indices { sum += draws[i] * column[i] }
                return sum / Double(count)
            }
        }
        return zip(values, distributions).map { column, distribution in
            let mean = column.reduce(0, +) / Double(count)
            return Estimate(
                value: mean, interval: bootstrap.interval(distribution, ofShare: mean, of: count), count: count)
        }
    }
}
