extension Tensor {
    /// An image as a batch of one: [1, 3, H, W], planar red, green and blue in [0, 1].
    public init(_ image: Image) {
        let plane = image.width * image.height
        self.init(uninitialized: [1, 3, image.height, image.width]) {
            if let target = $0.baseAddress { Self.fill(target, image, plane) }
        }
    }

    private static func fill(_ target: UnsafeMutablePointer<Float>, _ image: Image, _ plane: Int) {
        image.pixels.withUnsafeBufferPointer { pixels in
            for c in 0..<3 {
                for i in 0..<plane { target[c * plane + i] = Float(pixels[3 * i + c]) / 255 }
            }
        }
    }

    /// Images of one size as a batch of planar color: [N, 3, H, W] in [0, 1].
    /// - Throws: `DreamSimError` with `.incomparable` when sizes differ.
    public init(_ images: [Image]) throws(DreamSimError) {
        guard let first = images.first else {
            self.init(zeros: [0, 3, 0, 0])
            return
        }
        if let other = images.first(where: { $0.width != first.width || $0.height != first.height }) {
            throw DreamSimError(
                .incomparable, "images",
                "a batch takes one size, these have \(first.width)x\(first.height) and \(other.width)x\(other.height) "
                    + "pixels; resize them first")
        }
        let plane = first.width * first.height
        self.init(uninitialized: [images.count, 3, first.height, first.width]) { target in
            guard let target = target.baseAddress else { return }
            for (n, image) in images.enumerated() { Self.fill(target + 3 * n * plane, image, plane) }
        }
    }

    /// The images of a batch [N, 3, H, W]; values are held to [0, 1] and rounded to 8 bits.
    /// - Throws: `DreamSimError` with `.badSetting` when the shape is another.
    public func images() throws(DreamSimError) -> [Image] {
        guard shape.rank == 4, shape[1] == 3, count > 0 else {
            throw DreamSimError(.badSetting, "tensor", "of shape \(shape) holds no images; they are [N, 3, H, W]")
        }
        let (height, width) = (shape[2], shape[3])
        let plane = height * width
        return withUnsafeBufferPointer { values in
            (0..<shape[0]).map { n in
                let pixels = [UInt8](unsafeUninitializedCapacity: 3 * plane) { pixels, initialized in
                    for c in 0..<3 {
                        for i in 0..<plane {
                            let value = values[(n * 3 + c) * plane + i]
                            pixels[3 * i + c] = value.isNaN ? 0 : UInt8((min(max(value, 0), 1) * 255).rounded())
                        }
                    }
                    initialized = 3 * plane
                }
                return Image(width: width, height: height, pixels: pixels)
            }
        }
    }
}
