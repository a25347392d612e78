internal import CDreamSim
import DreamSim

extension dreamsim1_tensor {
    /// What one batch may hold: 4 GB.
    private static let most = 1 << 30

    /// The shape, checked.
    func shape(_ name: String) throws -> Shape {
        guard data != nil else { throw badArgument(name, "has no values; `data` is NULL") }
        guard images > 0, height > 0, width > 0 else {
            throw badArgument(name, "is [\(images), 3, \(height), \(width)]; every extent must be 1 at least")
        }
        guard let shape = Shape(checking: [Int(images), 3, Int(height), Int(width)]), shape.count <= Self.most else {
            throw badArgument(
                name,
                "is [\(images), 3, \(height), \(width)], more than \(Self.most) values; give fewer images at a time")
        }
        return shape
    }

    /// The values, copied to rows that follow each other.
    func tensor(_ name: String) throws -> Tensor {
        let shape = try shape(name)
        return Tensor(uninitialized: shape) { target in
            forEachRow { row, place in
                for column in 0..<Int(width) {
                    (target.baseAddress! + place + column).initialize(to: row[column * Int(column_stride)])
                }
            }
        }
    }

    /// Writes values of the same shape.
    func fill(_ tensor: Tensor) {
        tensor.withUnsafeBufferPointer { source in
            forEachRow { row, place in
                for column in 0..<Int(width) { row[column * Int(column_stride)] = source[place + column] }
            }
        }
    }

    /// Checks that what is to be written has the shape of what it is the gradient of.
    func check(like other: dreamsim1_tensor, _ name: String) throws {
        _ = try shape(name)
        guard (images, height, width) == (other.images, other.height, other.width) else {
            throw badArgument(
                name,
                "is [\(images), 3, \(height), \(width)], not [\(other.images), 3, \(other.height), \(other.width)] as the images are"
            )
        }
    }

    /// Calls `body` with each row of each channel, and where it is in a batch without gaps.
    private func forEachRow(_ body: (UnsafeMutablePointer<Float>, Int) -> Void) {
        guard let data else { return }
        var place = 0
        for image in 0..<Int(images) {
            for channel in 0..<3 {
                for row in 0..<Int(height) {
                    let offset =
                        image * Int(image_stride) + channel * Int(channel_stride) + row * Int(row_stride)
                    body(data + offset, place)
                    place += Int(width)
                }
            }
        }
    }
}
