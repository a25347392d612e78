import ArgumentParser
import DreamSim
import Foundation

struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rank images by their distance from a reference.",
        discussion: """
            EXAMPLES
              dreamsim compare original.jpg edited.jpg
              dreamsim compare original.jpg candidates/ --format csv > ranking.csv
              dreamsim compare original.jpg render.png --fail-above 0.1 --quiet
              dreamsim compare original.jpg *.jpg --sheet ranking.png
            """)

    @Argument(help: "The image that the others are compared with.")
    var reference: ImagePath

    @Argument(help: "Images, or folders of images.")
    var images: [ImagePath]

    @OptionGroup var model: ModelOptions
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("End with code 1 when a distance is above this.", valueName: "distance"))
    var failAbove: Double?

    @Option(
        help: ArgumentHelp("Also draw the ranking as a picture (.png or .jpg).", valueName: "file"), completion: .file()
    )
    var sheet: String?

    func validate() throws {
        if let failAbove, !(failAbove >= 0 && failAbove <= 2) {
            throw ValidationError("--fail-above must be a distance, from 0 to 2")
        }
        if let sheet, ([reference] + images).contains(ImagePath(sheet)) {
            throw ValidationError("--sheet \(sheet) would overwrite one of the images")
        }
    }

    func run() async throws {
        let candidates = ImageFinder.expand(images) { folder, reason in Terminal.error("\(folder): \(reason)") }
        guard !candidates.isEmpty else {
            throw ValidationError("no image was found in \(images.map(\.description).joined(separator: ", "))")
        }
        let loaded = try await model.load(quiet: output.quiet)
        let progress = ProgressLine(candidates.count, unit: "images", isQuiet: output.quiet)
        let outcomes = loaded.embed(files: [reference] + candidates) { progress.show($0 - 1) }
        progress.clear()
        if !output.quiet { outcomes.flatMap(\.notes).forEach(Terminal.note) }
        let report = try ComparisonReport(
            reference: reference, embedding: outcomes[0].result.get(), candidates: Array(outcomes.dropFirst()))
        Terminal.write(try ComparisonOutput(report: report, options: output).text())
        for failure in report.failures { Terminal.error(failure.error) }
        if let sheet {
            try ComparisonSheet(report: report, decoding: loaded.preprocessing.decoding).image()
                .write(to: URL(filePath: sheet))
        }
        if !report.failures.isEmpty { Terminal.exit(.trouble) }
        if let failAbove, report.results.contains(where: { !($0.distance <= failAbove) }) {
            Terminal.exit(.aboveThreshold)
        }
    }
}
