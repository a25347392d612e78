extension DreamSimError {
    /// The sorts of faults.
    public enum Kind: Hashable, Sendable {
        // Files

        /// A file or folder cannot be opened or read, or is of another sort than what is asked for.
        case unreadable
        /// A file or folder cannot be written: a missing folder, a full disk, no permission.
        case unwritable
        /// The disk is full.
        case diskFull
        /// A file or folder cannot be looked at, moved or removed.
        case fileSystem
        /// The bytes break the rules of their format.
        case malformed
        /// The file ends too early.
        case truncated
        /// The format, or one of its features, is not supported.
        case unsupported
        /// The file is sound but holds something that is refused, such as a pickle that names a function.
        case refused
        /// A stated limit would be exceeded: size, depth, number of items.
        case limitExceeded
        /// What is asked for is not there.
        case missing
        /// What is there is not what was expected: a shape, a type, a size, a digest.
        case mismatch

        // Settings and requests

        /// A setting or request that has no meaning, or that the model cannot work with.
        case badSetting
        /// A value that cannot be: votes out of range, a word where a number must be.
        case badValue
        /// A row or entry that says the same as another.
        case duplicate
        /// A query, a filter or a setting that has no meaning for an index.
        case badRequest
        /// Nothing is left to work on: an empty file, a split without rows.
        case empty

        // Weights and models

        /// No model or metric has that name.
        case unknownModel
        /// A model's weights are not on this machine.
        case weightsMissing
        /// A file of weights is damaged, or not the one that was published.
        case badWeights
        /// A description of a user's own model cannot be used.
        case badDescription
        /// A merged file is broken or of another version.
        case badMergedFile
        /// A weight that the architecture needs is absent.
        case missingWeight
        /// The file holds weights that the architecture has no place for.
        case unexpectedWeight
        /// A weight has another shape than the architecture gives it.
        case shapeMismatch
        /// The key names follow none of the known conventions, or several networks could be meant.
        case unknownLayout
        /// An adapter that is broken, of another kind, or made for another base.
        case badAdapter
        /// A head that is broken, or made for another model.
        case badHead
        /// A name or a setting that does not describe a network.
        case badConfiguration
        /// Embeddings or images that cannot be compared: of different models, preprocessing or sizes.
        case incomparable

        // Fetching

        /// Files are missing and the network may not be used.
        case offline
        /// The server cannot be reached, or answers with an error.
        case network
        /// The download stopped half way; what is there is kept.
        case interrupted
        /// The archive is damaged or hostile.
        case archive
        /// Python or pip is missing or failed.
        case python
        /// The task was cancelled; what is there is kept.
        case cancelled

        // Tables, evaluation and training

        /// A table that cannot be used.
        case badTable
        /// A table lacks a column.
        case missingColumn
        /// A file that says what a metric's numbers mean cannot be used.
        case badProfile
        /// A judgment had to be passed over, and that was not allowed.
        case skipped
        /// A wanted precision is not reached by any threshold.
        case unreachable
        /// Images or judgments that make no batch.
        case badBatch
        /// A loss or a gradient became NaN or infinite.
        case diverged
        /// A checkpoint that is broken, or of another run.
        case badCheckpoint

        // Indexes

        /// Another process is writing the same index or cache.
        case locked
        /// The index was made with another model, other weights, another preprocessing or normalization.
        case incompatible
        /// The file was made by a newer version of the program.
        case newerVersion
        /// A file of the index is cut short, changed or no longer fits the others.
        case damaged
    }
}
