import CDreamSimKernels

/// An image in gray, as Pillow's `convert("L")` makes it.
struct LumaPlane {
    let width: Int
    let height: Int
    /// `height * width` values in 0...255, row by row.
    let values: [UInt8]

    private init(width: Int, height: Int, values: [UInt8]) {
        (self.width, self.height, self.values) = (width, height, values)
    }

    /// The luma of an image: integer weights of 16 fractional bits, rounded half up.
    init(_ image: Image) {
        let count = image.width * image.height
        let values = [UInt8](unsafeUninitializedCapacity: count) { values, initialized in
            image.pixels.withUnsafeBufferPointer { pixels in
                for i in 0..<count {
                    let (red, green) = (UInt32(pixels[3 &* i]), UInt32(pixels[3 &* i &+ 1]))
                    let sum = 19595 &* red &+ 38470 &* green &+ 7471 &* UInt32(pixels[3 &* i &+ 2])
                    values[i] = UInt8(truncatingIfNeeded: (sum &+ 0x8000) >> 16)
                }
            }
            initialized = count
        }
        self.init(width: image.width, height: image.height, values: values)
    }

    /// Resamples to another size by the antialiased Lanczos filter; equal to Pillow's bit for bit.
    func resized(width: Int, height: Int) -> LumaPlane {
        let rowsFirst = Image.resizesRowsFirst(from: (self.width, self.height), to: (width, height))
        if rowsFirst { return resized(height: height).transposed.resized(height: width).transposed }
        return transposed.resized(height: width).transposed.resized(height: height)
    }

    private func resized(height: Int) -> LumaPlane {
        let axis = ResamplingAxis(
            input: self.height, from: 0, to: Float(self.height), output: height, filter: .lanczos, antialias: true)
        let result = [UInt8](unsafeUninitializedCapacity: height * width) { out, initialized in
            axis.withKernelPlan { dreamsim_resample_columns(values, width, $0, out.baseAddress) }
            initialized = height * width
        }
        return LumaPlane(width: width, height: height, values: result)
    }

    /// Rows become columns. Some columns at a time, so that the rows of the result that are written stay near.
    private var transposed: LumaPlane {
        let result = [UInt8](unsafeUninitializedCapacity: values.count) { out, initialized in
            values.withUnsafeBufferPointer { values in
                for left in stride(from: 0, to: width, by: 64) {
                    for y in 0..<height {
                        for x in left..<min(left + 64, width) { out[x &* height &+ y] = values[y &* width &+ x] }
                    }
                }
            }
            initialized = values.count
        }
        return LumaPlane(width: height, height: width, values: result)
    }
}
