import DreamSimTensors

/// Reads a pickle as data: strings, numbers, containers, and tensors described by a few allowed names.
///
/// A pickle is a program for a stack machine. This machine has no way to import, call or construct anything; the
/// names on the allow-list (`PickleGlobal`) stand for data that `PickleInterpreter+Objects` puts together. Memory stays
/// in proportion to the pickle: each instruction makes at most one value, and copies are charged as instructions.
struct PickleInterpreter {
    var cursor: ByteCursor
    let limits: Checkpoint.Limits
    var heap = PickleHeap()
    private(set) var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var work = 0
    private var windowBytes = 0
    private var decodedBytes = 0

    init(_ cursor: ByteCursor, limits: Checkpoint.Limits) {
        self.cursor = cursor
        self.limits = limits
    }

    /// Runs one pickle from the cursor to its STOP and returns its value. The heap is kept between pickles of a file.
    mutating func run() throws(DreamSimError) -> PickleValue {
        stack = []
        marks = []
        memo = [:]
        let start = cursor.position
        let windowStart = windowBytes
        while true {
            try charge(1)
            let place = cursor.position
            let code = try cursor.integer(UInt8.self, "the pickle's next instruction")
            guard cursor.position - start - (windowBytes - windowStart) <= limits.pickleBytes else {
                throw cursor.fault(.limitExceeded, "the pickle is longer than the limit of \(limits.pickleBytes) bytes")
            }
            guard let opcode = PickleOpcode(rawValue: code) else {
                throw cursor.fault(
                    .unsupported, at: place, "pickle instruction \(code) is none that protocols 2 to 5 write")
            }
            if opcode == .stop {
                let value = try pop()
                guard stack.isEmpty, marks.isEmpty else {
                    throw cursor.fault(.malformed, at: place, "the pickle ends with \(stack.count) values left over")
                }
                return value
            }
            try execute(opcode, at: place)
        }
    }

    // MARK: The stack

    mutating func push(_ value: PickleValue) {
        stack.append(value)
    }

    mutating func pop() throws(DreamSimError) -> PickleValue {
        guard stack.count > marks.last ?? 0, let value = stack.popLast() else { throw underflow }
        return value
    }

    /// Pops everything above the last mark.
    mutating func popToMark() throws(DreamSimError) -> [PickleValue] {
        guard let mark = marks.popLast() else {
            throw cursor.fault(.malformed, "an instruction needs a mark that was never set")
        }
        let values = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return values
    }

    private func top() throws(DreamSimError) -> PickleValue {
        guard stack.count > marks.last ?? 0, let value = stack.last else { throw underflow }
        return value
    }

    private var underflow: DreamSimError {
        cursor.fault(.malformed, "an instruction takes more values than the pickle's stack holds")
    }

    /// Counts instructions, and copies of many values as if they were as many instructions.
    mutating func charge(_ count: Int) throws(DreamSimError) {
        work += count
        guard work <= limits.opcodes else {
            throw cursor.fault(.limitExceeded, "the pickle has more than \(limits.opcodes) instructions")
        }
    }

    /// Counts bytes that are decoded rather than left where they lie.
    mutating func chargeDecoded(_ count: Int) throws(DreamSimError) {
        decodedBytes += count
        guard decodedBytes <= limits.decodedBytes else {
            throw cursor.fault(.limitExceeded, "the pickle decodes more than \(limits.decodedBytes) bytes")
        }
    }

    // MARK: Instructions

