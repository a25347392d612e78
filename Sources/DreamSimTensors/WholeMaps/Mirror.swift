/// A map whose border mirrors what it surrounds; the edge places are not repeated. For kernel files only.
struct Mirror {
    private let map: MapRows
    private let border: Int

    /// - Parameter map: with its border on all sides.
    init(_ map: MapRows, border: Int) {
        (self.map, self.border) = (map, border)
    }

    /// Fills the border.
    func extend() {
        let channels = map.channels
        for row in border..<(map.rows - border) {
            let line = map.row(row)
            for x in 0..<border {
                (line + x * channels).update(from: line + (2 * border - x) * channels, count: channels)
                let last = map.columns - 1
                (line + (last - x) * channels).update(from: line + (last - 2 * border + x) * channels, count: channels)
            }
        }
        for y in 0..<border {
            let count = map.columns * channels
            map.row(y).update(from: map.row(2 * border - y), count: count)
            map.row(map.rows - 1 - y).update(from: map.row(map.rows - 1 - 2 * border + y), count: count)
        }
    }

    /// The backward pass of `extend`: adds the border to the places that it mirrors.
    func fold() {
        func add(_ source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>, _ count: Int) {
            for i in 0..<count { target[i] += source[i] }
        }
        let channels = map.channels
        for y in 0..<border {
            let count = map.columns * channels
            add(map.row(y), to: map.row(2 * border - y), count)
            add(map.row(map.rows - 1 - y), to: map.row(map.rows - 1 - 2 * border + y), count)
        }
        for row in border..<(map.rows - border) {
            let line = map.row(row)
            for x in 0..<border {
                let last = map.columns - 1
                add(line + x * channels, to: line + (2 * border - x) * channels, channels)
                add(line + (last - x) * channels, to: line + (last - 2 * border + x) * channels, channels)
            }
        }
    }
}
