/// The extents of a row-major array, outermost first. An empty list is a scalar.
public struct Shape: Hashable, Sendable {
    /// The extents, outermost first; each is zero or more.
    public let dimensions: [Int]
    /// The number of elements: the product of the extents.
    public let count: Int

    /// Makes a shape from extents that the program itself chose.
    /// - Precondition: no extent is negative and the product fits in `Int`.
    public init(_ dimensions: [Int]) {
        guard let shape = Shape(checking: dimensions) else {
            preconditionFailure("not a shape: \(dimensions)")
        }
        self = shape
    }

    /// Makes a shape from extents read from a file or a request.
    /// - Returns: nil when an extent is negative or the number of elements overflows `Int`.
    public init?(checking dimensions: [Int]) {
        var count = 1
        var hasZero = false
        for extent in dimensions {
            guard extent >= 0 else { return nil }
            if extent == 0 {
                hasZero = true
                continue
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            count = product
        }
        self.dimensions = dimensions
        self.count = hasZero ? 0 : count
    }

    /// The number of dimensions.
    public var rank: Int { dimensions.count }

    /// The extent of one dimension; a negative index counts from the innermost.
    public subscript(index: Int) -> Int {
        dimensions[index < 0 ? dimensions.count + index : index]
    }
}

extension Shape: ExpressibleByArrayLiteral {
    /// Makes a shape from literal extents.
    public init(arrayLiteral elements: Int...) {
        self.init(elements)
    }
}

extension Shape: CustomStringConvertible {
    /// The extents as the field writes them, such as `[2, 197, 768]`.
    public var description: String {
        "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
    }
}
