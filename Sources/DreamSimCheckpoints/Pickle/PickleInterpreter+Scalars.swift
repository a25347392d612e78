/// Numbers, texts, bytes and names.
extension PickleInterpreter {
    mutating func pushNumber(_ opcode: PickleOpcode) throws(DreamSimError) {
        switch opcode {
        case .binaryInt: push(.integer(Int(try cursor.integer(Int32.self, "an integer"))))
        case .binaryInt1: push(.integer(Int(try cursor.integer(UInt8.self, "an integer"))))
        case .binaryInt2: push(.integer(Int(try cursor.integer(UInt16.self, "an integer"))))
        case .long1: try pushLong(try cursor.length(UInt8.self, "an integer"))
        case .long4: try pushLong(try cursor.length(Int32.self, "an integer"))
        default:
            // The one big-endian number of the format.
            let bits = try cursor.integer(UInt64.self, "a float")
            push(.real(Double(bitPattern: bits.byteSwapped)))
        }
    }

    private mutating func pushLong(_ count: Int) throws(DreamSimError) {
        guard count <= limits.longBytes, count <= 16 else {
            throw cursor.fault(.limitExceeded, "an integer of \(count) bytes; the limit is \(limits.longBytes)")
        }
        let bytes = cursor.slice(try cursor.take(count, "an integer"))
        // Two's complement, least significant byte first.
        var value: Int128 = bytes.last.map { $0 >= 0x80 } == true ? -1 : 0
        for byte in bytes.reversed() {
            value = value << 8 | Int128(byte)
        }
        push(Int(exactly: value).map { .integer($0) } ?? .wide(value))
    }

    mutating func pushText(_ opcode: PickleOpcode) throws(DreamSimError) {
        let place = cursor.position
        let length: Int
        switch opcode {
        case .shortBinaryString, .shortBinaryUnicode: length = try cursor.length(UInt8.self, "a string")
        case .binaryString: length = try cursor.length(Int32.self, "a string")
        case .binaryUnicode8: length = try cursor.length(UInt64.self, "a string")
        default: length = try cursor.length(UInt32.self, "a string")
        }
        let range = try cursor.take(length, "a string")
        if let text = strictUTF8(cursor.slice(range)) {
            push(.string(text))
        } else if opcode == .binaryString || opcode == .shortBinaryString {
            // Python 2 wrote its byte strings so: text mostly, and the raw data of arrays.
            makeBytes(.window(range))
        } else {
            throw cursor.fault(.malformed, at: place, "a string is not UTF-8")
        }
    }

    mutating func pushBytes(_ opcode: PickleOpcode) throws(DreamSimError) {
        let length: Int
        switch opcode {
        case .shortBinaryBytes: length = try cursor.length(UInt8.self, "a byte string")
        case .binaryBytes: length = try cursor.length(UInt32.self, "a byte string")
        default: length = try cursor.length(UInt64.self, "a byte string")
        }
        makeBytes(.window(try cursor.take(length, "a byte string")))
    }

    /// GLOBAL: two lines of text, the module and the name.
    mutating func pushGlobal(at place: Int) throws(DreamSimError) {
        let module = try line("a module's name")
        try pushGlobal(module: module, name: try line("a global's name"), at: place)
    }

    /// STACK_GLOBAL: the same from two strings, which may come out of the memo.
    mutating func pushStackGlobal(at place: Int) throws(DreamSimError) {
        let name = try pop()
        let module = try pop()
        guard case .string(let module) = module, case .string(let name) = name else {
            throw cursor.fault(.malformed, at: place, "a global is named by \(module.kindName) and \(name.kindName)")
        }
        try pushGlobal(module: module, name: name, at: place)
    }

    private mutating func pushGlobal(module: String, name: String, at place: Int) throws(DreamSimError) {
        guard let global = PickleGlobal(module: module, name: name) else {
            let full = (module + "." + name).prefix(200)
            throw DreamSimError(
                .refused, cursor.path, key: String(full), offset: cursor.origin + place,
                "the pickle names '\(full)', which is not on the list of harmless names, so the file is refused; "
                    + "a checkpoint needs tensors and plain values only: save its state_dict, best as safetensors")
        }
        push(.global(global))
    }

    private mutating func line(_ what: String) throws(DreamSimError) -> String {
        let start = cursor.position
        while let byte = cursor.peek, byte != 0x0A {
            guard cursor.position - start < 1024 else {
                throw cursor.fault(.limitExceeded, at: start, "\(what) is longer than 1024 bytes")
            }
            cursor.skip()
        }
        let range = start..<cursor.position
        guard !cursor.isAtEnd else { throw cursor.fault(.malformed, at: start, "\(what) is cut off") }
        cursor.skip()
        guard let text = strictUTF8(cursor.slice(range)) else {
            throw cursor.fault(.malformed, at: start, "\(what) is not UTF-8")
        }
        return text
    }
}
