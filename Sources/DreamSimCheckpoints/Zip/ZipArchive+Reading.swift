import CDreamSimZlib

extension ZipArchive {
    /// The bytes of a stored member, in the mapping; its checksum is not looked at (see `checkChecksum`).
    /// - Throws: `.unsupported` for a deflated member, `.malformed` when local and central headers disagree.
    package func storedBytes(of entry: Entry) throws(DreamSimError) -> UnsafeRawBufferPointer {
        guard entry.method == .stored else {
            throw error(.unsupported, entry, "the member is compressed, where it must be stored as it is")
        }
        return try data(of: entry)
    }

    /// Compares a stored member with its checksum; reads all of it.
    package func checkChecksum(of entry: Entry) throws(DreamSimError) {
        let bytes = try storedBytes(of: entry)
        try check(checksum: UInt32(truncatingIfNeeded: crc32_z(0, bytes.bytePointer, bytes.count)), of: entry)
    }

    /// A whole member, decompressed, with size and checksum checked.
    /// - Parameter limit: the largest size in bytes that is accepted.
    package func read(_ entry: Entry, limit: Int) throws(DreamSimError) -> [UInt8] {
        guard entry.uncompressedSize <= limit else {
            throw error(.limitExceeded, entry, "\(entry.uncompressedSize) bytes; the limit is \(limit)")
        }
        var result: [UInt8] = []
        // A false size must not reserve memory that the member cannot fill.
        result.reserveCapacity(min(entry.uncompressedSize, 1 << 20))
        do {
            try stream(entry) { result.append(contentsOf: $0) }
        } catch let failure as DreamSimError {
            throw failure
        } catch {
            throw self.error(.unreadable, entry, "\(error)")
        }
        return result
    }

    /// Passes a member piece by piece to `sink`, decompressed. The end of the call without an error, and only that,
    /// says that size and checksum are right.
    ///
    /// For writing to disk: folders, symbolic links, special files and names that differ from another member's only
    /// by letter case are refused.
    package func extract(_ entry: Entry, to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard !entry.isSymbolicLink else { throw error(.refused, entry, "the member is a symbolic link") }
        let type = entry.unixMode & 0o170000
        guard !entry.isDirectory, type == 0 || type == 0o100000 else {
            throw error(.refused, entry, "the member is not a regular file")
        }
        let folded = entry.path.lowercased()
        for other in entries where other.path != entry.path {
            let otherFolded = other.path.lowercased()
            if otherFolded == folded {
                throw error(.refused, entry, "'\(other.path)' differs only by letter case")
            }
            if !other.isDirectory, folded.hasPrefix(otherFolded + "/") {
                throw error(.refused, entry, "its folder '\(other.path)' is itself a file or a link")
            }
        }
        try stream(entry, to: sink)
    }

    // MARK: - Pieces

    func stream(_ entry: Entry, to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        let (most, overflow) = entry.compressedSize.multipliedReportingOverflow(by: Self.maximumRatio)
        guard overflow || entry.uncompressedSize <= max(most, Self.ratioFreeSize) else {
            throw error(
                .limitExceeded, entry,
                "\(entry.compressedSize) bytes claim to hold \(entry.uncompressedSize): more than \(Self.maximumRatio):1"
            )
        }
        let input = try data(of: entry)
        var checksum: UInt = 0
        var size = 0
        func pass(_ piece: UnsafeRawBufferPointer) throws {
            size += piece.count
            guard size <= entry.uncompressedSize else {
                throw error(
                    .malformed, entry, "the member is larger than the \(entry.uncompressedSize) bytes it states")
            }
            checksum = UInt(crc32_z(uLong(checksum), piece.bytePointer, piece.count))
            try sink(piece)
        }
        switch entry.method {
        case .stored:
            var offset = 0
            while offset < input.count {
                let count = min(1 << 20, input.count - offset)
                try pass(UnsafeRawBufferPointer(rebasing: input[offset..<(offset + count)]))
                offset += count
            }
        case .deflated:
            var inflater = try Inflater(.raw, path: file.url.path, key: entry.path)
            let used = try inflater.run(input, to: pass)
            guard inflater.isFinished, used == input.count else {
                throw error(
                    .malformed, entry,
                    inflater.isFinished ? "bytes follow the compressed data" : "the compressed data is cut off")
            }
        }
        guard size == entry.uncompressedSize else {
            throw error(.malformed, entry, "\(size) bytes, where the directory states \(entry.uncompressedSize)")
        }
        try check(checksum: UInt32(truncatingIfNeeded: checksum), of: entry)
    }

