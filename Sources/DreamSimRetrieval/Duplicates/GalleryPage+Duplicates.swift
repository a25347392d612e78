import Foundation

extension GalleryPage {
    /// A page of duplicates, the copy that is kept first and marked.
    package init(_ report: DuplicateReport, decoding: DecodingOptions) {
        let groups = report.groups.enumerated().map { number, group in
            Group(
                title: "Group \(number + 1): \(group.files.count) files",
                subtitle: "up to \(group.tier.rawValue), largest distance \(String(format: "%.4f", group.diameter))",
                cards: group.files.enumerated().map { place, file in
                    Card(
                        path: file.image,
                        figure: place == 0 ? "keep" : String(format: "%.4f  ", file.distance) + file.tier.rawValue,
                        lines: [
                            "\(file.image.folder)",
                            "\(file.width) × \(file.height), \(max(1, file.bytes / 1000)) kB, \(file.format)",
                        ],
                        isMarked: place == 0)
                })
        }
        self.init(
            title: "The same image more than once", groups: groups,
            footer: [
                "\(report.groups.count) \(report.groups.count == 1 ? "group" : "groups"), \(report.duplicates) \(report.duplicates == 1 ? "file" : "files") of \(String(format: "%.1f MB", Double(report.bytes) / 1e6)) that could go, of \(report.images) images.",
                "Distance from the kept copy: 0 is the same, \(report.metric.direction.rawValue). Tiers: \(report.thresholds).",
                "Kept: \(report.rules.joined(separator: ", ")).",
                "\(report.origin).",
            ], decoding: decoding)
    }
}

extension ImagePath {
    /// The folder that the file lies in.
    fileprivate var folder: ImagePath {
        ImagePath(bytes: Array(bytes.prefix(max(1, bytes.count - lastComponent.count - 1))))
    }
}
