extension Image {
    /// Turns the stored image upright.
    ///
    /// - Parameter orientation: EXIF's number: 1 upright, 2 mirrored, 3 half turn, 4 flipped, 5 transposed,
    ///   6 needs a quarter turn clockwise, 7 transversed, 8 needs a quarter turn anticlockwise. Other numbers do nothing.
    package func oriented(_ orientation: Int) -> Image {
        guard (2...8).contains(orientation) else { return self }
        let swapsAxes = orientation >= 5
        let (newWidth, newHeight) = swapsAxes ? (height, width) : (width, height)
        let mirrorsColumns = [2, 3, 7, 8].contains(orientation)
        let mirrorsRows = [3, 4, 6, 7].contains(orientation)
        let result = [UInt8](unsafeUninitializedCapacity: pixels.count) { out, initialized in
            pixels.withUnsafeBufferPointer { source in
                for y in 0..<newHeight {
                    for x in 0..<newWidth {
                        // The place in the stored image: axes first, then mirrors of the stored axes.
                        var (column, row) = swapsAxes ? (y, x) : (x, y)
                        if mirrorsColumns { column = width - 1 - column }
                        if mirrorsRows { row = height - 1 - row }
                        let from = (row * width + column) * 3
                        let to = (y * newWidth + x) * 3
                        out[to] = source[from]
                        out[to + 1] = source[from + 1]
                        out[to + 2] = source[from + 2]
                    }
                }
            }
            initialized = pixels.count
        }
        return Image(width: newWidth, height: newHeight, pixels: result)
    }
}