    private mutating func execute(_ opcode: PickleOpcode, at place: Int) throws(DreamSimError) {
        switch opcode {
        case .proto:
            let version = try cursor.integer(UInt8.self, "the protocol number")
            guard (2...5).contains(version) else {
                throw cursor.fault(.unsupported, at: place, "pickle protocol \(version); protocols 2 to 5 are read")
            }
        case .frame:
            let length = try cursor.length(UInt64.self, "a frame")
            guard length <= cursor.remaining else {
                throw cursor.fault(.malformed, at: place, "a frame of \(length) bytes is cut off")
            }
        case .stop: break
        case .mark: marks.append(stack.count)
        case .pop:
            if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
        case .popMark: _ = try popToMark()
        case .duplicate: push(try top())
        case .null: push(.null)
        case .newTrue: push(.bool(true))
        case .newFalse: push(.bool(false))
        case .binaryInt, .binaryInt1, .binaryInt2, .long1, .long4, .binaryFloat: try pushNumber(opcode)
        case .binaryString, .shortBinaryString, .binaryUnicode, .shortBinaryUnicode, .binaryUnicode8:
            try pushText(opcode)
        case .binaryBytes, .shortBinaryBytes, .binaryBytes8, .byteArray8: try pushBytes(opcode)
        case .emptyList, .emptySet: makeList([])
        case .list, .frozenSet: makeList(try popToMark())
        case .append:
            let value = try pop()
            try append([value], at: place)
        case .appends, .addItems: try append(try popToMark(), at: place)
        case .emptyTuple: makeTuple([])
        case .tuple1: makeTuple([try pop()])
        case .tuple2:
            let second = try pop()
            makeTuple([try pop(), second])
        case .tuple3:
            let third = try pop()
            let second = try pop()
            makeTuple([try pop(), second, third])
        case .tuple: makeTuple(try popToMark())
        case .emptyDictionary: makeDictionary(PickledDictionary())
        case .dictionary:
            let items = try popToMark()
            makeDictionary(PickledDictionary())
            try setItems(items, at: place)
        case .setItem:
            let value = try pop()
            let key = try pop()
            try setItems([key, value], at: place)
        case .setItems: try setItems(try popToMark(), at: place)
        case .memoize: memo[memo.count] = try top()
        case .binaryPut: memo[Int(try cursor.integer(UInt8.self, "a memo index"))] = try top()
        case .longBinaryPut: memo[Int(try cursor.integer(UInt32.self, "a memo index"))] = try top()
        case .binaryGet: try recall(Int(try cursor.integer(UInt8.self, "a memo index")), at: place)
        case .longBinaryGet: try recall(Int(try cursor.integer(UInt32.self, "a memo index")), at: place)
        case .global: try pushGlobal(at: place)
        case .stackGlobal: try pushStackGlobal(at: place)
        case .reduce:
            let arguments = try pop()
            try reduce(try pop(), arguments, at: place)
        case .newObject:
            let arguments = try pop()
            try reduce(try pop(), arguments, at: place)
        case .newObjectEx:
            let keywords = try pop()
            let arguments = try pop()
            guard case .dictionary(let index) = keywords, heap.dictionaries[index].entries.isEmpty else {
                throw cursor.fault(.refused, at: place, "an object made with keyword arguments is refused")
            }
            try reduce(try pop(), arguments, at: place)
        case .build:
            let state = try pop()
            try build(try top(), state, at: place)
        case .binaryPersistentID: try pushStorage(try pop(), at: place)
        case .persistentID, .instance, .object, .extension1, .extension2, .extension4, .nextBuffer, .readOnlyBuffer:
            throw cursor.fault(.refused, at: place, "pickle instruction '\(opcode)' is refused: no checkpoint needs it")
        }
    }

    private mutating func recall(_ index: Int, at place: Int) throws(DreamSimError) {
        guard let value = memo[index] else {
            throw cursor.fault(.malformed, at: place, "memo \(index) is used before it is set")
        }
        push(value)
    }

    private mutating func append(_ values: [PickleValue], at place: Int) throws(DreamSimError) {
        let target = try top()
        guard case .list(let index) = target else {
            throw cursor.fault(.malformed, at: place, "values are appended to \(target.kindName), not to a list")
        }
        heap.lists[index].append(contentsOf: values)
    }

    private mutating func setItems(_ items: [PickleValue], at place: Int) throws(DreamSimError) {
        let target = try top()
        guard case .dictionary(let index) = target else {
            throw cursor.fault(.malformed, at: place, "items are set in \(target.kindName), not in a dict")
        }
        guard items.count.isMultiple(of: 2) else {
            throw cursor.fault(.malformed, at: place, "a key is set without a value")
        }
        for i in stride(from: 0, to: items.count, by: 2) {
            heap.dictionaries[index].set(items[i], items[i + 1])
        }
    }

    mutating func makeList(_ values: [PickleValue]) {
        heap.lists.append(values)
        push(.list(heap.lists.count - 1))
    }

    mutating func makeTuple(_ values: [PickleValue]) {
        heap.tuples.append(values)
        push(.tuple(heap.tuples.count - 1))
    }

    mutating func makeDictionary(_ dictionary: PickledDictionary) {
        heap.dictionaries.append(dictionary)
        push(.dictionary(heap.dictionaries.count - 1))
    }

    mutating func makeBytes(_ bytes: PickledBytes) {
        if case .window(let range) = bytes { windowBytes += range.count }
        heap.bytes.append(bytes)
        push(.bytes(heap.bytes.count - 1))
    }
}
