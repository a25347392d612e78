extension StoredTensor {
    /// The elements in double precision, row-major: float64 as they are, everything else as `load()` gives it.
    /// - Throws: `.malformed` when a compressed archive member proves damaged.
    package func loadDoubles() throws(DreamSimError) -> [Double] {
        guard elementType == .float64 else {
            return try load().withUnsafeBufferPointer { $0.map(Double.init) }
        }
        let (layout, count) = (layout, shape.count)
        return try source.withBytes { (bytes) throws(DreamSimError) in
            guard count == 0 || holds(bytes.count) else {
                throw DreamSimError(.malformed, path, key: name, "the tensor's bytes are cut off")
            }
            return [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
                let swap = layout.isBigEndian
                ElementDecoder.forEachRow(of: layout) { row, start, length, stride in
                    for i in 0..<length {
                        let bits = bytes.loadUnaligned(
                            fromByteOffset: layout.byteOffset + (start + i * stride) * 8, as: UInt64.self)
                        (buffer.baseAddress! + row + i)
                            .initialize(to: Double(bitPattern: swap ? bits.byteSwapped : bits))
                    }
                }
                initialized = count
            }
        }
    }
}
