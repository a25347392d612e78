/// The embeddings of a set of images, one row an image, for scores of sets.
///
/// Rows are kept as they came, float32 or float64; scores compute in double precision.
public struct SetVectors: Sendable {
    enum Storage: Sendable {
        /// [count, width]
        case single(Tensor)
        /// Row-major [count, width].
        case double([Double])
    }

    /// What the set is called in reports and errors.
    public let name: String
    /// The number of rows.
    public let count: Int
    /// The number of components.
    public let width: Int
    /// The images, one a row; empty where they are not known.
    public let images: [ImagePath]
    /// The images that could not be read, and are left out.
    public let failures: [ComparisonReport.Failure]
    /// What made the embeddings; nil where it is not known.
    public let stamp: ModelStamp?
    let storage: Storage

    /// Takes rows of float32.
    /// - Parameters:
    ///   - rows: [N, D], finite.
    ///   - images: one a row, or none.
    ///   - failures: images that are left out.
    ///   - stamp: what made the embeddings, where it is known.
    /// - Throws: `DreamSimError`: `.badValue` for a shape that is not [N, D], or a row with a NaN or an infinity, which it names.
    public init(
        _ rows: Tensor, name: String, images: [ImagePath] = [], failures: [ComparisonReport.Failure] = [],
        stamp: ModelStamp? = nil
    ) throws(DreamSimError) {
        guard rows.shape.rank == 2, rows.shape[1] > 0 else {
            throw DreamSimError(.badValue, name, "has shape \(rows.shape); give one row an image, [N, D]")
        }
        try self.init(
            .single(rows), name: name, count: rows.shape[0], width: rows.shape[1], images: images, failures: failures,
            stamp: stamp)
    }

    /// Takes rows of float64.
    /// - Parameters:
    ///   - doubles: row-major, finite; as many as rows have components together.
    ///   - width: the number of components of a row.
    /// - Throws: as with rows of float32.
    public init(
        doubles: [Double], width: Int, name: String, images: [ImagePath] = [],
        failures: [ComparisonReport.Failure] = [], stamp: ModelStamp? = nil
    ) throws(DreamSimError) {
        guard width > 0, doubles.count.isMultiple(of: width) else {
            throw DreamSimError(.badValue, name, "has \(doubles.count) numbers, which are no rows of \(width)")
        }
        try self.init(
            .double(doubles), name: name, count: doubles.count / width, width: width, images: images,
            failures: failures, stamp: stamp)
    }

    /// Takes embeddings of one kind.
    /// - Throws: `DreamSimError`: `.empty` when there are none, `.incomparable` when their stamps differ, `.badValue` for a NaN.
    public init(_ embeddings: [Embedding], name: String, images: [ImagePath] = []) throws(DreamSimError) {
        guard let first = embeddings.first else { throw DreamSimError(.empty, name, "holds no embedding") }
        if let other = embeddings.first(where: { $0.stamp != first.stamp || $0.values.count != first.values.count }) {
            throw DreamSimError(
                .incomparable, name, "holds embeddings by \(first.stamp) and by \(other.stamp); embed all the same way")
        }
        let width = first.values.count
        try self.init(
            Tensor(embeddings.flatMap(\.values), shape: [embeddings.count, width]), name: name, images: images,
            stamp: first.stamp)
    }

    private init(
        _ storage: Storage, name: String, count: Int, width: Int, images: [ImagePath],
        failures: [ComparisonReport.Failure], stamp: ModelStamp?
    ) throws(DreamSimError) {
        guard images.isEmpty || images.count == count else {
            throw DreamSimError(.mismatch, name, "has \(count) rows for \(images.count) images")
        }
        (self.storage, self.name, self.count, self.width) = (storage, name, count, width)
        (self.images, self.failures, self.stamp) = (images, failures, stamp)
        if let row = firstRowThatIsNotFinite {
            throw DreamSimError(
                .badValue, name,
                "row \(row)\(images.isEmpty ? "" : " (\(images[row]))") holds a NaN or an infinity; "
                    + "leave that row out")
        }
    }

    /// From 0; nil when all numbers are finite.
    private var firstRowThatIsNotFinite: Int? {
        switch storage {
        case .single(let rows):
            guard !rows.isFinite else { return nil }
            return rows.withUnsafeBufferPointer { $0.firstIndex { !$0.isFinite } }.map { $0 / width }
        case .double(let values): return values.firstIndex { !$0.isFinite }.map { $0 / width }
        }
    }

    /// Calls a closure with the rows, to be read.
    func withRows<R>(_ body: (Rows) throws -> R) rethrows -> R {
        switch storage {
        case .single(let rows):
            try rows.withUnsafeBufferPointer { try body(Rows(single: $0.baseAddress, double: nil, width: width)) }
        case .double(let values):
            try values.withUnsafeBufferPointer { try body(Rows(single: nil, double: $0.baseAddress, width: width)) }
        }
    }

    /// Rows of either precision. For kernel files only.
    ///
    /// `@unchecked Sendable`: read-only memory that outlives the closure that gets this.
    struct Rows: @unchecked Sendable {
        fileprivate let single: UnsafePointer<Float>?
        fileprivate let double: UnsafePointer<Double>?
        let width: Int

        /// Copies rows, in double precision, less a vector.
        func copy(
            _ range: Range<Int>, less center: UnsafePointer<Double>? = nil, to target: UnsafeMutablePointer<Double>
        ) {
            for row in range {
                let (source, into) = (row * width, target + (row - range.lowerBound) * width)
                if let single {
                    for i in 0..<width { into[i] = Double(single[source + i]) }
                } else if let double {
                    for i in 0..<width { into[i] = double[source + i] }
                }
                if let center { for i in 0..<width { into[i] -= center[i] } }
            }
        }

        /// The squared Euclidean distance of two rows, in double precision.
        func squaredDistance(_ row: Int, _ others: Rows, _ other: Int) -> Double {
            let (a, b) = (row * width, other * width)
            if let x = single {
                if let y = others.single { return Self.squares(x + a, y + b, width) }
                if let y = others.double { return Self.squares(x + a, y + b, width) }
            } else if let x = double {
                if let y = others.single { return Self.squares(x + a, y + b, width) }
                if let y = others.double { return Self.squares(x + a, y + b, width) }
            }
            return 0
        }

        @inline(__always)
        private static func squares<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(
            _ x: UnsafePointer<A>, _ y: UnsafePointer<B>, _ count: Int
        ) -> Double {
            // Several sums, so that the additions do not wait for each other.
            var sums = (0.0, 0.0, 0.0, 0.0)
            var i = 0
            while i + 4 <= count {
                let d0 = Double(x[i]) - Double(y[i])
                let d1 = Double(x[i + 1]) - Double(y[i + 1])
                let d2 = Double(x[i + 2]) - Double(y[i + 2])
                let d3 = Double(x[i + 3]) - Double(y[i + 3])
                sums = (sums.0 + d0 * d0, sums.1 + d1 * d1, sums.2 + d2 * d2, sums.3 + d3 * d3)
                i += 4
            }
            while i < count {
                let d = Double(x[i]) - Double(y[i])
                sums.0 += d * d
                i += 1
            }
            return (sums.0 + sums.1) + (sums.2 + sums.3)
        }
    }
}
