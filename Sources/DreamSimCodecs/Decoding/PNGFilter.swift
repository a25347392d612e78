/// Undoes the filters of a PNG's rows (PNG, third edition, 9.2).
enum PNGFilter {
    /// Undoes the filter of a row in place.
    /// - Parameters:
    ///   - last: the row before, after its filter was undone.
    ///   - step: the bytes from a sample to that of the pixel before.
    /// - Returns: false for a filter that there is not.
    static func undo(
        _ filter: UInt8, _ row: UnsafeMutablePointer<UInt8>, _ last: UnsafePointer<UInt8>, _ count: Int, _ step: Int
    ) -> Bool {
        let head = min(step, count)
        switch filter {
        case 0: break
        case 1: for i in head..<count { row[i] &+= row[i &- step] }
        case 2: for i in 0..<count { row[i] &+= last[i] }
        case 3:
            for i in 0..<head { row[i] &+= last[i] >> 1 }
            for i in head..<count {
                row[i] &+= UInt8(truncatingIfNeeded: (UInt16(row[i &- step]) &+ UInt16(last[i])) >> 1)
            }
        case 4:
            for i in 0..<head { row[i] &+= last[i] }
            switch step {
            case 3: for first in 0..<3 { paeth(row, last, from: first, count, 3) }
            case 4: for first in 0..<4 { paeth(row, last, from: first, count, 4) }
            default: for first in 0..<head { paeth(row, last, from: first, count, step) }
            }
        default: return false
        }
        return true
    }

    /// Undoes the filter of Paeth for one byte of each pixel but the first.
    @inline(__always)
    private static func paeth(
        _ row: UnsafeMutablePointer<UInt8>, _ last: UnsafePointer<UInt8>, from first: Int, _ count: Int, _ step: Int
    ) {
        guard first < count else { return }
        var (left, corner) = (Int32(row[first]), Int32(last[first]))
        var i = first &+ step
        while i < count {
            let above = Int32(last[i])
            // The distances of left + above - corner from each of the three.
            let (toLeft, toAbove) = (above &- corner, left &- corner)
            let (a, b, c) = (abs(toLeft), abs(toAbove), abs(toLeft &+ toAbove))
            let nearest = a <= b && a <= c ? left : b <= c ? above : corner
            corner = above
            left = (Int32(row[i]) &+ nearest) & 255
            row[i] = UInt8(truncatingIfNeeded: left)
            i &+= step
        }
    }
}
