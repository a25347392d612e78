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
                        isMarked: place == 0)
                })
        }
        self.init(
            title: "Images that belong together", groups: groups,
            footer: [
                "\(report.clusters.count) clusters of \(report.images) images by \(report.method.rawValue)"
                    + (report.distance.map { String(format: ", joined up to a mean distance of %.4f", $0) } ?? "")
                    + ".",
                "Distance from the cluster's center: 0 is the same, \(report.metric.direction.rawValue).",
                "\(report.origin).",
            ], decoding: decoding)
    }
}
