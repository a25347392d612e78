import Foundation

/// Rows whose vectors are equal, byte for byte. The lowest of them is a point of the nearest-neighbor graph and stands for the
/// others: equal points would have links to each other only, and the graph would fall apart.
struct EqualRows: Sendable {
    /// The others, in the order of what stands for them and then of themselves.
    private(set) var rows: [UInt32] = []
    /// What stands for each of them.
    private(set) var standIns: [UInt32] = []

    /// None.
    init() {}

    /// Finds them.
    /// - Parameter live: the rows that count, ascending.
    init(_ vectors: MappedVectors, live: [UInt32]) {
        let sums = Parallel.map(live.count) { Checksum.of(vectors.bytes(Int(live[$0]))) }
        let order = live.indices.sorted { (sums[$0], $0) < (sums[$1], $1) }
        var pairs: [(standIn: UInt32, row: UInt32)] = []
        /// The first rows of each vector that has the checksum.
        var firsts: [UInt32] = []
        for (place, index) in order.enumerated() {
            if place == 0 || sums[order[place - 1]] != sums[index] { firsts.removeAll() }
            let row = live[index]
            let bytes = vectors.bytes(Int(row))
            if let first = firsts.first(where: { vectors.bytes(Int($0)).elementsEqual(bytes) }) {
                pairs.append((first, row))
            } else {
                firsts.append(row)
            }
        }
        pairs.sort { ($0.standIn, $0.row) < ($1.standIn, $1.row) }
        (standIns, rows) = (pairs.map(\.standIn), pairs.map(\.row))
    }

    /// Reads what `bytes` wrote.
    /// - Parameter limit: the number of rows.
    /// - Returns: nil when the bytes are no such list.
    init?(_ bytes: UnsafeRawBufferPointer, below limit: Int) {
        guard !bytes.isEmpty else { return }
        guard bytes.count % 8 == 4 else { return nil }
        let words = bytes.bindMemory(to: UInt32.self).map(UInt32.init(littleEndian:))
        let count = words.count / 2
        (standIns, rows) = (Array(words[..<count]), Array(words[count..<(2 * count)]))
        let pairs = zip(standIns, rows)
        guard Checksum.of(UnsafeRawBufferPointer(rebasing: bytes.dropLast(4))) == words[2 * count],
            pairs.allSatisfy({ $0 < $1 && $1 < limit }),
            zip(pairs, pairs.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
    }

    /// How many bytes so many rows take in a file.
    static func size(_ count: Int) -> Int { count == 0 ? 0 : 8 * count + 4 }

    /// What stands for the rows, the rows, and the checksum of both; nothing when there are none.
    var bytes: [UInt8] {
        guard !rows.isEmpty else { return [] }
        var bytes = (standIns + rows).flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
        let checksum = bytes.withUnsafeBytes { Checksum.of($0) }
        withUnsafeBytes(of: checksum.littleEndian) { bytes += $0 }
        return bytes
    }

    /// The rows for which a row stands, but for itself; ascending.
    subscript(standIn: UInt32) -> ArraySlice<UInt32> {
        guard !rows.isEmpty else { return [] }
        let first = firstPlace { $0 >= standIn }
        guard first < standIns.count, standIns[first] == standIn else { return [] }
        return rows[first..<firstPlace { $0 > standIn }]
    }

    /// The first place from which on a condition holds.
    private func firstPlace(where holds: (UInt32) -> Bool) -> Int {
        var (low, high) = (0, standIns.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(standIns[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
