import DreamSimTensors

/// The description at the start of a `.npy` file: a Python dictionary written out as text.
struct NumpyHeader {
    let layout: TensorLayout
    /// The number of bytes of the elements.
    let byteCount: Int

    /// The longest header that is read; numpy itself reads 10,000 bytes.
    static let maximumLength = 1 << 16
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    /// Reads magic, version, length and text; the layout's offset is where the elements start.
    init(_ cursor: inout ByteCursor, limits: Checkpoint.Limits) throws(DreamSimError) {
        let magic = try cursor.take(6, "the magic of a .npy file")
        guard cursor.slice(magic).elementsEqual(Self.magic) else {
            throw cursor.fault(.malformed, at: 0, "not a .npy file: it does not start with \\x93NUMPY")
        }
        let major = try cursor.integer(UInt8.self, "the version")
        _ = try cursor.integer(UInt8.self, "the version")
        guard (1...3).contains(major) else {
            throw cursor.fault(.unsupported, at: 6, ".npy version \(major); versions 1 to 3 are read")
        }
        let length =
            major == 1
            ? try cursor.length(UInt16.self, "the header") : try cursor.length(UInt32.self, "the header")
        guard length <= Self.maximumLength else {
            throw cursor.fault(.limitExceeded, "a header of \(length) bytes; at most \(Self.maximumLength)")
        }
        let range = try cursor.take(length, "the header")
        guard let text = strictUTF8(cursor.slice(range)) else {
            throw cursor.fault(.malformed, at: range.lowerBound, "the header is not UTF-8")
        }
        var literal = PythonLiteral(text)
        guard let fields = literal.header() else {
            throw cursor.fault(
                .malformed, at: range.lowerBound, "the header is not a dict of descr, fortran_order and shape")
        }
        guard fields.type != "|O", fields.type != "O" else {
            throw cursor.fault(.refused, "the array holds pickled Python objects")
        }
        guard let type = NumpyType(fields.type) else {
            throw cursor.fault(.unsupported, "numpy dtype '\(fields.type)'; \(NumpyType.supported)")
        }
        guard fields.shape.count <= limits.rank, let shape = Shape(checking: fields.shape),
            case let (size, overflow) = shape.count.multipliedReportingOverflow(by: type.elementType.byteCount),
            !overflow
        else { throw cursor.fault(.malformed, at: range.lowerBound, "invalid shape \(fields.shape)") }
        byteCount = size
        layout = TensorLayout(
            type.elementType, shape,
            strides: fields.isFortran ? TensorLayout.columnMajorStrides(of: shape) : nil,
            byteOffset: range.upperBound, isBigEndian: type.isBigEndian)
    }
}

/// As much of Python's literals as the header of a `.npy` file is made of.
private struct PythonLiteral {
    private let text: [UInt8]
    private var place = 0

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    /// `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, keys in any order, each exactly once.
    mutating func header() -> (type: String, isFortran: Bool, shape: [Int])? {
        var type: String?
        var isFortran: Bool?
        var shape: [Int]?
        guard take("{") else { return nil }
        while !take("}") {
            guard let key = string(), take(":") else { return nil }
            switch key {
            case "descr" where type == nil:
                // A structured dtype is a list; it is reported as what it starts with.
                guard let name = string() ?? (peek() == UInt8(ascii: "[") ? "[structured]" : nil) else { return nil }
                if name == "[structured]" { return (name, false, []) }
                type = name
            case "fortran_order" where isFortran == nil:
                if take("True") { isFortran = true } else if take("False") { isFortran = false } else { return nil }
            case "shape" where shape == nil:
                guard let numbers = tuple() else { return nil }
                shape = numbers
            default: return nil
            }
            if !take(",") {
                guard take("}") else { return nil }
                break
            }
        }
        guard peek() == nil, let type, let isFortran, let shape else { return nil }
        return (type, isFortran, shape)
    }

    private mutating func tuple() -> [Int]? {
        guard take("(") else { return nil }
        var numbers: [Int] = []
        while !take(")") {
            guard let number = natural() else { return nil }
            numbers.append(number)
            if !take(",") {
                guard take(")") else { return nil }
                break
            }
        }
        return numbers
    }

    private mutating func natural() -> Int? {
        _ = peek()
        let start = place
        while place < text.count, JSONScanner.isDigit(text[place]) { place += 1 }
        let number = Int(String(decoding: text[start..<place], as: UTF8.self))
        // Python 2 marked long integers.
        if place < text.count, text[place] == UInt8(ascii: "L") { place += 1 }
        return number
    }

    private mutating func string() -> String? {
        guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        guard let end = text[(place + 1)...].firstIndex(of: quote) else { return nil }
        let content = text[(place + 1)..<end]
        guard !content.contains(UInt8(ascii: "\\")) else { return nil }
        place = end + 1
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func take(_ word: String) -> Bool {
        _ = peek()
        guard text[place...].starts(with: word.utf8) else { return false }
        place += word.utf8.count
        return true
    }

    private mutating func peek() -> UInt8? {
        while place < text.count {
            let byte = text[place]
            guard byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D else { return byte }
            place += 1
        }
        return nil
    }
}
