import DreamSimCheckpoints
import DreamSimSupport
import Testing

/// A pickle that must be refused, inside a torch zip file.
struct HostilePickle: CustomTestStringConvertible, Sendable {
    let name: String
    let pickle: [UInt8]
    let kind: DreamSimError.Kind
    let reason: String
    var testDescription: String { name }

    init(
        _ name: String, _ kind: DreamSimError.Kind, _ reason: String, _ body: (inout PickleAssembler) -> Void
    ) {
        (self.name, self.kind, self.reason) = (name, kind, reason)
        pickle = PickleAssembler.make(body)
    }

    static let all = instructions + bombs + tensors

    static let instructions: [HostilePickle] = [
        HostilePickle("a truncated instruction", .malformed, "cut off") { $0.raw([0x58, 10, 0]) },
        HostilePickle("a truncated integer", .malformed, "cut off") { $0.raw([0x4A, 1]) },
        HostilePickle("a stack underflow", .malformed, "more values") { $0.raw("s") },
        HostilePickle("taking values below a mark", .malformed, "more values") { $0.raw("}(s") },
        HostilePickle("an empty stack at the end", .malformed, "more values") { _ in },
        HostilePickle("values left over", .malformed, "left over") { $0.raw("}}") },
        HostilePickle("a mark that was never set", .malformed, "never set") { $0.raw("]e") },
        HostilePickle("a missing memo", .malformed, "memo 7") { $0.get(7) },
        HostilePickle("a missing long memo", .malformed, "memo 4294967295") { $0.raw([0x6A, 255, 255, 255, 255]) },
        HostilePickle("a string of 4 GiB", .malformed, "4294967295 bytes") { $0.raw([0x58, 255, 255, 255, 255]) },
        HostilePickle("a string of 2^63 bytes", .malformed, "length") {
            $0.raw([0x8D] + (UInt64(1) << 63).littleEndianBytes)
        },
        HostilePickle("bytes of 2^62 bytes", .malformed, "cut off") {
            $0.raw([0x8E] + UInt64(1 << 62).littleEndianBytes)
        },
        HostilePickle("a negative string length", .malformed, "length of -1") { $0.raw([0x54, 255, 255, 255, 255]) },
        HostilePickle("a frame past the end", .malformed, "frame") {
            $0.raw([0x95] + UInt64(1 << 40).littleEndianBytes)
        },
        HostilePickle("SETITEM on a list", .malformed, "a list") { $0.raw("]NNs") },
        HostilePickle("SETITEMS on an integer", .malformed, "an int") { $0.raw("K\u{1}(NNu") },
        HostilePickle("a key without a value", .malformed, "without a value") { $0.raw("}(Nu") },
        HostilePickle("APPEND to a dict", .malformed, "a dict") { $0.raw("}Na") },
        HostilePickle("BUILD on a list", .malformed, "a list") { $0.raw("]}b") },
        HostilePickle("an unknown instruction", .unsupported, "255") { $0.raw([0xFF]) },
        HostilePickle("an instruction of protocol 0", .unsupported, "73") { $0.raw("I1\n") },
        HostilePickle("protocol 6", .unsupported, "protocol 6") { $0.raw([0x80, 6]) },
        HostilePickle("a string that is not UTF-8", .malformed, "UTF-8") { $0.raw([0x58, 1, 0, 0, 0, 0xFF]) },
        HostilePickle("EXT1", .refused, "extension1") { $0.raw([0x82, 1]) },
        HostilePickle("EXT2", .refused, "extension2") { $0.raw([0x83, 1, 0]) },
        HostilePickle("EXT4", .refused, "extension4") { $0.raw([0x84, 1, 0, 0, 0]) },
        HostilePickle("INST", .refused, "instance") { $0.raw("(ios\nsystem\n") },
        HostilePickle("OBJ", .refused, "object") { $0.raw("(o") },
        HostilePickle("a text persistent id", .refused, "persistentID") { $0.raw("Px\n") },
        HostilePickle("an out-of-band buffer", .refused, "nextBuffer") { $0.raw([0x97]) },
        HostilePickle("a call of a string", .refused, "calls a str") {
            $0.string("os.system")
            $0.raw(")R")
        },
        HostilePickle("a call of a type", .refused, "only names a type") {
            $0.global("torch", "FloatStorage")
            $0.raw(")R")
        },
        HostilePickle("keyword arguments", .refused, "keyword") {
            $0.global("collections", "OrderedDict")
            $0.raw(")}")
            $0.string("a")
            $0.raw("Ns")
            $0.raw([0x92])
        },
        HostilePickle("an encoding other than latin1", .refused, "latin1") {
            $0.global("_codecs", "encode")
            $0.string("x")
            $0.string("rot13")
            $0.raw([0x86])
            $0.raw("R")
        },
        HostilePickle("a global named by numbers", .malformed, "an int") { $0.raw("K\u{1}K\u{1}\u{93}".latin1) },
        HostilePickle("bytes after the end", .malformed, "follow") { $0.raw("}.}") },
        HostilePickle("a bare number", .malformed, "no tensor") { $0.raw("K\u{1}") },
    ]

