package import DreamSimTensors

/// One tensor of a file: type and shape are known at once, elements are read on demand.
package struct StoredTensor: Sendable {
    /// The name, with '.' between the keys of nested dictionaries.
    package let name: String
    let layout: TensorLayout
    let source: ByteSource
    let path: String

    /// - Precondition: every element of the layout lies within the source; readers check that first.
    init(name: String, layout: TensorLayout, source: ByteSource, path: String) {
        self.name = name
        self.layout = layout
        self.source = source
        self.path = path
    }

    /// The extents, outermost first.
    package var shape: Shape { layout.shape }

    /// How the elements are written in the file.
    package var elementType: ElementType { layout.elementType }

    /// The elements as float32, row-major.
    ///
    /// A window into the mapped file without any copy when the file holds them as aligned, row-major, little-endian
    /// float32; otherwise converted, which takes time and memory in proportion to their number. Integers beyond 2^24
    /// and float64 values are rounded to nearest; float64 values beyond float32's range become infinite.
    /// - Throws: `.malformed` when a compressed archive member proves damaged.
    package func load() throws(DreamSimError) -> Tensor {
        if let window = mappedWindow { return window }
        return try source.withBytes { (bytes) throws(DreamSimError) in
            guard holds(bytes.count) else {
                throw DreamSimError(.malformed, path, key: name, "the tensor's bytes are cut off")
            }
            return Tensor(uninitialized: shape) { ElementDecoder.decode(bytes, layout, into: $0) }
        }
    }

    /// The elements as they are, when the file holds them as IEEE 754 binary16, aligned, row-major and little-endian: a
    /// window into the mapped file. Otherwise nil.
    package var half: HalfTensor? {
        guard elementType == .float16, let (first, file) = window(alignment: MemoryLayout<UInt16>.alignment)
        else { return nil }
        return HalfTensor(
            borrowing: first.bindMemory(to: UInt16.self, capacity: shape.count), shape: shape, owner: file)
    }

    /// The elements as they are, when the file holds them as integers of 16 or 8 bits with a sign, aligned, row-major and
    /// little-endian: a window into the mapped file. Otherwise nil.
    package var integers: IntegerTensor? {
        let precision: Precision
        switch elementType {
        case .int16: precision = .int16
        case .int8: precision = .int8
        default: return nil
        }
        guard let (first, file) = window(alignment: elementType.byteCount) else { return nil }
        return IntegerTensor(borrowing: first, shape: shape, precision, owner: file)
    }

    /// The elements of a one-byte type as they are, row-major.
    /// - Throws: `.mismatch` for any other type than `U8`, `I8` and `BOOL`.
    package func loadBytes() throws(DreamSimError) -> [UInt8] {
        guard elementType.byteCount == 1 else {
            throw DreamSimError(
                .mismatch, path, key: name, "holds \(elementType.rawValue); raw bytes are read of U8, I8, BOOL")
        }
        return try source.withBytes { (bytes) throws(DreamSimError) in
            guard holds(bytes.count) else {
                throw DreamSimError(.malformed, path, key: name, "the tensor's bytes are cut off")
            }
            return [UInt8](unsafeUninitializedCapacity: shape.count) { buffer, count in
                ElementDecoder.forEachRow(of: layout) { row, start, length, stride in
                    for i in 0..<length {
                        (buffer.baseAddress! + row + i).initialize(to: bytes[layout.byteOffset + start + i * stride])
                    }
                }
                count = shape.count
            }
        }
    }

    /// True when the tensor can be read in place, without a copy.
    package var isZeroCopy: Bool { mappedWindow != nil }

    private var mappedWindow: Tensor? {
        guard elementType == .float32, let (first, file) = window(alignment: MemoryLayout<Float>.alignment)
        else { return nil }
        let pointer = first.bindMemory(to: Float.self, capacity: shape.count)
        return Tensor(borrowing: pointer, shape: shape, owner: file)
    }

    /// The elements as they lie in the mapped file; nil when they must be rearranged, or there are none.
    private func window(alignment: Int) -> (UnsafeRawPointer, MappedFile)? {
        guard case .mapped(let file, let range) = source, layout.strides == nil, !layout.isBigEndian, shape.count > 0,
            holds(range.count), let base = file.bytes.baseAddress
        else { return nil }
        let first = base + range.lowerBound + layout.byteOffset
        return Int(bitPattern: first).isMultiple(of: alignment) ? (first, file) : nil
    }

    // The readers have checked this already; it is repeated where memory is touched because it costs nothing there.
    func holds(_ count: Int) -> Bool {
        guard shape.count > 0 else { return true }
        let strides = layout.strides
        guard let extent = strides.map({ TensorLayout.extent(of: shape, strides: $0) }) ?? shape.count else {
            return false
        }
        let (size, overflow) = extent.multipliedReportingOverflow(by: elementType.byteCount)
        let (end, carry) = size.addingReportingOverflow(layout.byteOffset)
        return !overflow && !carry && end <= count
    }
}
