import Foundation

extension GalleryPage {
    /// A page of clusters, the image nearest to the center first and marked.
    /// - Parameter most: how many images of a cluster are shown.
    package init(_ report: ClusterReport, most: Int = 24, decoding: DecodingOptions) {
        let groups = report.clusters.enumerated().map { number, cluster in
            let hidden = cluster.files.count - min(most, cluster.files.count)
            return Group(
                title: "Cluster \(number + 1): \(cluster.files.count) \(cluster.files.count == 1 ? "image" : "images")",
                subtitle: String(format: "mean distance from the center %.4f", cluster.spread)
                    + (hidden > 0 ? "; \(hidden) more are not shown" : ""),
                cards: cluster.files.prefix(most).enumerated().map { place, file in
                    Card(
                        path: file.image, figure: place == 0 ? "center" : String(format: "%.4f", file.distance),
                        lines: ["\(file.image.folder)"], isMarked: place == 0, isChosen: false)
                })
        }
        let sizes = report.clusters.map(\.files.count)
        self.init(
            title: "Clusters",
            facts: [
                ("Found", "\(sizes.count) \(sizes.count == 1 ? "cluster" : "clusters") of \(report.images) images"),
                ("Images of a cluster", "\(sizes.min() ?? 0) to \(sizes.max() ?? 0)"),
                ("Algorithm", report.method.rawValue),
                (
                    "Threshold",
                    report.distance.map { String(format: "joined up to a mean distance of %.4f", $0) }
                        ?? "none: the number of clusters was chosen"
                ),
            ] + Self.model(of: report),
            legend: [
                "The image nearest to its cluster's center is the first, marked by a frame.",
                "The number of another is its distance from the center: 0 is the same, larger is less similar.",
            ], choice: .choosing, groups: groups, decoding: decoding)
    }
}