    static let bombs: [HostilePickle] = [
        HostilePickle("an integer of 17 bytes", .limitExceeded, "17 bytes") {
            $0.raw([0x8A, 17] + [UInt8](repeating: 1, count: 17))
        },
        HostilePickle("an integer of 2^31-1 bytes", .limitExceeded, "2147483647") {
            $0.raw([0x8B, 255, 255, 255, 127])
        },
        HostilePickle("an integer of negative length", .malformed, "length") { $0.raw([0x8B, 255, 255, 255, 255]) },
        HostilePickle("more than a million instructions", .limitExceeded, "instructions") {
            $0.raw([UInt8](repeating: UInt8(ascii: "N"), count: 1_000_001))
        },
        HostilePickle("a list that holds itself", .limitExceeded, "nested deeper") {
            $0.raw("]")
            $0.put(0)
            $0.get(0)
            $0.raw("a")
        },
        HostilePickle("a dict that holds itself", .limitExceeded, "nested deeper") {
            $0.raw("}")
            $0.put(0)
            $0.string("k")
            $0.get(0)
            $0.raw("s")
        },
        HostilePickle("500,000 nested tuples", .limitExceeded, "nested deeper") {
            $0.raw(")")
            $0.raw([UInt8](repeating: 0x85, count: 500_000))
        },
        HostilePickle("a memo bomb: each list holds the one before ten times", .limitExceeded, "unfolds") {
            $0.raw("]")
            $0.put(0)
            for level in UInt8(1)...30 {
                $0.raw("0](")
                for _ in 0..<10 { $0.get(level - 1) }
                $0.raw("e")
                $0.put(level)
            }
        },
        HostilePickle("an OrderedDict made of one long list again and again", .limitExceeded, "instructions") {
            $0.raw("](")
            for _ in 0..<20_000 { $0.raw(")") }
            $0.raw("e0](")
            for _ in 0..<2000 {
                $0.raw("NN")
                $0.raw([0x86])
            }
            $0.raw("e")
            $0.put(0)
            $0.raw("0")
            for _ in 0..<1000 {
                $0.global("collections", "OrderedDict")
                $0.get(0)
                $0.raw([0x85])
                $0.raw("R0")
            }
        },
        HostilePickle("a text that is encoded again and again", .limitExceeded, "decodes more") {
            $0.string(String(repeating: "x", count: 1 << 20))
            $0.put(0)
            for _ in 0..<100 {
                $0.global("_codecs", "encode")
                $0.get(0)
                $0.string("latin1")
                $0.raw([0x86])
                $0.raw("R0")
            }
        },
        HostilePickle("keys that grow beyond the limit", .limitExceeded, "bytes; the limit") {
            $0.raw("}")
            for _ in 0..<5 {
                $0.string(String(repeating: "k", count: 1000))
                $0.raw("}")
            }
            $0.raw("sssss")
        },
    ]

