import DreamSimEvaluation
import DreamSimRetrieval
import Foundation

extension GalleryPage {
    /// A page of the images of two sets that lie outside the other one, those farthest away first.
    /// - Parameter most: how many images of a sort are shown.
    /// - Throws: `DreamSimError` where the files of the images are not known.
    init(_ report: SetComparison, most: Int = 60, decoding: DecodingOptions) throws {
        let all = report.contributions ?? []
        func group(
            _ title: String, _ subtitle: String, _ wanted: (SetContribution) -> Bool
        ) throws -> Group {
            let found = all.filter(wanted).sorted {
                $0.nearestDistance != $1.nearestDistance
                    ? $0.nearestDistance > $1.nearestDistance : $0.row < $1.row
            }
            let cards = try found.prefix(most).map { entry in
                guard let image = entry.image else { throw Self.unknownFiles(entry.set.rawValue) }
                let near = entry.nearestImage.map { "nearest: \($0.name)" } ?? "nearest: row \(entry.nearest)"
                return Card(
                    path: image, figure: SetsOutput.figure(entry.nearestDistance),
                    lines: [near, "fd influence " + SetsOutput.figure(entry.frechet)], isChosen: false)
            }
            let rest = found.count > most ? "; the \(most) farthest are shown" : ""
            return Group(title: "\(title): \(found.count)", subtitle: subtitle + rest, cards: cards)
        }
        let groups = [
            try group(
                "Generated images outside the real ones",
                "In no real image's neighborhood: they lower precision"
            ) { $0.set == .generated && !$0.isInside },
            try group(
                "Real images that are not covered", "No generated image in their neighborhood: they lower coverage"
            ) { $0.isCovered == false },
            try group(
                "Real images outside the generated ones", "In no generated image's neighborhood: they lower recall"
            ) { $0.set == .real && !$0.isInside },
        ]
        self.init(
            title: "Images outside the other set",
            facts: [
                ("Real", "\(report.real.name), \(report.real.images ?? 0) images"),
                ("Generated", "\(report.generated.name), \(report.generated.images ?? 0) images"),
            ]
                + report.scores.map { entry in
                    (
                        entry.score.rawValue,
                        SetsOutput.figure(entry.value)
                            + (entry.interval.map {
                                " (95 %: \(SetsOutput.figure($0.low)) to \(SetsOutput.figure($0.high)))"
                            }
                                ?? "")
                    )
                } + report.metrics.map { ("Model", "\($0.nameAndWeights); \($0.preprocessing)") },
            legend: [
                "The number of an image is the Euclidean distance of its embedding from the nearest one of the other set.",
                "A neighborhood reaches to the neighbor number \(report.neighbors) in the image's own set.",
                "The influence says how the Fréchet distance grows with the image's weight.",
            ] + report.notes.map { "Note: \($0)." }, choice: .choosing, groups: groups.filter { !$0.cards.isEmpty },
            decoding: decoding)
    }

    /// A page of the nearest and of the farthest pairs of a set.
    /// - Throws: `DreamSimError` where the files of the images are not known.
    init(_ report: SetDiversity, decoding: DecodingOptions) throws {
        func groups(_ title: String, _ pairs: [SetDiversity.Pair]) throws -> [Group] {
            try pairs.enumerated().map { place, pair in
                guard let a = pair.imageA, let b = pair.imageB else { throw Self.unknownFiles(report.set.name) }
                return Group(
                    title: "\(title) \(place + 1)",
                    cards: [a, b].map {
                        Card(path: $0, figure: SetsOutput.figure(pair.distance), lines: ["\($0)"], isChosen: false)
                    })
            }
        }
        let interval = report.diversity.interval.map {
            " (95 %: \(SetsOutput.figure($0.low)) to \(SetsOutput.figure($0.high)))"
        }
        self.init(
            title: "Diversity of a set",
            facts: [
                ("Set", "\(report.set.name), \(report.set.images ?? 0) images"),
                ("Diversity", SetsOutput.figure(report.diversity.value) + (interval ?? "")),
                ("Median distance", report.distribution["50"].map(SetsOutput.figure) ?? "-"),
            ] + report.metrics.map { ("Model", "\($0.nameAndWeights); \($0.preprocessing)") },
            legend: ["Numbers are cosine distances of embeddings: 0 is the same, larger is less similar."]
                + report.notes.map { "Note: \($0)." }, choice: .choosing,
            groups: try groups("Nearest pair", report.nearest) + groups("Farthest pair", report.farthest),
            decoding: decoding)
    }

    private static func unknownFiles(_ set: String) -> DreamSimError {
        DreamSimError(
            .missing, subject: set, problem: "its embeddings do not say which images they are of",
            remedy: "embed folders, or keep the .npy.json that 'dreamsim embed' writes beside a .npy file")
    }
}
