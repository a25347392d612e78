import DreamSimCheckpoints
package import Foundation

/// Writes embeddings with the files they belong to and what made them, one after another, so that their number does not
/// matter. A file appears under its name only when `finish` is called, whole.
///
/// Failed images are left out of the numbers and named beside them.
package final class EmbeddingFile {
    /// The layouts, each by its file name extension.
    package enum Format: String, Sendable, CaseIterable {
        /// [N, width] float32 as NumPy's, with `FILE.npy.json` beside it.
        case npy
        /// `embeddings` [N, width] float32; files and model in the metadata.
        case safetensors
        /// One line a file: its path, then the components.
        case csv
        /// One JSON object a line: its path and the components.
        case ndjson
    }

    private let sink: any EmbeddingSink

    /// Begins a file.
    /// - Throws: `DreamSimError` or `DreamSimError` with `.unwritable` when the folder is missing, the disk is full or
    ///   the like; so do the other methods.
    package init(_ format: Format, model: any EmbeddingMetric, to url: URL) throws {
        switch format {
        case .npy: sink = try NumpySink(model, url)
        case .safetensors: sink = try SafetensorsSink(model, url)
        case .csv, .ndjson:
            let file = try Unnamed(url.path)
            sink = try TextSink(
                format, model, write: { try file.append(Array($0.utf8)) }, finish: { try file.commit() })
        }
    }

    /// Begins lines of text.
    /// - Parameters:
    ///   - format: `.csv` or `.ndjson`.
    ///   - write: takes each line, with its line break.
    package init(lines format: Format, model: any EmbeddingMetric, to write: @escaping (String) throws -> Void) throws {
        precondition(format == .csv || format == .ndjson, "\(format) has no lines")
        sink = try TextSink(format, model, write: write, finish: {})
    }

    /// Adds what became of an image.
    package func add(_ outcome: FileOutcome) throws {
        try sink.add(outcome)
    }

    /// Writes what is still to be written and gives the file its name.
    package func finish() throws {
        try sink.finish()
    }
}

/// Where outcomes go in one layout.
private protocol EmbeddingSink: AnyObject {
    func add(_ outcome: FileOutcome) throws
    func finish() throws
}

/// A file that has no name yet, for classes to hold.
private final class Unnamed {
    private var file: AtomicFile?

    init(_ path: String) throws(DreamSimError) {
        do throws(AtomicFile.Failure) { file = try AtomicFile(replacing: path.utf8) } catch { throw Self.fault(error) }
    }

    var temporaryPath: String { file?.temporaryPath ?? "" }

    func append(_ bytes: [UInt8]) throws(DreamSimError) {
        do throws(AtomicFile.Failure) { try file?.append(bytes) } catch { throw Self.fault(error) }
    }

    func commit() throws(DreamSimError) {
        guard let file = file.take() else { return }
        do throws(AtomicFile.Failure) { try file.commit() } catch { throw Self.fault(error) }
    }

    static func fault(_ failure: AtomicFile.Failure) -> DreamSimError {
        DreamSimError(.unwritable, failure.path, failure.reason)
    }
}

/// What stands beside the numbers, so that results stay with their files.
private struct Description: Encodable {
    var direction = Direction.lowerIsMoreAlike
    var model: ModelStamp
    var width: Int
    var images: [ImagePath] = []
    var failures: [ComparisonReport.Failure] = []

    init(_ model: any EmbeddingMetric) {
        self.model = model.stamp
        width = model.width
    }

    /// Takes note of an outcome and returns its components, if it has any.
    mutating func add(_ outcome: FileOutcome) -> [Float]? {
        switch outcome.result {
        case .success(let embedding):
            images.append(outcome.path)
            return embedding.values
        case .failure(let error):
            failures.append(ComparisonReport.Failure(image: outcome.path, error: "\(error)"))
            return nil
        }
    }
}

private final class NumpySink: EmbeddingSink {
    private var description: Description
    private var array: NumpyWriter?
    private let beside: Unnamed

    init(_ model: any EmbeddingMetric, _ url: URL) throws {
        description = Description(model)
        array = try NumpyWriter(rowShape: [model.width], to: url)
        beside = try Unnamed(url.appendingPathExtension("json").path)
    }

    func add(_ outcome: FileOutcome) throws {
        if let values = description.add(outcome) { try array?.append(row: values) }
    }

    func finish() throws {
        try beside.append(Array(JSON.text(description).utf8))
        guard let array = array.take() else { return }
        try beside.commit()
        try array.commit()
    }
}

/// Components are kept in a file without a name until their number and the images' names are known, because the
/// format's header comes first.
private final class SafetensorsSink: EmbeddingSink {
    private var description: Description
    private let rows: Unnamed
    private let url: URL

    init(_ model: any EmbeddingMetric, _ url: URL) throws {
        description = Description(model)
        rows = try Unnamed(url.path)
        self.url = url
    }

    func add(_ outcome: FileOutcome) throws {
        if let values = description.add(outcome) { try rows.append(values.withUnsafeBytes(Array.init)) }
    }

    func finish() throws {
        let shape = Shape([description.images.count, description.width])
        let metadata = ["dreamsim": try JSON.text(description)]
        var embeddings = Tensor(zeros: [0, description.width])
        if shape.count > 0 {
            embeddings = try Tensor(mapping: URL(filePath: rows.temporaryPath), shape: shape)
        }
        try SafetensorsWriter.write([("embeddings", embeddings)], metadata: metadata, to: url)
    }
}

private final class TextSink: EmbeddingSink {
    private let format: EmbeddingFile.Format
    private let model: any EmbeddingMetric
    private let write: (String) throws -> Void
    private let end: () throws -> Void

    private struct Line: Encodable {
        var image: ImagePath
        var embedding: [Float]?
        var error: String?
        var model: String
        var weights: String
        /// Left out in float32.
        var precision: Precision?
        var calibration: String?
        var preprocessing: String
        var isNormalized: Bool
    }

    init(
        _ format: EmbeddingFile.Format, _ model: any EmbeddingMetric, write: @escaping (String) throws -> Void,
        finish: @escaping () throws -> Void
    ) throws {
        (self.format, self.model, self.write, end) = (format, model, write, finish)
        if format == .csv {
            try write(CSV.line(["image"] + CSV.stampColumns + (0..<model.width).map { "e\($0)" }))
        }
    }

    func add(_ outcome: FileOutcome) throws {
        guard format == .ndjson else {
            if let values = outcome.embedding?.values {
                try write(CSV.line([outcome.path.exact] + CSV.fields(of: model.stamp) + values.map { "\($0)" }))
            }
            return
        }
        var error: String?
        if case .failure(let failure) = outcome.result { error = "\(failure)" }
        let line = Line(
            image: outcome.path, embedding: outcome.embedding?.values, error: error, model: model.card.name,
            weights: model.stamp.weights, precision: model.stamp.precision, calibration: model.stamp.calibration,
            preprocessing: "\(model.preprocessing)",
            isNormalized: model.stamp.isNormalized)
        try write(JSON.line(line) + "\n")
    }

    func finish() throws { try end() }
}
