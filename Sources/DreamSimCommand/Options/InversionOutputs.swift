import ArgumentParser
import DreamSimTraining
import Foundation

/// What an inversion writes.
struct InversionOutputs: ParsableArguments {
    @Option(
        name: .shortAndLong, help: ArgumentHelp("Image to write (.png or .jpg).", valueName: "file"),
        completion: .file())
    var output: String

    @Option(
        help: ArgumentHelp("Write a contact sheet of intermediate images (.png or .jpg).", valueName: "file"),
        completion: .file())
    var sheet: String?

    @Option(help: ArgumentHelp("Plot the loss by step (.png, .jpg or .svg).", valueName: "file"), completion: .file())
    var curve: String?

    @Option(help: ArgumentHelp("Write the losses and all settings (.json).", valueName: "file"), completion: .file())
    var json: String?

    @Option(
        help: ArgumentHelp("Checkpoint to write and to resume from (.safetensors).", valueName: "file"),
        completion: .file())
    var checkpoint: String?

    @Option(help: ArgumentHelp("Steps between saves of the image and the checkpoint.", valueName: "n"))
    var saveEvery: Int = 25

    @Option(help: ArgumentHelp("Number of images on the sheet.", valueName: "n"))
    var frames: Int = 8

    @Flag(name: .shortAndLong, help: "Suppress progress and notes.")
    var quiet = false

    var files: OutputFiles {
        OutputFiles([
            ("--output", output, OutputFiles.drawings), ("--sheet", sheet, OutputFiles.drawings),
            ("--curve", curve, OutputFiles.drawings + ["svg"]), ("--json", json, ["json"]),
            ("--checkpoint", checkpoint, ["safetensors"]),
        ])
    }

    func validate() throws {
        try files.checkNames()
        guard saveEvery > 0 else { throw ValidationError("--save-every must be 1 or more") }
        guard (2...100).contains(frames) else { throw ValidationError("--frames must be from 2 to 100") }
    }

    var settings: InversionRun.Settings {
        var settings = InversionRun.Settings()
        settings.image = URL(filePath: output)
        settings.checkpoint = checkpoint.map { URL(filePath: $0) }
        settings.stepsBetweenSaves = saveEvery
        settings.frames = frames
        return settings
    }

    /// Writes everything but the image, which the run has written.
    func write(_ report: InversionReport, target: Image) throws {
        if let sheet { try report.strip(target: target).write(to: URL(filePath: sheet)) }
        if let curve {
            let drawing = report.curve
            let url = URL(filePath: curve)
            if url.pathExtension.lowercased() == "svg" {
                try WholeFile.write(drawing.svg(title: "Loss by step"), to: url)
            } else {
                try drawing.rendered().write(to: url)
            }
        }
        if let json { try WholeFile.write(try JSON.text(report) + "\n", to: URL(filePath: json)) }
    }
}
