import CDreamSimZlib

/// Inflates the pixels of a PNG as far as they are asked for.
final class PNGInflater {
    private let bytes: [UInt8]
    private let parts: [Range<Int>]
    private var part = 0
    /// How much of the part has been read.
    private var read = 0
    /// In one place from beginning to end: zlib checks that.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var isUsable: Bool
    private var isEnded = false

    /// - Parameter parts: where the compressed bytes lie, in their order.
    init(_ bytes: [UInt8], _ parts: [Range<Int>]) {
        (self.bytes, self.parts) = (bytes, parts)
        stream.initialize(to: z_stream())
        isUsable = dreamsim_inflate_init(stream, 15) == Z_OK
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Fills a row.
    /// - Returns: false when the data is damaged or ends before.
    func fill(_ row: inout [UInt8]) -> Bool {
        row.withUnsafeMutableBufferPointer { inflated(into: $0) == $0.count }
    }

    /// What comes after the pixels.
    enum Ending {
        /// Nothing any more; the checksum of all that was inflated is right where there is one.
        case over
        /// What cannot be inflated, or a checksum that is not that of what was.
        case damaged
        /// More than there may be.
        case more
    }

    /// Inflates what comes yet, which is so many bytes at most.
    func end(within most: Int) -> Ending {
        var rest = most
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { scratch in
            while rest > 0 {
                let count = inflated(into: scratch)
                if count < scratch.count { return isUsable ? .over : .damaged }
                rest -= count
            }
            return .more
        }
    }

    private func inflated(into target: UnsafeMutableBufferPointer<UInt8>) -> Int {
        guard isUsable else { return 0 }
        var count = 0
        bytes.withUnsafeBufferPointer { bytes in
            while count < target.count, !isEnded {
                while part < parts.count, read == parts[part].count { (part, read) = (part + 1, 0) }
                guard part < parts.count else { break }
                let room = min(target.count - count, Int(UInt32.max))
                let available = min(parts[part].count - read, Int(UInt32.max))
                // zlib does not write to what it reads.
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: bytes.baseAddress! + parts[part].lowerBound + read)
                stream.pointee.avail_in = UInt32(available)
                stream.pointee.next_out = target.baseAddress! + count
                stream.pointee.avail_out = UInt32(room)
                let status = inflate(stream, Z_NO_FLUSH)
                let (taken, made) = (available - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out))
                read += taken
                count += made
                if status == Z_STREAM_END { isEnded = true }
                guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR && taken + made > 0 else {
                    isUsable = false
                    break
                }
            }
        }
        return count
    }
}