    static let tensors: [HostilePickle] = [
        tensor("a negative stride", .malformed, "negative", shape: [2], strides: [-1]),
        tensor("a negative offset", .malformed, "negative", offset: -1, shape: [2], strides: [1]),
        tensor("a negative extent", .malformed, "invalid shape", shape: [-2], strides: [1]),
        tensor("an overflowing shape", .malformed, "invalid shape", shape: [1 << 40, 1 << 40], strides: [0, 0]),
        tensor("an overflowing stride", .malformed, "outside", shape: [3, 3], strides: [1 << 62, 1]),
        tensor("a view that starts outside its storage", .malformed, "outside", offset: 4, shape: [1], strides: [1]),
        tensor(
            "a view that ends outside its storage", .malformed, "outside", offset: 1, shape: [2, 2], strides: [2, 1]),
        tensor("strides of another rank", .malformed, "strides for", shape: [2], strides: [1, 1]),
        tensor("a stride of 0 that expands to a TiB", .limitExceeded, "too often", shape: [1 << 38], strides: [0]),
        tensor(
            "overlapping rows that expand", .limitExceeded, "too often", shape: [1 << 20, 1 << 10, 2],
            strides: [0, 0, 1]),
        tensor(
            "65 dimensions", .limitExceeded, "65", shape: .init(repeating: 1, count: 65),
            strides: .init(repeating: 1, count: 65)),
        HostilePickle("a storage of negative size", .malformed, "-1 elements") { $0.storage(count: -1) },
        HostilePickle("a storage whose size overflows", .malformed, "elements") { $0.storage(count: .max) },
        HostilePickle("a persistent id that is no storage", .malformed, "describes no storage") {
            $0.string("x")
            $0.raw([0x85])
            $0.raw("Q")
        },
        HostilePickle("a TypedStorage as a type", .unsupported, "no dtype") {
            $0.raw("(")
            $0.string("storage")
            $0.global("torch.storage", "TypedStorage")
            $0.string("0")
            $0.string("cpu")
            $0.int(1)
            $0.raw("tQ")
        },
        HostilePickle("one storage under two dtypes", .malformed, "described twice") {
            $0.storage(count: 4)
            $0.storage(type: "IntStorage", count: 4)
        },
        HostilePickle("one storage of two sizes", .malformed, "described twice") {
            $0.storage(count: 4)
            $0.storage(count: 3)
        },
        HostilePickle("a tensor made of a list", .malformed, "something else than a storage") {
            $0.global("torch._utils", "_rebuild_tensor_v2")
            $0.raw("(]K\u{0}))tR")
        },
        HostilePickle("a Parameter around a string", .malformed, "wrap a tensor") {
            $0.global("torch._utils", "_rebuild_parameter")
            $0.string("x")
            $0.raw([0x85])
            $0.raw("R")
        },
        HostilePickle("_rebuild_from_type_v2 around another function", .refused, "Parameter") {
            $0.global("torch._tensor", "_rebuild_from_type_v2")
            $0.raw("(")
            $0.global("torch._tensor", "_rebuild_from_type_v2")
            $0.global("torch.nn.parameter", "Parameter")
            $0.raw(")NtR")
        },
    ]

    private static func tensor(
        _ name: String, _ kind: DreamSimError.Kind, _ reason: String, offset: Int = 0, shape: [Int], strides: [Int]
    ) -> HostilePickle {
        HostilePickle(name, kind, reason) {
            $0.raw("}")
            $0.string("x")
            $0.tensor(count: 4, offset: offset, shape: shape, strides: strides)
            $0.raw("s")
        }
    }
}
