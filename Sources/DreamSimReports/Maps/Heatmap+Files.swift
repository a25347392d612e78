import DreamSimCheckpoints
package import Foundation

extension Heatmap {
    /// The layouts of a map's raw values, each by its file name extension.
    package enum ValueFormat: String, Sendable, CaseIterable {
        /// Everything that is known of the maps, with all values.
        case json
        /// float32 as NumPy's: [rows, columns], or [images, rows, columns] when there are several.
        case npy
        /// A line a value: image, column, row and value.
        case csv
        /// An image of 16-bit gray, a pixel a value: 0 is 0, and 65,535 is the largest value of the maps.
        case png
    }

    /// Writes the raw values to a file, which appears whole or not at all.
    /// - Throws: `DreamSimError` with `.badSetting` for a PNG of several maps, with `.unwritable` when the disk is full or the
    ///   like; `DreamSimError`; `DreamSimError`.
    package func writeValues(as format: ValueFormat, to url: URL) throws {
        switch format {
        case .json: try WholeFile.write(try JSON.text(self) + "\n", to: url)
        case .csv: try WholeFile.write(csv(), to: url)
        case .npy:
            let sizes = Set(layers.map { [$0.field.height, $0.field.width] })
            guard sizes.count == 1, let size = sizes.first else {
                throw DreamSimError(.badSetting, url.path, "the maps have different sizes; write .json or .csv")
            }
            let shape = layers.count == 1 ? size : [layers.count] + size
            try NumpyWriter.write(Tensor(layers.flatMap(\.field.values), shape: Shape(shape)), to: url)
        case .png:
            guard layers.count == 1, let field = layers.first?.field else {
                throw DreamSimError(.badSetting, url.path, "a PNG holds one map, these are \(layers.count)")
            }
            try WholeFile.write(try field.png16Data(from: 0, to: max(Double(largest), .leastNormalMagnitude)), to: url)
        }
    }

    private func csv() -> String {
        var text = CSV.line(["image", "column", "row", "value", "kind", "meaning", "metric"] + CSV.stampColumns)
        for layer in layers {
            let tail = CSV.line(
                [kind.rawValue, meaning, metric.name] + (model.map(CSV.fields) ?? CSV.stampColumns.map { _ in "" }))
            let head = CSV.field(layer.path.exact)
            for (i, value) in layer.field.values.enumerated() {
                text += "\(head),\(i % layer.field.width),\(i / layer.field.width),\(value),\(tail)"
            }
        }
        return text
    }
}
