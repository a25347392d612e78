/// The layouts in which an index is exported and imported.
package enum InterchangeFormat: String, Sendable, CaseIterable {
    /// A folder as of clip-retrieval: `img_emb/img_emb_0.npy` with the vectors and `metadata/metadata_0.ndjson` with a line
    /// of JSON for each, in pieces of a million; and `stamp.json`. clip-retrieval itself keeps its metadata as Parquet,
    /// which is neither written nor read here.
    case npy
    /// `NAME.safetensors` with a tensor `embeddings` and what made it, and `NAME.ndjson` with a line for each row.
    case safetensors
    /// `NAME.csv`, a line for each file with its vector, and `NAME.csv.stamp.json`.
    case csv
    /// `NAME.ndjson`, a line of JSON for each file with its vector, and `NAME.ndjson.stamp.json`.
    case ndjson
}
