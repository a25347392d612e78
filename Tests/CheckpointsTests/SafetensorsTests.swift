import DreamSimCheckpoints
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

@Suite("safetensors files")
struct SafetensorsTests {
    typealias Kind = DreamSimError.Kind

    struct Bad: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        let kind: Kind
        let reason: String
        var testDescription: String { name }

        init(_ name: String, _ bytes: [UInt8], _ kind: Kind, _ reason: String) {
            (self.name, self.bytes, self.kind, self.reason) = (name, bytes, kind, reason)
        }

        init(_ name: String, _ bytes: [UInt8], _ reason: String) {
            self.init(name, bytes, .malformed, reason)
        }
    }

    private static func one(_ entry: String, data: Int = 0) -> [UInt8] { safetensors("{\"w\":{\(entry)}}", data: data) }

    private static func floats(_ shape: String, _ offsets: String, data: Int = 0) -> [UInt8] {
        one("\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":\(offsets)", data: data)
    }

    private static func two(_ a: String, _ b: String, data: Int) -> [UInt8] {
        safetensors(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":\(a)},"
                + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":\(b)}}", data: data)
    }

    private static let good = "\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]"

    private static var notUTF8: [UInt8] {
        var bytes = safetensors("{\"__metadata__\":{\"a\":\"?\"}}")
        if let place = bytes.lastIndex(of: UInt8(ascii: "?")) { bytes[place] = 0xFF }
        return bytes
    }

    static let bad: [Bad] = [
        Bad("an empty file", [], "empty"),
        Bad("fewer than eight bytes", [1, 2, 3], "too few"),
        Bad("a header of 2^64-1 bytes", safetensors("{}", length: .max), "18446744073709551615"),
        Bad("a header past the end", safetensors("{}", length: 3), "past the end"),
        Bad("no header at all", UInt64(0).littleEndianBytes, "does not start with '{'"),
        Bad("a header that is not UTF-8", notUTF8, "not UTF-8"),
        Bad("a leading space", safetensors(" {}"), "does not start with '{'"),
        Bad("a duplicate key", safetensors("{\"w\":{\(good)},\"w\":{\(good)}}", data: 4), "twice"),
        Bad("a duplicate metadata key", safetensors("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}"), "twice"),
        Bad("a duplicate field", one(good + ",\"dtype\":\"F32\"", data: 4), "given twice"),
        Bad("overlapping data", two("[0,4]", "[2,6]", data: 6), "overlaps"),
        Bad("a hole between tensors", two("[0,4]", "[5,9]", data: 9), "hole"),
        Bad("a hole at the start", floats("[1]", "[4,8]", data: 8), "hole"),
        Bad("trailing bytes", floats("[1]", "[0,4]", data: 5), "1 trailing bytes"),
        Bad("trailing bytes without tensors", safetensors("{}", data: 1), "trailing"),
        Bad("data past the end", floats("[2]", "[0,8]", data: 4), "past the 4 bytes"),
        Bad("a product of the shape that overflows", floats("[4294967296,4294967296]", "[0,4]", data: 4), "overflows"),
        Bad("a number of bytes that overflows", floats("[4611686018427387904]", "[0,4]", data: 4), "overflows"),
        Bad("an extent that overflows", floats("[99999999999999999999]", "[0,4]", data: 4), "too large"),
        Bad("negative offsets", floats("[1]", "[-4,0]", data: 4), "negative"),
        Bad("fractional offsets", floats("[1]", "[0,4.0]", data: 4), "without fraction"),
        Bad("an exponent", floats("[1]", "[0,4e0]", data: 4), "without fraction or exponent"),
        Bad("offsets that run backwards", floats("[0]", "[4,0]", data: 4), "backwards"),
        Bad("three offsets", floats("[1]", "[0,4,4]", data: 4), "more than 2"),
        Bad("offsets that disagree with the shape", floats("[2]", "[0,4]", data: 4), "needs 8"),
        Bad(
            "an unknown dtype", one("\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]", data: 1),
            .unsupported, "F8_E4M3"),
        Bad("no dtype", one("\"shape\":[1],\"data_offsets\":[0,1]", data: 1), "all needed"),
        Bad(
            "JSON nested too deep", one("\"x\":" + String(repeating: "[", count: 1_000_000)), .limitExceeded,
            "deeper than 64"),
        Bad(
            "objects nested too deep", one("\"x\":" + String(repeating: "{\"a\":", count: 100_000)), .limitExceeded,
            "deeper than 64"),
        Bad(
            "more than 64 dimensions", floats("[" + String(repeating: "1,", count: 64) + "1]", "[0,4]", data: 4),
            "more than 64"),
        Bad("text after the object", safetensors("{}{"), "follows"),
        Bad("a header cut off", safetensors("{\"w\":{\"dtype\":\"F32\""), "header ends"),
        Bad("an unclosed string", safetensors("{\"w"), "not closed"),
        Bad("a trailing comma", safetensors("{\"__metadata__\":{},}"), "must be a string"),
        Bad("half a surrogate pair", safetensors("{\"\\ud800x\":{}}"), "surrogate"),
        Bad("an unknown escape", safetensors("{\"\\x\":{}}"), "escape"),
        Bad("a raw control character", safetensors("{\"a\tb\":{}}"), "control character"),
        Bad("metadata that are no text", safetensors("{\"__metadata__\":{\"a\":1}}"), "must be a string"),
        Bad("leading zeros", floats("[01]", "[0,4]", data: 4), "needless zero"),
        Bad(
            "a name of 5000 bytes", safetensors("{\"\(String(repeating: "n", count: 5000))\":{\(good)}}", data: 4),
            .limitExceeded, "5000 bytes"),
    ]

    @Test("a damaged file is refused with its own reason", arguments: bad)
    func damaged(_ bad: Bad) throws {
        let error = try failure(of: bad.bytes)
        #expect(error.kind == bad.kind, "\(error)")
        #expect(error.reason.contains(bad.reason), "\(error)")
    }

    @Test("faults in one tensor name it")
    func namesKey() throws {
        #expect(try failure(of: Self.floats("[2]", "[0,4]", data: 4)).key == "w")
        #expect(try failure(of: Self.two("[0,4]", "[2,6]", data: 6)).key == "b")
        #expect(try failure(of: safetensors("{\"w\":{\(Self.good)},\"w\":{\(Self.good)}}", data: 4)).offset != nil)
    }

    @Test("a header of more than 100,000,000 bytes is refused unread")
    func headerLimit() throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "big.safetensors")
            try Data(UInt64(100_000_001).littleEndianBytes + Array("{}".utf8)).write(to: url)
            #expect(truncate(url.path, 100_000_100) == 0)
            let error = try #require(throws: DreamSimError.self) { try Checkpoint(contentsOf: url) }
            #expect(error.kind == .limitExceeded)
            #expect(error.reason.contains("100000001"))
        }
    }

    @Test("a file of more than a gigabyte opens at once, without being read")
    func largeFile() throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "large.safetensors")
            let count = 300_000_000
            let header = safetensors(
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[\(count)],\"data_offsets\":[0,\(count * 4)]}}  ")
            try Data(header).write(to: url)
            #expect(truncate(url.path, header.count + count * 4) == 0)
            let clock = ContinuousClock()
            var checkpoint: Checkpoint?
            let time = try clock.measure { checkpoint = try Checkpoint(contentsOf: url) }
            #expect(checkpoint?["w"]?.shape == [300_000_000])
            #expect(time < .seconds(2))
        }
    }

    @Test("100,000 tensors open quickly and a missing name is still explained")
    func manyTensors() throws {
        let entries = (0..<100_000).map {
            "\"blocks.\($0).weight\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[\($0),\($0 + 1)]}"
        }
        let bytes = safetensors("{" + entries.joined(separator: ",") + "}", data: 100_000)
        let clock = ContinuousClock()
        var checkpoint: Checkpoint?
        let time = try clock.measure { checkpoint = try open(bytes) }
        #expect(checkpoint?.names.count == 100_000)
        #expect(time < .seconds(5))
        let error = try #require(throws: DreamSimError.self) { try checkpoint?.tensor("blocks.77.wieght") }
        #expect(error.reason.contains("'blocks.77.weight'"))
        var limits = Checkpoint.Limits.standard
        limits.tensorCount = 99_999
        #expect(try failure(of: bytes, limits: limits).kind == .limitExceeded)
    }

    @Test("tensors without elements load")
    func zeroSize() throws {
        let header =
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[0,0]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
            + "\"c\":{\"dtype\":\"I64\",\"shape\":[9223372036854775807,0],\"data_offsets\":[4,4]}}"
        let checkpoint = try open(safetensors(header, data: 4))
        #expect(checkpoint.names == ["a", "b", "c"])
        #expect(try checkpoint.tensor("a") == Tensor(zeros: [0, 3]))
        #expect(try checkpoint.tensor("b") == Tensor([0], shape: []))
        #expect(try checkpoint.tensor("c").count == 0)
    }

    @Test("NaN and infinite weights are found, and load all the same")
    func nonFinite() throws {
        let header =
            "{\"fine\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"nan\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]},"
            + "\"half\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[8,10]}}"
        let bytes = safetensors(header) + floatBytes([1, .nan]) + [0x00, 0x7C]
        let checkpoint = try open(bytes)
        #expect(try checkpoint.nonFiniteTensors() == ["nan", "half"])
        #expect(try checkpoint.tensor("nan").values[0].isNaN)
    }

    @Test("unknown fields, escapes and unaligned data are read")
    func oddities() throws {
        let header =
            "{ \"__metadata__\" : {\"k\\u0065y\":\"\\ud83d\\ude00\\n\"} ,\"o\":{\"dtype\":\"U8\",\"shape\":[1],"
            + "\"data_offsets\":[0,1],\"more\":[1.5e3,-0,null,true,false,{\"a\":\"b\"}]},"
            + "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1,9]}}"
        let checkpoint = try open(safetensors(header) + [7] + floatBytes([1.5, -2]))
        #expect(checkpoint.metadata == ["key": "😀\n"])
        #expect(try checkpoint.tensor("w").values == [1.5, -2])
        #expect(try checkpoint["o"]?.loadBytes() == [7])
        let error = try #require(throws: DreamSimError.self) { try checkpoint["w"]?.loadBytes() }
        #expect(error.kind == .mismatch)
    }
}
