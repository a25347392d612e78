/// What became of one pair of files.
public struct PairOutcome: Sendable {
    /// The pair's place in what was asked for, from 0.
    public let index: Int
    /// The pair; nil when it was not known, as for a broken row of a table.
    public let pair: ImagePair?
    /// A value, or the reason for none, of each metric in their order; or why there are none at all.
    public let result: Result<[Result<Double, any Error>], PairFailure>
    /// What was passed over in the files without harm, each with the file's name; only where the file was read.
    public let warnings: [String]

    /// A value, or the reason for none, of each metric in their order.
    /// - Throws: why there are none at all: `DreamSimError` for a file that cannot be read.
    public var values: [Result<Double, any Error>] {
        get throws { try result.mapError(\.error).get() }
    }

    /// Joins a pair with what became of it.
    public init(
        index: Int, pair: ImagePair?, result: Result<[Result<Double, any Error>], PairFailure>, warnings: [String]
    ) {
        self.index = index
        self.pair = pair
        self.result = result
        self.warnings = warnings
    }
}

/// Why a pair has no values.
public struct PairFailure: Error, Sendable, CustomStringConvertible {
    /// The file that is to blame; nil when none is.
    public let image: ImagePath?
    /// What is wrong and what to do, with the file's name.
    public let error: any Error

    /// Says what is wrong.
    public init(image: ImagePath?, error: any Error) {
        self.image = image
        self.error = error
    }

    /// The same as the error's.
    public var description: String { "\(error)" }
}
