extension ComparisonReport {
    /// Draws the ranking: the reference, then the other images in their order with their values.
    ///
    /// A sheet holds 48 images; the rest of a long ranking is left out, and the sheet says so.
    /// - Parameters:
    ///   - decoding: how files become pixels.
    ///   - kinds: how values of the metric that ranks fall on known pairs, so that the sheet says what they mean.
    /// - Throws: `DreamSimError` when a file can no longer be read.
    public func sheet(decoding: DecodingOptions = .standard, kinds: PairKinds? = nil) throws -> Image {
        let shown = results.prefix(48)
        let left = results.count - shown.count
        let leader = leader
        let others = metrics.filter { $0.name != leader.name }
        // Bars show how far each image is from the same, against the farthest, so that small differences stay visible.
        func difference(_ entry: Entry) -> Double? {
            guard leader.identical.isFinite else { return nil }
            return entry.values[leader.name].map { abs($0 - leader.identical) }
        }
        let farthest = max(shown.compactMap(difference).max() ?? 1, 1e-9)
        return ContactSheet(
            title: "How similar do they look?",
            subtitle: "\(leader.name) with \(reference.name): \(leader.direction.rawValue); bars show the difference",
            reference: ContactSheet.Cell(
                image: try Image(contentsOfFile: reference.bytes, options: decoding), title: reference.name,
                lines: ["reference"]),
            cells: try shown.map { entry in
                ContactSheet.Cell(
                    image: try Image(contentsOfFile: entry.image.bytes, options: decoding), title: entry.image.name,
                    figure: MetricText.figure(entry.values[leader.name], digits: 4),
                    lines: [entry.values[leader.name].flatMap { kinds?.kind(of: $0) }?.phrase].compactMap(\.self)
                        + others.map { metric in
                            let rank = entry.ranks[metric.name].map { ", no. \($0)" } ?? ""
                            return "\(MetricText.title(metric))  "
                                + MetricText.figure(entry.values[metric.name], digits: 4) + rank
                        }, bar: difference(entry).map { $0 / farthest })
            },
            footer: "ranked by \(leader.name)" + (leader.shortWeights.map { ", weights \($0)" } ?? "")
                + (others.isEmpty ? "" : "; ↓ lower is more alike, ↑ higher is more alike")
                + "; \(leader.preprocessing)" + (kinds.map { "; \($0)" } ?? "")
                + (left > 0 ? "; \(left) more are not shown" : "")
        )
        .rendered()
    }
}
