import CDreamSimGraph
import Foundation
import Synchronization

extension IndexReader {
    /// Builds the nearest-neighbor graph over all vectors and puts it beside them, on all threads. One that is there is
    /// replaced when the new one is whole. Equal vectors are one point of it.
    ///
    /// The vectors stay in their file; the graph takes some 140 bytes each with 16 links, and while it is built twice
    /// that in memory. With one thread the same vectors give the same graph; with several, links depend on which thread
    /// comes first, and so may what an approximate search finds.
    /// - Parameters:
    ///   - isCancelled: asked every thousand vectors; once true, nothing is written.
    ///   - progress: called with the number of vectors that are in the graph, on the caller's thread.
    /// - Returns: the graph; nil when it was cancelled.
    /// - Throws: `DreamSimError`: `.badRequest` for options out of range or an index without images, `.unwritable` for a
    ///   full disk and the like, `.unreadable` when the program was built without hnswlib.
    @discardableResult
    package func buildNeighbors(
        _ options: NeighborOptions = NeighborOptions(), isCancelled: () -> Bool = { false },
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> NeighborReport? {
        try options.check()
        let live = try liveRows().map { UInt32($0) }
        guard !live.isEmpty else {
            throw DreamSimError(.badRequest, folder.path, "holds no images, so that there is nothing to build")
        }
        IndexFolder(folder).removeAbandoned()
        let equal = EqualRows(vectors, live: live)
        let points = Set(live).subtracting(equal.rows).sorted()
        let builder = try NeighborBuilder(vectors, points: points.count, options)
        // Images of a folder are alike; in random order the graph becomes better, and threads rarely add two
        // that should be linked at the same moment.
        var generator = SeededGenerator(state: 1)
        let order = points.shuffled(using: &generator)
        guard try builder.add(order, isCancelled: isCancelled, progress: progress) else { return nil }
        try vectors.checkIsWhole()
        let url = folder.appending(path: NeighborFile.name)
        try builder.write(to: url, rows: vectors.rows, equal: equal, vectors: vectors.header.name)
        return try neighbors()
    }
}

/// A graph that is being built, in hnswlib's memory.
///
/// `@unchecked Sendable`: the library takes points from several threads, see CDreamSimGraph.h; everything else happens on
/// one.
private final class NeighborBuilder: @unchecked Sendable {
    private let builder: OpaquePointer
    private let vectors: MappedVectors
    private let options: NeighborOptions

    init(_ vectors: MappedVectors, points: Int, _ options: NeighborOptions) throws {
        (self.vectors, self.options) = (vectors, options)
        let stored = vectors.stored
        var of = dsn_vectors(base: stored.base, precision: stored.kernelPrecision, width: stored.width)
        var status = DSN_DONE
        guard let made = dsn_make(&of, points, UInt32(options.links), UInt32(options.effort), &status) else {
            throw Self.error(status)
        }
        builder = made
    }

    deinit { dsn_free(builder) }

    /// Adds rows.
    /// - Returns: whether all were added.
    func add(_ rows: [UInt32], isCancelled: () -> Bool, progress: (Int, Int) -> Void) throws -> Bool {
        let failure = Atomic(DSN_DONE.rawValue)
        @Sendable func add(_ row: UInt32) {
            let status = dsn_add(builder, row, Self.level(of: row, links: options.links))
            if status != DSN_DONE { failure.store(status.rawValue, ordering: .relaxed) }
        }
        if let first = rows.first { add(first) }
        for start in stride(from: 1, to: rows.count, by: 1024) {
            guard !isCancelled() else { return false }
            progress(start, rows.count)
            let part = rows[start..<min(start + 1024, rows.count)]
            Parallel.forEach(part.count) { index in add(part[start + index]) }
            let status = dsn_status(failure.load(ordering: .relaxed))
            guard status == DSN_DONE else { throw Self.error(status) }
        }
        progress(rows.count, rows.count)
        return true
    }

    /// The highest level of a row: one in `links` reaches each next. It depends on the row only, whichever thread adds it.
    private static func level(of row: UInt32, links: Int) -> Int32 {
        var generator = SeededGenerator(state: UInt64(row) &+ 0x6C65_7665_6C00_0000)
        let share = (Double(generator.next() >> 11) + 1) * 0x1p-53
        return Int32(min(-log(share) / log(Double(links)), 60))
    }

