import Foundation

/// Metrics beside mean opinions: how nearly they order images alike, and how nearly a curve through a metric's values gives the
/// opinions.
public struct OpinionReport: Sendable, Encodable {
    /// What was judged.
    public struct DataSet: Sendable, Encodable {
        /// What it is called.
        public let name: String
        /// How its files lie.
        public let layout: String
        /// Where it was read from.
        public let root: ImagePath
        /// The number of scored images.
        public let count: Int
    }

    /// How one metric agrees with opinions. Correlations have the sign that the numbers have: a distance falls as a score of
    /// quality rises.
    public struct MetricResult: Sendable, Encodable {
        /// The metric's name.
        public let name: String
        /// What made its numbers; nil where they were given.
        public let column: MetricColumn?
        /// Spearman's rank correlation.
        public let spearman: Estimate
        /// Kendall's tau-b.
        public let kendall: Double?
        /// Pearson's correlation of opinions with the curve's values; the curve is the same in all draws of the interval.
        public let pearson: Estimate
        /// The root mean square difference of opinions and the curve's values, in the units of the opinions.
        public let rmse: Double?
        /// Pearson's correlation of opinions with the metric's own values.
        public let pearsonOfValues: Double?
        /// The curve; nil where none can be fitted.
        public let fit: LogisticFit?
        /// The same by kinds of distortion.
        public let parts: [Part]
        /// Images without a value, and why.
        public let failures: [String: String]
        /// The metric's values; NaN for none.
        let values: [Double]

        enum CodingKeys: CodingKey {
            case name, column, spearman, kendall, pearson, rmse, pearsonOfValues, fit, parts, failures
        }
    }

    /// One kind of distortion.
    public struct Part: Sendable, Encodable {
        /// The kind.
        public let distortion: String
        /// Spearman's rank correlation.
        public let spearman: Double?
        /// Kendall's tau-b.
        public let kendall: Double?
        /// Pearson's correlation of opinions with the values of the curve of the whole set.
        public let pearson: Double?
        /// The number of images.
        public let count: Int
    }

    /// How two metrics differ.
    public struct Comparison: Sendable, Encodable {
        /// The first metric.
        public let first: String
        /// The second.
        public let second: String
        /// By how much the first's Spearman correlation is larger, both without their signs, on the images that both have;
        /// the interval is from paired draws.
        public let difference: Estimate
        /// Steiger's Z (1980) of the rank correlations.
        public let z: Double?
        /// Its two-sided p.
        public let p: Double?
    }

    /// What was judged.
    public let dataSet: DataSet
    /// The curve that was fitted.
    public let curve: LogisticFit.Curve
    /// How intervals were made.
    public let bootstrap: Bootstrap
    /// The metrics, in the order in which they were asked for.
    public let metrics: [MetricResult]
    /// Every two metrics.
    public let comparisons: [Comparison]
    /// The set itself.
    let set: OpinionSet

    enum CodingKeys: CodingKey {
        case dataSet, curve, bootstrap, metrics, comparisons
    }

    /// Values of a metric for the images of a set.
    public struct Values: Sendable {
        let name: String
        let column: MetricColumn?
        /// NaN for none.
        let values: [Double]
        let failures: [String: String]
    }

    /// Computes metrics of a set's images. An image that cannot be read does not stop the others.
    /// - Parameters:
    ///   - comparer: the metrics.
    ///   - progress: called with the number of images that are done.
    public static func measure(
        _ set: OpinionSet, with comparer: PairComparer, progress: (Int) -> Void = { _ in }
    ) -> [Values] {
        let count = comparer.metrics.count
        var values = [[Double]](repeating: [Double](repeating: .nan, count: set.items.count), count: count)
        var failures = [[String: String]](repeating: [:], count: count)
        let places = set.items.indices.filter { set.items[$0].pair != nil }
        comparer.compare(places.compactMap { set.items[$0].pair }) { outcome in
            let place = places[outcome.index]
            let results = Result { try outcome.values }
            for metric in 0..<count {
                switch results.flatMap({ $0[metric] }) {
                case .success(let value) where value.isFinite: values[metric][place] = value
                case .success(let value): failures[metric][set.items[place].id] = "has the value \(value)"
                case .failure(let error): failures[metric][set.items[place].id] = "\(error)"
                }
            }
            progress(outcome.index + 1)
        }
        return comparer.columns.indices.map { index in
            let column = comparer.columns[index]
            return Values(name: column.name, column: column, values: values[index], failures: failures[index])
        }
    }

    /// The values that a set brings itself.
    public static func given(_ set: OpinionSet) -> [Values] {
        set.columns.indices.map { index in
            Values(name: set.columns[index], column: nil, values: set.items.map { $0.values[index] }, failures: [:])
        }
    }

