package import Foundation
import GRDB

/// What an index was made with.
package struct IndexSettings: Sendable, Encodable {
    /// The model, its weights, the preprocessing and the normalization.
    package let stamp: ModelStamp
    /// What the model was called when the index was made: a name of the catalog or the path of a file.
    package let source: String
    /// Which feature of it was asked for by name; nil for its own.
    package let feature: String?
    /// The updates that took the place of the model's own; nil for none.
    package let adapter: TuningFiles?
    /// The head that followed the model; nil for none.
    package let head: TuningFiles?
    /// The number of components of a vector.
    package let width: Int
    /// How vectors are kept.
    package let precision: VectorPrecision

    /// Describes an index that is to be made.
    /// - Parameters:
    ///   - model: what embeds the images.
    ///   - source: by which `PerceptualModel.load` finds it again.
    ///   - feature: which of its features was asked for by name.
    ///   - precision: how vectors are kept.
    package init(
        _ model: any EmbeddingMetric, source: String, feature: String? = nil, precision: VectorPrecision = .float16
    ) {
        self.init(stamp: model.stamp, source: source, feature: feature, width: model.width, precision: precision)
    }

    package init(
        stamp: ModelStamp, source: String, feature: String? = nil, adapter: TuningFiles? = nil,
        head: TuningFiles? = nil, width: Int, precision: VectorPrecision
    ) {
        self.stamp = stamp
        self.source = source
        self.feature = feature
        self.adapter = adapter
        self.head = head
        self.width = width
        self.precision = precision
    }

    /// Makes sure that vectors are kept as the index keeps them.
    /// - Throws: `DreamSimError` with `.incompatible`.
    func check(_ other: VectorPrecision, index: URL) throws(DreamSimError) {
        guard other != precision else { return }
        throw DreamSimError(
            .incompatible, index.path,
            "keeps its vectors in \(precision.rawValue), not \(other.rawValue); use the same, or another folder for the "
                + "index")
    }

    /// Makes sure that a model's embeddings can be compared with the index's.
    /// - Parameter acrossPrecisions: whether the precision may differ; such embeddings can be searched for, not added.
    /// - Throws: `DreamSimError` with `.incompatible`, saying what differs.
    package func check(_ other: ModelStamp, index: URL, acrossPrecisions: Bool = false) throws(DreamSimError) {
        guard !other.agrees(with: stamp, acrossPrecisions: acrossPrecisions) else { return }
        var differences: [String] = []
        func compare(_ what: String, _ mine: String, _ theirs: String) {
            if mine != theirs { differences.append("\(what) \(mine), not \(theirs)") }
        }
        compare("model", stamp.model, other.model)
        compare("weights", stamp.shortWeights, other.shortWeights)
        compare("preprocessing", "\(stamp.preprocessing)", "\(other.preprocessing)")
        compare("embeddings", stamp.isNormalized ? "normalized" : "raw", other.isNormalized ? "normalized" : "raw")
        // Limits of decoding are part of the stamp but not of its text.
        if differences.isEmpty { differences = ["other limits of decoding"] }
        throw DreamSimError(
            .incompatible, index.path,
            "was made with \(differences.joined(separator: "; ")); use the same, or another folder for the index")
    }
}

/// The settings as the database keeps them, with the state of the vectors.
struct StoredSettings {
    let settings: IndexSettings
    let generation: Int
    let vectors: String
    let rows: Int

    /// Reads the settings; nil when the index was never finished being made.
    init?(_ db: Database, path: String) throws {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM setting") else { return nil }
        let (stamp, precision): (String, String) = (try row.value("stamp"), try row.value("precision"))
        guard let stamp = try? JSONDecoder().decode(ModelStamp.self, from: Data(stamp.utf8)),
            let precision = VectorPrecision(rawValue: precision)
        else { throw DreamSimError(.damaged, path, "its settings cannot be understood; index the images again") }
        func files(_ column: String) throws -> TuningFiles? {
            // An index of the first schema, opened for reading, has no such columns.
            guard let text: String = try row.value(column) else { return nil }
            guard let files = try? JSONDecoder().decode(TuningFiles.self, from: Data(text.utf8)) else {
                throw DreamSimError(.damaged, path, "its settings cannot be understood; index the images again")
            }
            return files
        }
        settings = IndexSettings(
            stamp: stamp, source: try row.value("source"), feature: try row.value("feature"),
            adapter: try files("adapter"),
            head: try files("head"), width: try row.value("width"), precision: precision)
        generation = try row.value("generation")
        vectors = try row.value("vectors")
        rows = try row.value("rows")
        guard !vectors.contains("/"), rows >= 0, (0..<Int.max).contains(generation) else {
            throw DreamSimError(.damaged, path, "its settings cannot be understood; index the images again")
        }
    }
}
