import DreamSimNetworks

/// Pixels as a network sees them: (v - mean) / deviation of each channel, in rows of a channels-last map.
struct PixelRows: Sendable {
    /// What each value of each channel becomes, [256][3].
    private let table: [SIMD4<Float>]

    /// - Parameter value: takes a pixel's value in 0...255 and its channel.
    init(_ value: (Int, Int) -> Float) {
        table = (0..<256).map { v in SIMD4(value(v, 0), value(v, 1), value(v, 2), 0) }
    }

    /// Fills rows of maps from images of the maps' width.
    func fill(_ rows: Range<Int>, of images: [Image], into maps: [MapRows]) {
        for (image, map) in zip(images, maps) {
            image.pixels.withUnsafeBufferPointer { pixels in
                table.withUnsafeBufferPointer { table in
                    for (index, row) in rows.enumerated() {
                        let source = pixels.baseAddress! + row * image.width * 3
                        let target = map.row(index)
                        for x in 0..<image.width {
                            target[3 * x] = table[Int(source[3 * x])].x
                            target[3 * x + 1] = table[Int(source[3 * x + 1])].y
                            target[3 * x + 2] = table[Int(source[3 * x + 2])].z
                        }
                    }
                }
            }
        }
    }

    /// Standardized with ImageNet's color statistics.
    static let imageNet = PixelRows { v, c in
        (Float(v) / 255 - ColorStatistics.imageNetMean[c]) / ColorStatistics.imageNetStandardDeviation[c]
    }
}
