public import ArgumentParser
public import DreamSim
import Foundation

extension MapKind: ExpressibleByArgument {}
extension ColorMap: ExpressibleByArgument {}
extension Heatmap.Drawing.Layout: ExpressibleByArgument {}

/// How maps are drawn and where they are written.
struct ProjectionDrawingOptions: ParsableArguments {
    @Option(
        name: .shortAndLong, help: ArgumentHelp("Image to write (.png or .jpg).", valueName: "file"),
        completion: .file())
    var output: String

    @Option(
        help: ArgumentHelp("Write the raw values (.json, .npy, .csv or 16-bit .png).", valueName: "file"),
        completion: .file())
    var values: String?

    @Option(help: "Layout of the image.")
    var layout: Heatmap.Drawing.Layout = .sheet

    @Option(help: "Color map.")
    var colors: ColorMap = .inferno

    @Option(help: ArgumentHelp("Opacity of the overlay, from 0 to 1.", valueName: "share"))
    var opacity: Double = 0.6

    @Option(help: ArgumentHelp("Value of the last color. (default: the largest value)", valueName: "value"))
    var max: Double?

    @Flag(name: .shortAndLong, help: "Suppress progress and notes.")
    var quiet = false

    func validate() throws {
        guard (0...1).contains(opacity) else { throw ValidationError("--opacity must be from 0 to 1") }
        if let max, !(max > 0 && max.isFinite) { throw ValidationError("--max must be above 0") }
        try files.checkNames()
    }

    private var files: OutputFiles {
        OutputFiles([
            ("--output", output, OutputFiles.drawings),
            ("--values", values, Heatmap.ValueFormat.allCases.map(\.rawValue)),
        ])
    }

    private var valueFormat: Heatmap.ValueFormat? {
        values.flatMap { Heatmap.ValueFormat(rawValue: URL(filePath: $0).pathExtension.lowercased()) }
    }

    /// Refuses to overwrite what is read.
    func checkOutputs(against inputs: [ImagePath]) throws {
        try files.check(against: inputs)
    }

    /// Draws the maps and writes what was asked for.
    func write(_ heatmap: Heatmap) throws {
        let drawing = Heatmap.Drawing(layout: layout, colors: colors, opacity: opacity, highest: max)
        if let values, let valueFormat { try heatmap.writeValues(as: valueFormat, to: URL(filePath: values)) }
        try heatmap.drawn(drawing).write(to: URL(filePath: output))
    }
}