    private func check(checksum: UInt32, of entry: Entry) throws(DreamSimError) {
        guard checksum == entry.crc32 else {
            throw error(
                .malformed, entry,
                "the CRC is \(String(checksum, radix: 16)), the directory states \(String(entry.crc32, radix: 16)); "
                    + "the file is damaged, fetch it again")
        }
    }

    // MARK: - Local headers

    /// The member's bytes as they lie in the archive. They start where the LOCAL header says: its extra field may be
    /// longer than the central one's (torch pads there, so that tensors are aligned).
    private func data(of entry: Entry) throws(DreamSimError) -> UnsafeRawBufferPointer {
        let archive = ArchiveBytes(bytes: file.bytes, path: file.url.path)
        let header = try archive.window(entry.headerOffset, 30, "a local header")
        guard header.word32(0) == 0x0403_4b50 else {
            throw error(.malformed, entry, offset: entry.headerOffset, "its local header lacks its signature")
        }
        let nameLength = header.word16(26)
        let extraLength = header.word16(28)
        let name = try archive.window(entry.headerOffset + 30, nameLength, "a local name")
        let extra = try archive.window(entry.headerOffset + 30 + nameLength, extraLength, "a local extra field")
        // Encryption, data descriptor, strong encryption, UTF-8 name, masked headers; the rest is of no consequence.
        guard name.elementsEqual(entry.path.utf8), header.word16(8) == (entry.method == .stored ? 0 : 8),
            (header.word16(6) ^ entry.flags) & 0x2849 == 0
        else {
            throw disagreement(entry)
        }
        guard
            let sizes = ZipSizes(
                uncompressed: header.word32(22), compressed: header.word32(18), headerOffset: 0, extra: extra)
        else {
            throw error(.malformed, entry, offset: entry.headerOffset, "its local extra field is broken")
        }
        // With a data descriptor the local fields may be left at zero.
        func agrees(_ local: Int, _ central: Int) -> Bool { local == central || local == 0 && entry.hasDataDescriptor }
        guard agrees(header.word32(14), Int(entry.crc32)), agrees(sizes.compressed, entry.compressedSize),
            agrees(sizes.uncompressed, entry.uncompressedSize)
        else {
            throw disagreement(entry)
        }
        let start = entry.headerOffset + 30 + nameLength + extraLength
        let data = try archive.window(start, entry.compressedSize, "the member")
        guard start + entry.compressedSize <= entry.limitOffset else {
            throw error(.malformed, entry, offset: start, "the member overlaps what follows at \(entry.limitOffset)")
        }
        // torch writes no descriptor after an empty member.
        if entry.hasDataDescriptor, entry.uncompressedSize > 0 {
            let room = min(24, entry.limitOffset - start - entry.compressedSize)
            let bytes = try archive.window(start + entry.compressedSize, room, "a data descriptor")
            guard hasDescriptor(of: entry, bytes) else { throw disagreement(entry) }
        }
        return data
    }

    private func disagreement(_ entry: Entry) -> DreamSimError {
        error(
            .malformed, entry, offset: entry.headerOffset,
            "the member's local header and the central directory disagree")
    }

    /// Whether a data descriptor says what the directory says: with or without its signature, in 32 or 64 bits.
    private func hasDescriptor(of entry: Entry, _ bytes: UnsafeRawBufferPointer) -> Bool {
        for start in [4, 0] {
            if start == 4, bytes.count < 4 || bytes.word32(0) != 0x0807_4b50 { continue }
            guard bytes.count >= start + 12, bytes.word32(start) == Int(entry.crc32) else { continue }
            if bytes.word32(start + 4) == entry.compressedSize, bytes.word32(start + 8) == entry.uncompressedSize {
                return true
            }
            guard bytes.count >= start + 20 else { continue }
            let compressed = bytes.loadUnaligned(fromByteOffset: start + 4, as: UInt64.self)
            let uncompressed = bytes.loadUnaligned(fromByteOffset: start + 12, as: UInt64.self)
            if UInt64(littleEndian: compressed) == UInt64(entry.compressedSize),
                UInt64(littleEndian: uncompressed) == UInt64(entry.uncompressedSize)
            {
                return true
            }
        }
        return false
    }
}

extension UnsafeRawBufferPointer {
    /// The start as zlib wants it.
    var bytePointer: UnsafePointer<UInt8>? { assumingMemoryBound(to: UInt8.self).baseAddress }
}
