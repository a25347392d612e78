import DreamSimTensors

/// numpy's arrays, dtypes and scalars, read as data.
extension PickleInterpreter {
    mutating func makeNumpy(
        _ global: PickleGlobal, _ values: [PickleValue], at place: Int
    ) throws(DreamSimError) {
        switch global {
        case .numpyType:
            guard case .string(let text)? = values.first else {
                throw cursor.fault(.malformed, at: place, "a numpy dtype without a name")
            }
            guard let type = NumpyType(text) else {
                throw cursor.fault(.unsupported, at: place, "numpy dtype '\(text)'; \(NumpyType.supported)")
            }
            heap.numpyTypes.append(type)
            push(.numpyType(heap.numpyTypes.count - 1))
        case .numpyReconstruct:
            guard case .global(.numpyArray)? = values.first else {
                throw cursor.fault(.refused, at: place, "numpy reconstructs something else than an ndarray")
            }
            heap.arrays.append(PickledArray())
            push(.array(heap.arrays.count - 1))
        default: push(try scalar(values, at: place))
        }
    }

    private func scalar(_ values: [PickleValue], at place: Int) throws(DreamSimError) -> PickleValue {
        guard values.count == 2, case .numpyType(let type) = values[0], case .bytes(let bytes) = values[1] else {
            throw cursor.fault(.malformed, at: place, "a numpy scalar needs a dtype and its bytes")
        }
        let numpyType = heap.numpyTypes[type]
        guard heap.bytes[bytes].count == numpyType.elementType.byteCount else {
            throw cursor.fault(.malformed, at: place, "a numpy scalar has the wrong number of bytes")
        }
        return withBytes(heap.bytes[bytes]) { bytes in
            var word = UInt64(0)
            for byte in numpyType.isBigEndian ? Array(bytes) : bytes.reversed() {
                word = word << 8 | UInt64(byte)
            }
            switch numpyType.elementType {
            case .float64: return .real(Double(bitPattern: word))
            case .float32: return .real(Double(Float(bitPattern: UInt32(truncatingIfNeeded: word))))
            case .float16: return .real(Double(ElementDecoder.float(half: UInt16(truncatingIfNeeded: word))))
            case .bfloat16: return .inert
            case .int64: return .integer(Int(Int64(bitPattern: word)))
            case .int32: return .integer(Int(Int32(truncatingIfNeeded: word)))
            case .int16: return .integer(Int(Int16(truncatingIfNeeded: word)))
            case .int8: return .integer(Int(Int8(truncatingIfNeeded: word)))
            case .uint64, .uint32, .uint16, .uint8:
                return Int(exactly: word).map { .integer($0) } ?? .wide(Int128(word))
            case .bool: return .bool(word != 0)
            }
        }
    }

    /// The state of a dtype: `(version, byte order, ...)`; only plain numbers are understood.
    mutating func setNumpyType(_ index: Int, _ state: PickleValue, at place: Int) throws(DreamSimError) {
        guard let items = sequence(state), items.count >= 5, items.count <= 16, case .string(let order) = items[1]
        else { throw cursor.fault(.malformed, at: place, "the state of a numpy dtype is not understood") }
        for item in items[2...4] {
            guard case .null = item else {
                throw cursor.fault(.unsupported, at: place, "a structured numpy dtype; \(NumpyType.supported)")
            }
        }
        guard ["<", ">", "|", "="].contains(order) else {
            throw cursor.fault(.malformed, at: place, "a numpy dtype of byte order '\(order)'")
        }
        heap.numpyTypes[index].isBigEndian = order == ">" && heap.numpyTypes[index].elementType.byteCount > 1
    }

    /// The state of an array: `(version, shape, dtype, is Fortran, bytes)`.
    mutating func setArray(_ index: Int, _ state: PickleValue, at place: Int) throws(DreamSimError) {
        guard let items = sequence(state), items.count == 5, case .numpyType(let type) = items[2],
            case .bool(let isFortran) = items[3]
        else { throw cursor.fault(.malformed, at: place, "the state of a numpy array is not understood") }
        // An array whose bytes happen to be ASCII was written by Python 2 as a string; it cannot be told from text.
        guard case .bytes(let bytes) = items[4] else {
            throw cursor.fault(
                .unsupported, at: place, "the content of a numpy array is \(items[4].kindName), not bytes")
        }
        let numpyType = heap.numpyTypes[type]
        let dimensions = try integers(items[1], "the shape of an array", at: place)
        guard let shape = Shape(checking: dimensions),
            case let (size, overflow) = shape.count.multipliedReportingOverflow(by: numpyType.elementType.byteCount),
            !overflow
        else { throw cursor.fault(.malformed, at: place, "invalid shape \(dimensions)") }
        let count = heap.bytes[bytes].count
        guard count == size else {
            throw cursor.fault(
                .malformed, at: place,
                "an array of shape \(shape) and \(numpyType.elementType.rawValue) needs \(size) bytes, not \(count)")
        }
        let layout = TensorLayout(
            numpyType.elementType, shape,
            strides: isFortran ? TensorLayout.columnMajorStrides(of: shape) : nil, isBigEndian: numpyType.isBigEndian)
        heap.arrays[index].content = (layout, heap.bytes[bytes])
    }

    private func withBytes<R>(_ bytes: PickledBytes, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        switch bytes {
        case .window(let range): body(cursor.slice(range))
        case .decoded(let shared): shared.bytes.withUnsafeBytes(body)
        }
    }
}
