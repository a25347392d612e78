import Foundation
import Synchronization

extension FrozenCache {
    /// Whether the row of an image is there.
    package func contains(_ key: Key) -> Bool { state.withLock { $0.offsets[key] != nil } }

    /// The row of an image; nil when there is none, or none that is whole.
    /// - Returns: [width].
    package func row(_ key: Key) -> Tensor? {
        guard let offset = state.withLock({ $0.offsets[key] }) else { return nil }
        var sum = [UInt8](repeating: 0, count: 4)
        var isWhole = sum.withUnsafeMutableBytes {
            WholeBytes.read(into: $0, from: descriptor, at: offset + Self.keyLength)
        }
        let row = Tensor(uninitialized: [identity.width]) { values in
            let bytes = UnsafeMutableRawBufferPointer(values)
            isWhole = isWhole && WholeBytes.read(into: bytes, from: descriptor, at: offset + Self.keyLength + 4)
            if isWhole {
                isWhole = Self.sum(key, UnsafeRawBufferPointer(bytes)) == sum
            } else {
                values.initialize(repeating: 0)
            }
        }
        guard isWhole else {
            state.withLock { state in
                // Once, however many readers came upon it.
                guard state.offsets[key] == offset else { return }
                state.offsets[key] = nil
                state.damaged += 1
                if state.damaged == 1 {
                    state.notes.append("\(url.path): holds damaged rows; they are computed again")
                }
            }
            return nil
        }
        return row
    }

    /// Keeps the row of an image, where there is room.
    /// - Parameter row: [width].
    package func add(_ row: Tensor, for key: Key) {
        precondition(row.count == identity.width && key.count == Self.keyLength, "a row of \(row.count) numbers")
        state.withLock { state in
            guard state.grows, state.offsets[key] == nil else { return }
            guard state.end + recordSize <= limit else {
                state.grows = false
                return
            }
            var disk = statvfs()
            if fstatvfs(descriptor, &disk) == 0,
                UInt64(disk.f_bavail) * UInt64(disk.f_frsize) < UInt64(reserve + recordSize)
            {
                state.grows = false
                state.notes.append(
                    "\(url.path): the disk has less than \(Self.bytes(reserve)) free; training continues, and no more rows "
                        + "are added")
                return
            }
            let isWritten = row.withUnsafeBufferPointer { values in
                let bytes = UnsafeRawBufferPointer(values)
                return WholeBytes.write(key + Self.sum(key, bytes) + bytes, to: descriptor, at: state.end)
            }
            guard isWritten else {
                let code = errno
                ftruncate(descriptor, off_t(state.end))
                return state.stop(url, "cannot be written", code)
            }
            state.offsets[key] = state.end
            state.end += recordSize
        }
    }

    /// The four bytes of a record's sum.
    private static func sum(_ key: Key, _ row: UnsafeRawBufferPointer) -> [UInt8] {
        let sum = CRC32C.extended(CRC32C.of(key), by: row)
        return (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
    }
}
