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
                        figure: place == 0 ? "keep" : file.isLink ? "link" : file.tier.rawValue,
                        lines: (place == 0 ? [] : [file.reason]) + [
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

extension DuplicateReport.File {
    /// What shows how it belongs to the copy that is kept, for people, such as `hash 6 bits, mirrored`.
    package var reason: String {
        switch evidence {
        case nil: ""
        case .bytes, .pixels: "same \(evidence?.rawValue ?? "")"
        case .hash:
            hash.map { match in
                "hash \(match.bits) bits" + (match.orientation == .asIs ? "" : ", \(match.orientation.rawValue)")
            } ?? "hash"
        case .model: "distance " + String(format: "%.4f", distance)
        }
    }
}
