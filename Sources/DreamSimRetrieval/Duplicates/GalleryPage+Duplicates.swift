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
                            "\(file.width) × \(file.height), \(Self.size(file.bytes)), \(file.format)",
                        ],
                        isMarked: place == 0, isChosen: file.isLink ? nil : place == 0, bytes: file.bytes)
                })
        }
        let duplicates = "\(report.duplicates) \(report.duplicates == 1 ? "duplicate" : "duplicates")"
        self.init(
            title: "Duplicates",
            facts: [
                (
                    "Found",
                    "\(report.groups.count) \(report.groups.count == 1 ? "group" : "groups") among \(report.images) images; removing \(duplicates) would save \(Self.size(report.bytes))"
                ),
                ("Loosest tier", report.tier.rawValue), ("Thresholds", "\(report.thresholds)"),
                ("Kept first", report.rules.joined(separator: ", ")),
            ] + Self.model(of: report),
            legend: [
                "The file to keep is the first of its group, marked by a frame; below each other file stands how it was found to be the same.",
                "Distances are those from the file to keep: 0 is the same, larger is less similar.",
                "Links are no copies: nothing is saved by removing them.",
            ], choice: .keeping, groups: groups, decoding: decoding)
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
