import DreamSimSupport
import DreamSimTraining
import Foundation
import TestSupport
import Testing

/// Files of TensorBoard, read back by a reader of the test's own.
@Suite("TensorBoard's events")
struct EventFileTests {
    /// An event as it was read.
    struct Event: Equatable {
        var step: UInt64?
        var version: String?
        var sessionStatus: UInt64?
        var scalars: [String: Float] = [:]
    }

    struct Damage: Error {}

    /// CRC-32C bit by bit.
    static func sum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var sum = ~UInt32(0)
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0x82F6_3B78 : sum >> 1 }
        }
        return ~sum
    }

    static func masked(_ sum: UInt32) -> UInt32 { ((sum >> 15) | (sum << 17)) &+ 0xA282_EAD8 }

    static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }

    /// The fields of a message: number, and a whole number or bytes.
    static func fields(_ bytes: ArraySlice<UInt8>) throws -> [(number: UInt64, value: UInt64, bytes: ArraySlice<UInt8>)]
    {
        var rest = bytes
        func variable() throws -> UInt64 {
            var (value, shift) = (UInt64(0), UInt64(0))
            while let byte = rest.popFirst() {
                value |= UInt64(byte & 127) << shift
                if byte < 128 { return value }
                shift += 7
            }
            throw Damage()
        }
        func take(_ count: Int) throws -> ArraySlice<UInt8> {
            guard rest.count >= count else { throw Damage() }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        var fields: [(UInt64, UInt64, ArraySlice<UInt8>)] = []
        while !rest.isEmpty {
            let key = try variable()
            switch key & 7 {
            case 0: fields.append((key >> 3, try variable(), []))
            case 1: fields.append((key >> 3, number(try take(8)), []))
            case 2: fields.append((key >> 3, 0, try take(Int(variable()))))
            case 5: fields.append((key >> 3, number(try take(4)), []))
            default: throw Damage()
            }
        }
        return fields
    }

    static func read(_ url: URL) throws -> [Event] {
        var rest = Array(try Data(contentsOf: url))[...]
        var events: [Event] = []
        while !rest.isEmpty {
            guard rest.count >= 16 else { throw Damage() }
            let (length, lengthSum) = (rest.prefix(8), rest.dropFirst(8).prefix(4))
            guard number(lengthSum) == UInt64(masked(sum(length))) else { throw Damage() }
            let record = rest.dropFirst(12).prefix(Int(number(length)))
            let end = rest.dropFirst(12 + record.count)
            guard number(end.prefix(4)) == UInt64(masked(sum(record))) else { throw Damage() }
            rest = end.dropFirst(4)
            var event = Event()
            for field in try fields(record) {
                switch field.number {
                case 1: #expect(Double(bitPattern: field.value) > 1.7e9)
                case 2: event.step = field.value
                case 3: event.version = String(decoding: field.bytes, as: UTF8.self)
                case 5:
                    for value in try fields(field.bytes) {
                        let parts = try fields(value.bytes)
                        event.scalars[String(decoding: parts[0].bytes, as: UTF8.self)] = Float(
                            bitPattern: UInt32(parts[1].value))
                    }
                case 7: event.sessionStatus = try fields(field.bytes)[0].value
                default: throw Damage()
                }
            }
            events.append(event)
        }
        return events
    }

    /// All event files of a folder, in the order of their starts.
    static func files(_ folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasPrefix("events.out.tfevents.") }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    @Test("CRC-32C is that of RFC 3720, of any length, in pieces or whole")
    func sums() {
        #expect(CRC32C.of(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.of([UInt8](repeating: 255, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.of([UInt8]()) == 0)
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 >> 3) }
        for count in [1, 7, 8, 9, 63, 64, 65, 1000] {
            #expect(CRC32C.of(Array(bytes.prefix(count))) == Self.sum(bytes.prefix(count)))
            let whole = bytes.withUnsafeBytes { bytes in
                CRC32C.extended(
                    CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<count])),
                    by: UnsafeRawBufferPointer(rebasing: bytes[count...]))
            }
            #expect(whole == Self.sum(bytes))
        }
    }

    @Test("Numbers come back under their tags and steps, and each start has a file of its own")
    func events() throws {
        try Fixtures.withTemporaryFolder { folder in
            let time = Date(timeIntervalSince1970: 1_764_000_000)
            let file = try EventFile(in: folder, from: 1, at: time)
            try file.add([("loss/train", 0.25), ("agreement/train", 0.5)], step: 1, at: time)
            try file.add([("loss/train", 1e-3)], step: 300, at: time)
            let second = try EventFile(in: folder, from: 201, at: time)
            try second.add([("loss/train", .nan)], step: 201, at: time)
            #expect(try Self.files(folder).map(\.lastPathComponent) == [file, second].map(\.url.lastPathComponent))
            #expect(
                try Self.read(file.url) == [
                    Event(version: "brain.Event:2"), Event(step: 1, sessionStatus: 1),
                    Event(step: 1, scalars: ["loss/train": 0.25, "agreement/train": 0.5]),
                    Event(step: 300, scalars: ["loss/train": 1e-3]),
                ])
            let events = try Self.read(second.url)
            #expect(events.count == 3 && events[1] == Event(step: 201, sessionStatus: 1))
            #expect(events[2].scalars["loss/train"]?.isNaN == true)
        }
    }

    @Test("A folder that is not there is refused with advice")
    func refused() throws {
        let error = try #require(throws: DreamSimError.self) {
            try EventFile(in: URL(filePath: "/nowhere/at/all"), from: 1)
        }
        #expect(error.kind == .unwritable && error.reason.contains("No such file"))
    }
}
