/// The reader of a zip archive's end records and central directory.
struct ZipDirectory {
    private let archive: ArchiveBytes
    private var path: String { archive.path }

    init(_ file: MappedFile) {
        archive = ArchiveBytes(bytes: file.bytes, path: file.url.path)
    }

    /// The members in directory order, with names, sizes and places checked.
    func entries() throws(DreamSimError) -> [ZipArchive.Entry] {
        let directory = try locate()
        guard directory.count <= ZipArchive.maximumCount else {
            throw DreamSimError(
                .limitExceeded, path, "\(directory.count) members; the limit is \(ZipArchive.maximumCount)")
        }
        // Each record takes at least 46 bytes, so that a false count cannot make this reserve much.
        guard directory.count <= directory.size / 46 else {
            throw DreamSimError(
                .malformed, path, offset: directory.offset,
                "\(directory.count) members cannot fit in a central directory of \(directory.size) bytes")
        }
        var records: [Record] = []
        records.reserveCapacity(directory.count)
        var offset = directory.offset
        let end = directory.offset + directory.size
        for _ in 0..<directory.count {
            let record = try self.record(at: offset, end: end)
            offset = record.nextOffset
            records.append(record)
        }
        guard offset == end else {
            throw DreamSimError(
                .malformed, path, offset: offset,
                "\(end - offset) bytes of the central directory belong to no member")
        }
        return try place(records, before: directory.offset)
    }

    // MARK: - End records

    private struct Location {
        var offset: Int
        var size: Int
        var count: Int
    }

    private func locate() throws(DreamSimError) -> Location {
        let end = try endRecordOffset()
        let record = try archive.window(end, 22, "the end record")
        guard record.word16(4) == 0 || record.word16(4) == 0xFFFF, record.word16(6) == 0 || record.word16(6) == 0xFFFF
        else {
            throw DreamSimError(.unsupported, path, offset: end, "archives of several parts are not read")
        }
        var location = Location(offset: record.word32(16), size: record.word32(12), count: record.word16(10))
        var limit = end
        if end >= 20, try archive.number(end - 20, as: UInt32.self, "the zip64 locator") == 0x0706_4b50 {
            let (wide, recordOffset) = try zip64Location(locatorOffset: end - 20)
            // A field is either saturated or says the same; else two readers would see two directories.
            guard location.offset == 0xFFFF_FFFF || location.offset == wide.offset,
                location.size == 0xFFFF_FFFF || location.size == wide.size,
                location.count == 0xFFFF || location.count == wide.count
            else {
                throw DreamSimError(.malformed, path, offset: end, "the two end records disagree")
            }
            location = wide
            limit = recordOffset
        } else if record.word16(8) != record.word16(10) {
            throw DreamSimError(.unsupported, path, offset: end, "archives of several parts are not read")
        }
        let (directoryEnd, overflow) = location.offset.addingReportingOverflow(location.size)
        guard !overflow, directoryEnd == limit else {
            throw DreamSimError(
                .malformed, path, offset: end,
                "the central directory (offset \(location.offset), \(location.size) bytes) does not end where the "
                    + "end record starts (\(limit)); the file may be cut off or have something before the archive")
        }
        return location
    }

    private func endRecordOffset() throws(DreamSimError) -> Int {
        let bytes = archive.bytes
        guard bytes.count >= 22 else {
            throw DreamSimError(.malformed, path, "\(bytes.count) bytes are too few for a zip archive")
        }
        var found: Int?
        var candidate = bytes.count - 22
        let lowest = max(0, bytes.count - 22 - 0xFFFF)
        while candidate >= lowest {
            if bytes[candidate] == 0x50, bytes.word32(candidate) == 0x0605_4b50,
                candidate + 22 + bytes.word16(candidate + 20) == bytes.count
            {
                guard found == nil else {
                    throw DreamSimError(.malformed, path, offset: candidate, "the archive has two end records")
                }
                found = candidate
            }
            candidate -= 1
        }
        guard let found else {
            throw DreamSimError(
                .malformed, path, "not a zip archive, or one that is cut off: it has no end record")
        }
        return found
    }

    private func zip64Location(locatorOffset: Int) throws(DreamSimError) -> (Location, recordOffset: Int) {
        let locator = try archive.window(locatorOffset, 20, "the zip64 locator")
        let offset = try archive.size(locatorOffset + 8, "the zip64 locator")
        guard locator.word32(4) == 0, locator.word32(16) <= 1 else {
            throw DreamSimError(
                .unsupported, path, offset: locatorOffset, "archives of several parts are not read")
        }
        let what = "the zip64 end record"
        let record = try archive.window(offset, 56, what)
        guard record.word32(0) == 0x0606_4b50 else {
            throw DreamSimError(.malformed, path, offset: offset, "\(what) lacks its signature")
        }
        let size = try archive.size(offset + 4, what)
        let (end, overflow) = offset.addingReportingOverflow(12).partialValue.addingReportingOverflow(size)
        guard size >= 44, !overflow, end == locatorOffset else {
            throw DreamSimError(.malformed, path, offset: offset, "\(what) states a wrong size, \(size)")
        }
        let count = try archive.size(offset + 32, what)
        guard record.word32(16) == 0, record.word32(20) == 0, try archive.size(offset + 24, what) == count else {
            throw DreamSimError(.unsupported, path, offset: offset, "archives of several parts are not read")
        }
        let location = Location(
            offset: try archive.size(offset + 48, what), size: try archive.size(offset + 40, what), count: count)
        return (location, offset)
    }

