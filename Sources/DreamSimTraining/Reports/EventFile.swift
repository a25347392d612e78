package import Foundation

/// A file of TensorBoard: numbers by step. Records as TFRecord frames them, each a protocol buffer `Event`.
///
/// Source: tensorflow/core/util/event.proto, summary.proto, and lib/io/record_writer.
package final class EventFile {
    /// Where it lies.
    package let url: URL
    private let handle: FileHandle

    /// Makes a file of its own for a start of a run, as TensorBoard wants it: all files of a folder are one run, and numbers
    /// of steps that are taken again replace those of an earlier file.
    /// - Parameter step: the first step that is told.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package init(in folder: URL, from step: Int, at time: Date = Date()) throws(DreamSimError) {
        let seconds = String(format: "%010.0f", time.timeIntervalSince1970.rounded(.down))
        var number = 0
        var descriptor: Int32
        var url: URL
        repeat {
            url = folder.appending(path: "events.out.tfevents.\(seconds).dreamsim.\(getpid()).\(number)")
            descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
            number += 1
        } while descriptor < 0 && errno == EEXIST && number < 1000
        guard descriptor >= 0 else {
            throw DreamSimError(.unwritable, url.path, Writing.reason("made", errno))
        }
        self.url = url
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        // The version, without which TensorBoard takes steps that come again for a fault.
        try write(Self.event(time, step: nil) { $0.field(3, Array("brain.Event:2".utf8)) })
        // A session that starts (status 1).
        try write(Self.event(time, step: step) { $0.field(7, ProtocolBuffer { $0.field(1, 1) }.bytes) })
    }

    /// Adds numbers of a step.
    /// - Parameter scalars: by their tags, such as `loss/train`.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func add(_ scalars: [(tag: String, value: Double)], step: Int, at time: Date = Date()) throws(DreamSimError)
    {
        let summary = ProtocolBuffer { summary in
            for (tag, value) in scalars {
                summary.field(
                    1,
                    ProtocolBuffer {
                        $0.field(1, Array(tag.utf8))
                        $0.field(2, Float(value))
                    }.bytes)
            }
        }
        try write(Self.event(time, step: step) { $0.field(5, summary.bytes) })
    }

    private static func event(_ time: Date, step: Int?, _ content: (inout ProtocolBuffer) -> Void) -> [UInt8] {
        ProtocolBuffer { event in
            event.field(1, time.timeIntervalSince1970)
            if let step { event.field(2, step) }
            content(&event)
        }.bytes
    }

    private func write(_ event: [UInt8]) throws(DreamSimError) {
        try Writing.append(Self.record(event), to: handle, url)
    }

    /// A record: the length, its sum, the bytes, their sum; sums are masked as TFRecord has it.
    static func record(_ bytes: [UInt8]) -> [UInt8] {
        let length = ProtocolBuffer.littleEndian(UInt64(bytes.count))
        return length + ProtocolBuffer.littleEndian(masked(CRC32C.of(length))) + bytes
            + ProtocolBuffer.littleEndian(masked(CRC32C.of(bytes)))
    }

    private static func masked(_ sum: UInt32) -> UInt32 { (sum >> 15 | sum << 17) &+ 0xA282_EAD8 }
}

/// A message in the binary form of protocol buffers, as far as events need it.
struct ProtocolBuffer {
    private(set) var bytes: [UInt8] = []

    init(_ body: (inout ProtocolBuffer) -> Void) { body(&self) }

    /// A whole number that is not negative.
    mutating func field(_ number: Int, _ value: Int) {
        key(number, 0)
        variable(UInt64(value))
    }

    mutating func field(_ number: Int, _ value: Double) {
        key(number, 1)
        bytes += Self.littleEndian(value.bitPattern)
    }

    mutating func field(_ number: Int, _ value: Float) {
        key(number, 5)
        bytes += Self.littleEndian(value.bitPattern)
    }

    /// A text or another message.
    mutating func field(_ number: Int, _ value: [UInt8]) {
        key(number, 2)
        variable(UInt64(value.count))
        bytes += value
    }

    private mutating func key(_ number: Int, _ type: Int) { variable(UInt64(number << 3 | type)) }

    private mutating func variable(_ value: UInt64) {
        var rest = value
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    static func littleEndian(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        (0..<(value.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
