/// A window on images of one size: a crop, shifted at random, which may reach a little beyond the borders, where the
/// image is mirrored. The same window on an image and its target leaves aligned what is aligned, and moves both against
/// a network's grid.
package struct RandomView {
    /// Which row and column of the image each of the view is.
    private let rows: [Int]
    private let columns: [Int]

    /// How windows are drawn.
    package struct Settings: Hashable {
        /// How far windows are shifted, in pixels.
        package var shift: Int
        /// The smallest share of either side that a window shows; 1 for no crops.
        package var crop: Double

        package init(shift: Int, crop: Double) { (self.shift, self.crop) = (shift, crop) }

        /// Whether every window is the whole image.
        package var isWhole: Bool { shift == 0 && crop == 1 }
    }

    /// The whole image.
    package init(height: Int, width: Int) {
        rows = Array(0..<height)
        columns = Array(0..<width)
    }

    /// Draws a window.
    package init(height: Int, width: Int, _ settings: Settings, from generator: inout SeededGenerator) {
        let share = settings.crop + (1 - settings.crop) * generator.unit()
        func indices(_ size: Int) -> [Int] {
            let length = min(size, max(1, Int((share * Double(size)).rounded())))
            let shift = min(settings.shift, size - 1)
            let first = generator.index(below: size - length + 2 * shift + 1) - shift
            return (first..<(first + length)).map { Self.mirrored($0, size) }
        }
        rows = indices(height)
        columns = indices(width)
    }

    /// Beyond a border the image is mirrored, without its outermost pixel twice.
    private static func mirrored(_ index: Int, _ size: Int) -> Int {
        guard size > 1 else { return 0 }
        let period = 2 * (size - 1)
        let place = ((index % period) + period) % period
        return place < size ? place : period - place
    }

    /// What of images [N, C, H, W] is seen.
    package func applied(to images: Tensor) -> Tensor {
        let (height, width) = (images.shape[2], images.shape[3])
        let planes = images.shape[0] * images.shape[1]
        return images.withUnsafeBufferPointer { source in
            Tensor(uninitialized: [images.shape[0], images.shape[1], rows.count, columns.count]) { target in
                var next = 0
                for plane in 0..<planes {
                    for row in rows {
                        let line = (plane * height + row) * width
                        for column in columns {
                            target[next] = source[line + column]
                            next += 1
                        }
                    }
                }
            }
        }
    }

    /// The gradient of the images, given that of what is seen.
    package func backward(_ gradient: Tensor, height: Int, width: Int) -> Tensor {
        let planes = gradient.shape[0] * gradient.shape[1]
        var result = Tensor(zeros: [gradient.shape[0], gradient.shape[1], height, width])
        gradient.withUnsafeBufferPointer { source in
            result.withUnsafeMutableBufferPointer { target in
                var next = 0
                for plane in 0..<planes {
                    for row in rows {
                        let line = (plane * height + row) * width
                        for column in columns {
                            target[line + column] += source[next]
                            next += 1
                        }
                    }
                }
            }
        }
        return result
    }
}
