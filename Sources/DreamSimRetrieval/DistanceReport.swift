/// A report of distances between the images of an index.
package protocol DistanceReport {
    /// What made the distances: one metric.
    var metrics: [MetricColumn] { get }
}

extension DistanceReport {
    /// What made the distances.
    package var metric: MetricColumn { metrics[0] }

    /// What made the distances, for people.
    package var origin: String {
        "Model \(metric.nameAndWeights); \(metric.preprocessing)"
    }
}

/// An image with its distance.
package protocol DistanceEntry {
    /// The distance, under the metric's name.
    var values: [String: Double] { get }
}

extension DistanceEntry {
    /// The distance; lower is more alike.
    package var distance: Double { values.first?.value ?? .nan }
}
