internal import CDreamSimKernels

extension StoredRows {
    /// Some rows as float32, in the order in which they are named, [count, width]; on all threads.
    package func gathered(_ numbers: some RandomAccessCollection<Int32> & Sendable) -> Tensor {
        let numbers = Array(numbers)
        return Tensor(uninitialized: [numbers.count, width]) { buffer in
            guard let base = buffer.baseAddress else { return }
            let target = UnsafeSendablePointer(base)
            Parallel.forEachRange(numbers.count, multiple: 16) { range in
                for index in range {
                    widen(numbers[index], 0..<width, into: target.pointer + index * width)
                }
            }
        }
    }

    /// The mean of each of several groups of rows, [groups, width], in double precision.
    ///
    /// Threads share the groups and the columns, and every sum is taken in the order of its rows: the result does not
    /// depend on the number of threads. The mean of no rows is 0.
    package func means(of groups: [[Int32]]) -> [[Double]] {
        let parts = (width + Self.columnsTogether - 1) / Self.columnsTogether
        let sums = UnsafeMutablePointer<Double>.allocate(capacity: max(1, groups.count * width))
        defer { sums.deallocate() }
        let target = UnsafeSendablePointer(sums)
        Parallel.forEach(groups.count * parts) { part in
            let (group, first) = (part / parts, part % parts * Self.columnsTogether)
            let columns = first..<min(first + Self.columnsTogether, width)
            addUp(groups[group], columns, into: target.pointer + group * width + first)
        }
        return groups.indices.map { group in
            let count = Double(max(1, groups[group].count))
            return (0..<width).map { sums[group * width + $0] / count }
        }
    }

    /// So many components of a row are worth a visit.
    private static let columnsTogether = 256

    private func addUp(_ numbers: [Int32], _ columns: Range<Int>, into sums: UnsafeMutablePointer<Double>) {
        sums.initialize(repeating: 0, count: columns.count)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.columnsTogether) { values in
            guard let values = values.baseAddress else { return }
            for number in numbers {
                widen(number, columns, into: values)
                for i in 0..<columns.count { sums[i] += Double(values[i]) }
            }
        }
    }

    private func widen(_ number: Int32, _ columns: Range<Int>, into target: UnsafeMutablePointer<Float>) {
        precondition((0..<rows).contains(Int(number)), "row \(number) of \(rows)")
        guard let start = address(of: Int(number)) else { return }
        dsv_widen_rows(
            start + columns.lowerBound * (rowBytes / width), precision.kernel, width, 1, columns.count, target)
    }
}