    /// Holds metrics against opinions.
    /// - Parameters:
    ///   - curve: the curve that is fitted.
    ///   - bootstrap: how intervals are made.
    /// - Throws: `DreamSimError` with `.empty` when a metric has values of fewer than four images.
    /// - Complexity: O(resamples * images) for each metric and each two of them.
    public init(
        _ set: OpinionSet, values: [Values], curve: LogisticFit.Curve = .five, bootstrap: Bootstrap = Bootstrap()
    ) throws(DreamSimError) {
        self.set = set
        self.curve = curve
        self.bootstrap = bootstrap
        dataSet = DataSet(name: set.name, layout: set.layout.rawValue, root: set.root, count: set.items.count)
        let scores = set.items.map(\.score)
        var results: [MetricResult] = []
        for metric in values {
            let places = metric.values.indices.filter { metric.values[$0].isFinite }
            guard places.count > 3 else {
                throw DreamSimError(
                    .empty, metric.name,
                    "has values of \(places.count) images, of which no correlation can be computed"
                        + (metric.failures.first.map { "; the first without one: \($0.key): \($0.value)" } ?? ""))
            }
            results.append(Self.result(metric, set, scores, places, curve, bootstrap))
        }
        metrics = results
        comparisons = values.indices.flatMap { i in
            values.indices.filter { $0 > i }.map { Self.comparison(values[i], values[$0], scores, bootstrap) }
        }
    }

    private static func result(
        _ metric: Values, _ set: OpinionSet, _ scores: [Double], _ places: [Int], _ curve: LogisticFit.Curve,
        _ bootstrap: Bootstrap
    ) -> MetricResult {
        let (x, y) = (places.map { metric.values[$0] }, places.map { scores[$0] })
        let fit = LogisticFit(curve, values: x, scores: y)
        let fitted = fit.map { fit in x.map { fit($0) } }
        let (orderX, orderY) = (RankOrder(x), RankOrder(y))
        func spearman(_ weights: [Double]) -> Double? {
            Correlation.pearson(orderX.ranks(weights: weights), orderY.ranks(weights: weights), weights: weights)
        }
        let draws = bootstrap.distributions(count: x.count) { draws in
            [spearman(draws), fitted.flatMap { Correlation.pearson($0, y, weights: draws) }]
        }
        let pearson = fitted.flatMap { Correlation.pearson($0, y) }
        let rmse = fitted.map { fitted in
            (zip(fitted, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(y.count)).squareRoot()
        }
        let parts = set.distortions.map { kind in
            let members = places.indices.filter { set.items[places[$0]].distortion == kind }
            let (x, y) = (members.map { x[$0] }, members.map { y[$0] })
            return Part(
                distortion: kind, spearman: RankCorrelation.spearman(x, y), kendall: Correlation.kendall(x, y),
                pearson: fitted.flatMap { fitted in Correlation.pearson(members.map { fitted[$0] }, y) },
                count: members.count)
        }
        return MetricResult(
            name: metric.name, column: metric.column,
            spearman: Estimate(
                value: RankCorrelation.spearman(x, y), interval: bootstrap.interval(draws.first ?? []), count: x.count),
            kendall: Correlation.kendall(x, y),
            pearson: Estimate(value: pearson, interval: bootstrap.interval(draws.last ?? []), count: x.count),
            rmse: rmse, pearsonOfValues: Correlation.pearson(x, y), fit: fit, parts: parts,
            failures: metric.failures, values: metric.values)
    }

    private static func comparison(
        _ a: Values, _ b: Values, _ scores: [Double], _ bootstrap: Bootstrap
    ) -> Comparison {
        let places = scores.indices.filter { a.values[$0].isFinite && b.values[$0].isFinite }
        let rows = [places.map { a.values[$0] }, places.map { b.values[$0] }, places.map { scores[$0] }]
        let orders = rows.map(RankOrder.init)
        func correlations(_ weights: [Double]) -> (Double, Double)? {
            let ranks = orders.map { $0.ranks(weights: weights) }
            guard let first = Correlation.pearson(ranks[0], ranks[2], weights: weights),
                let second = Correlation.pearson(ranks[1], ranks[2], weights: weights)
            else { return nil }
            return (first, second)
        }
        let draws = bootstrap.distributions(count: places.count) { draws in
            [correlations(draws).map { abs($0.0) - abs($0.1) }]
        }
        let whole = correlations([Double](repeating: 1, count: places.count))
        // Without their signs: the metric that runs the other way is turned.
        let test = whole.flatMap { whole -> (z: Double, p: Double)? in
            guard let between = RankCorrelation.spearman(rows[0], rows[1]) else { return nil }
            let turned = (whole.0 < 0) != (whole.1 < 0) ? -between : between
            return Correlation.steiger(abs(whole.0), abs(whole.1), between: turned, count: places.count)
        }
        return Comparison(
            first: a.name, second: b.name,
            difference: Estimate(
                value: whole.map { abs($0.0) - abs($0.1) }, interval: bootstrap.interval(draws.first ?? []),
                count: places.count),
            z: test?.z, p: test?.p)
    }
}
