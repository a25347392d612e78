#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads and writes of an open file that continue, whatever interrupts them, until all bytes are through.
package enum WholeBytes {
    /// Fills memory from a place of a file.
    /// - Returns: false when the file ends before, or, with `errno`, when the system refuses.
    package static func read(
        into memory: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int
    ) -> Bool {
        all(memory.count) { done in
            pread(descriptor, memory.baseAddress! + done, memory.count - done, off_t(offset + done))
        }
    }

    /// Writes at a place of a file.
    /// - Returns: false, with `errno`, when the system refuses.
    package static func write(_ bytes: [UInt8], to descriptor: Int32, at offset: Int) -> Bool {
        bytes.withUnsafeBytes { bytes in
            all(bytes.count) { done in
                pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            }
        }
    }

    /// Writes where the file is at: its end, when it was opened for appending.
    /// - Returns: false, with `errno`, when the system refuses.
    package static func append(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        all(bytes.count) { done in systemWrite(descriptor, bytes.baseAddress! + done, bytes.count - done) }
    }

    /// As with bytes of memory.
    package static func append(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { append($0, to: descriptor) }
    }

    private static func all(_ count: Int, _ step: (_ done: Int) -> Int) -> Bool {
        var done = 0
        while done < count {
            let more = step(done)
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { return false }
            done += more
        }
        return true
    }
}

/// The system's call, which methods of the same name would hide.
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, buffer, count)
}
