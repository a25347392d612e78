public import ArgumentParser
public import DreamSim
import Foundation

extension MapKind: ExpressibleByArgument {}
extension ColorMap: ExpressibleByArgument {}
extension Heatmap.Drawing.Layout: ExpressibleByArgument {}

/// How maps are drawn and where they are written.
struct ProjectionDrawingOptions: ParsableArguments {
    @Option(
        name: .shortAndLong, help: ArgumentHelp("The image to draw (.png or .jpg).", valueName: "file"),
        completion: .file())
    var output: String

    @Option(
        help: ArgumentHelp(
            "Also write the raw values: .json, .npy, .csv, or .png of 16-bit gray whose white is the largest value.",
            valueName: "file"), completion: .file())
    var map: String?

    @Option(
        help:
            "What the image shows: sheet, images and overlay side by side; overlay, with the color bar; plain, exactly the image's size."
    )
    var layout: Heatmap.Drawing.Layout = .sheet

    @Option(help: "The colors.")
    var colors: ColorMap = .inferno

    @Option(help: ArgumentHelp("How much of the colors is seen, 0 to 1.", valueName: "share"))
    var opacity: Double = 0.6

    @Option(
        help: ArgumentHelp(
            "The value of the last color, so that images can be compared; the map's largest without it.",
            valueName: "value"))
    var max: Double?

    @Flag(name: .shortAndLong, help: "No progress and no notes; only errors.")
    var quiet = false

    func validate() throws {
        guard (0...1).contains(opacity) else { throw ValidationError("--opacity must be from 0 to 1") }
        if let max, !(max > 0 && max.isFinite) { throw ValidationError("--max must be above 0") }
        guard ["png", "jpg", "jpeg"].contains(URL(filePath: output).pathExtension.lowercased()) else {
            throw ValidationError("--output \(output): the extension must be .png or .jpg")
        }
        if let map, valueFormat == nil {
            let known = Heatmap.ValueFormat.allCases.map { "." + $0.rawValue }.joined(separator: ", ")
            throw ValidationError("--map \(map): the extension must be one of \(known)")
        }
        if map == output { throw ValidationError("--map \(output) would overwrite the image") }
    }

    private var valueFormat: Heatmap.ValueFormat? {
        map.flatMap { Heatmap.ValueFormat(rawValue: URL(filePath: $0).pathExtension.lowercased()) }
    }

    /// Refuses to overwrite what is read.
    func checkOutputs(against inputs: [ImagePath]) throws {
        for (name, path) in [("--output", output), ("--map", map)] {
            if let path, inputs.contains(ImagePath(path)) {
                throw ValidationError("\(name) \(path) would overwrite one of the images")
            }
        }
    }

    /// Draws the maps and writes what was asked for.
    func write(_ heatmap: Heatmap) throws {
        let drawing = Heatmap.Drawing(layout: layout, colors: colors, opacity: opacity, highest: max)
        if let map, let valueFormat { try heatmap.writeValues(as: valueFormat, to: URL(filePath: map)) }
        try heatmap.drawn(drawing).write(to: URL(filePath: output))
    }
}