    private static func error(_ status: dsn_status) -> DreamSimError {
        switch status {
        case DSN_NO_MEMORY:
            DreamSimError(
                .unwritable, "the nearest-neighbor graph", "there is not enough memory to build it; try fewer links")
        case DSN_UNAVAILABLE:
            DreamSimError(
                .unreadable, "the nearest-neighbor graph",
                "this program was built without hnswlib; install libhnswlib-dev (Debian) or hnswlib (Homebrew) and build "
                    + "it again")
        default: DreamSimError(.unreadable, "the nearest-neighbor graph", "hnswlib could not add a vector")
        }
    }
}

extension NeighborBuilder {
    /// Writes the graph, see `NeighborFile`.
    func write(to url: URL, rows: Int, equal: EqualRows, vectors name: String) throws {
        let points = UInt32(dsn_count(builder))
        var levels: [[UInt32]] = []
        var point = Array(repeating: UInt32.max, count: rows)
        for index in 0..<points {
            point[Int(dsn_row(builder, index))] = index
            let level = Int(dsn_level(builder, index))
            while levels.count < level { levels.append([]) }
            for below in 0..<max(0, level) { levels[below].append(index) }
        }
        for level in levels.indices { levels[level].sort { dsn_row(builder, $0) < dsn_row(builder, $1) } }
        var header = NeighborFile.Header(
            vectors: name, rows: rows, points: Int(points), links: options.links, effort: options.effort,
            levels: levels.map(\.count), entry: 0, equal: equal.rows.count)
        let entry = dsn_entry(builder)
        header.entry = levels.last.map { $0.firstIndex(of: entry) ?? 0 } ?? Int(dsn_row(builder, entry))
        let bytes = try NeighborFile.frame.bytes(header, name: url.path)
        do throws(AtomicFile.Failure) {
            let file = try AtomicFile(replacing: url.path.utf8)
            try file.append(bytes)
            try writeLowest(point, to: file)
            try writeLevels(levels, to: file)
            try file.append(equal.bytes)
            try file.commit()
        } catch {
            throw DreamSimError(error)
        }
    }

    private func writeLowest(_ point: [UInt32], to file: borrowing AtomicFile) throws(AtomicFile.Failure) {
        var records = RecordBuffer(words: NeighborFile.bytes(onLevel: 0, links: options.links) / 4)
        for point in point {
            var links: [UInt32] = []
            if point != .max { links = neighbors(point, 0).map { dsn_row(builder, $0) } }
            try records.append([UInt32(links.count)] + links, to: file)
        }
        try records.flush(to: file)
    }

    private func writeLevels(_ levels: [[UInt32]], to file: borrowing AtomicFile) throws(AtomicFile.Failure) {
        var below: [UInt32: UInt32] = [:]
        for (index, points) in levels.enumerated() {
            var places: [UInt32: UInt32] = [:]
            for (place, point) in points.enumerated() { places[point] = UInt32(place) }
            var records = RecordBuffer(words: NeighborFile.bytes(onLevel: 1, links: options.links) / 4)
            for point in points {
                let row = dsn_row(builder, point)
                let links = neighbors(point, index + 1).compactMap { places[$0] }
                try records.append(
                    [row, index == 0 ? row : below[point] ?? 0, UInt32(links.count)] + links, to: file)
            }
            try records.flush(to: file)
            below = places
        }
    }

    private func neighbors(_ point: UInt32, _ level: Int) -> UnsafeBufferPointer<UInt32> {
        var base: UnsafePointer<UInt32>?
        let count = dsn_neighbors(builder, point, Int32(level), &base)
        return UnsafeBufferPointer(start: base, count: count)
    }
}

/// Records on their way into a file.
private struct RecordBuffer {
    private let words: Int
    private var bytes: [UInt8] = []

    init(words: Int) { self.words = words }

    /// Appends a record, filled up with zeros, and its checksum.
    mutating func append(_ content: [UInt32], to file: borrowing AtomicFile) throws(AtomicFile.Failure) {
        precondition(content.count < words, "\(content.count) numbers in a record of \(words)")
        let record = (content + Array(repeating: 0, count: words - 1 - content.count)).map(\.littleEndian)
        let start = bytes.count
        record.withUnsafeBytes { bytes += $0 }
        let checksum = bytes[start...].withUnsafeBytes { Checksum.of($0) }
        withUnsafeBytes(of: checksum.littleEndian) { bytes += $0 }
        if bytes.count > 4 << 20 { try flush(to: file) }
    }

    mutating func flush(to file: borrowing AtomicFile) throws(AtomicFile.Failure) {
        try file.append(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