    // MARK: - Records

    private struct Record {
        var name: String
        var nameLength: Int
        var method: ZipArchive.Method
        var flags: Int
        var crc32: UInt32
        var sizes: ZipSizes
        var unixMode: UInt32
        var nextOffset: Int
    }

    private func record(at offset: Int, end: Int) throws(DreamSimError) -> Record {
        let header = try archive.window(offset, 46, "a record of the central directory")
        guard header.word32(0) == 0x0201_4b50 else {
            throw DreamSimError(
                .malformed, path, offset: offset, "a record of the central directory lacks its signature")
        }
        let nameLength = header.word16(28)
        let extraLength = header.word16(30)
        let next = offset + 46 + nameLength + extraLength + header.word16(32)
        guard next <= end else {
            throw DreamSimError(
                .malformed, path, offset: offset, "a record reaches past the end of the central directory")
        }
        let name = try self.name(at: offset + 46, nameLength)
        let flags = header.word16(8)
        guard flags & 0x2041 == 0 else {
            throw DreamSimError(.refused, path, key: name, offset: offset, "the member is encrypted")
        }
        let method: ZipArchive.Method
        switch header.word16(10) {
        case 0: method = .stored
        case 8: method = .deflated
        case let other:
            throw DreamSimError(
                .unsupported, path, key: name, offset: offset,
                "compression method \(other); only stored and deflated members are read")
        }
        let extra = try archive.window(offset + 46 + nameLength, extraLength, "an extra field")
        guard
            let sizes = ZipSizes(
                uncompressed: header.word32(24), compressed: header.word32(20), headerOffset: header.word32(42),
                extra: extra)
        else {
            throw DreamSimError(
                .malformed, path, key: name, offset: offset, "its extra field is broken or lacks its zip64 sizes")
        }
        guard header.word16(34) == 0 || header.word16(34) == 0xFFFF else {
            throw DreamSimError(.unsupported, path, key: name, "archives of several parts are not read")
        }
        let isFalseStored = method == .stored && sizes.compressed != sizes.uncompressed
        guard !isFalseStored, !name.hasSuffix("/") || sizes.uncompressed == 0 else {
            throw DreamSimError(
                .malformed, path, key: name, offset: offset,
                "false sizes: \(sizes.compressed) bytes in the archive, \(sizes.uncompressed) outside")
        }
        return Record(
            name: name, nameLength: nameLength, method: method, flags: flags, crc32: UInt32(header.word32(16)),
            sizes: sizes, unixMode: UInt32(header.word32(38)) >> 16, nextOffset: next)
    }

    private func name(at offset: Int, _ length: Int) throws(DreamSimError) -> String {
        let bytes = try archive.window(offset, length, "a name")
        func refuse(_ reason: String) -> DreamSimError {
            let shown = String(decoding: bytes, as: UTF8.self).debugDescription
            return DreamSimError(.refused, path, key: shown, offset: offset, reason)
        }
        guard let name = String(validating: bytes, as: UTF8.self) else { throw refuse("the name is not UTF-8") }
        if let fault = ArchiveName.fault(in: name) { throw refuse(fault) }
        return name
    }

    // MARK: - Places

    /// Gives each member the room up to the next one, and refuses members that share bytes.
    private func place(_ records: [Record], before directoryOffset: Int) throws(DreamSimError) -> [ZipArchive.Entry] {
        let order = records.indices.sorted { records[$0].sizes.headerOffset < records[$1].sizes.headerOffset }
        var limits = [Int](repeating: directoryOffset, count: records.count)
        for (i, index) in order.enumerated() {
            let record = records[index]
            if i + 1 < order.count { limits[index] = records[order[i + 1]].sizes.headerOffset }
            let (least, overflow) = record.sizes.compressed.addingReportingOverflow(30 + record.nameLength)
            guard !overflow, record.sizes.headerOffset <= limits[index],
                least <= limits[index] - record.sizes.headerOffset
            else {
                throw DreamSimError(
                    .malformed, path, key: record.name, offset: record.sizes.headerOffset,
                    "the member overlaps what follows it at byte \(limits[index])")
            }
        }
        return records.indices.map { i in
            let record = records[i]
            return ZipArchive.Entry(
                path: record.name, method: record.method, compressedSize: record.sizes.compressed,
                uncompressedSize: record.sizes.uncompressed, crc32: record.crc32, unixMode: record.unixMode,
                flags: record.flags, headerOffset: record.sizes.headerOffset, limitOffset: limits[i])
        }
    }
}
