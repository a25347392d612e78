import CDreamSimKernels

extension Image {
    /// Resamples to another size; with `.bicubic(a: -0.5)` and antialiasing equal to Pillow's bicubic bit for bit.
    ///
    /// Two passes, each rounded to 8 bits: columns first unless the height shrinks much more than the width, as in
    /// Pillow 13. A pass that changes nothing is skipped. Source: Pillow's `Image.resize`, which torchvision's `Resize`
    /// calls for PIL images.
    ///
    /// - Parameters:
    ///   - width: The new number of columns, at least 1.
    ///   - height: The new number of rows, at least 1.
    ///   - filter: The filter; the aspect ratio is not kept.
    ///   - antialias: Whether the filter widens with the ratio when the image shrinks.
    /// - Complexity: O(W' * H * s) for a support of s samples.
    public func resized(
        width: Int, height: Int, filter: ResamplingFilter = .bicubic(a: -0.5), antialias: Bool = true
    ) -> Image {
        resized(
            width: width, height: height, filter: filter, antialias: antialias,
            box: (0, 0, Float(self.width), Float(self.height)))
    }

    /// Resamples a part of the image, as Pillow's `resize(size, filter, box)`.
    ///
    /// - Parameter box: Left, top, right and bottom edge of the part, in pixels, inside the image.
    package func resized(
        width: Int, height: Int, filter: ResamplingFilter, antialias: Bool,
        box: (left: Float, top: Float, right: Float, bottom: Float)
    ) -> Image {
        precondition(width > 0 && height > 0, "resized to \(width)x\(height)")
        if case .bicubic(let a) = filter { precondition((-1...0).contains(a), "a cubic slope of \(a), not -1...0") }
        let changesColumns = width != self.width || box.left != 0 || box.right != Float(width)
        let changesRows = height != self.height || box.top != 0 || box.bottom != Float(height)
        if !changesColumns && !changesRows { return self }

        let rows = ResamplingAxis(
            input: self.height, from: box.top, to: box.bottom, output: height, filter: filter, antialias: antialias)
        let columns = ResamplingAxis(
            input: self.width, from: box.left, to: box.right, output: width, filter: filter, antialias: antialias)
        let rowsFirst = Self.resizesRowsFirst(from: (self.width, self.height), to: (width, height))
        if changesRows && (!changesColumns || rowsFirst) {
            let short = Self.resampledRows(pixels, width: self.width, axis: rows)
            let result =
                changesColumns
                ? Self.resampledColumns(short, width: self.width, rows: 0..<height, axis: columns) : short
            return Image(width: width, height: height, pixels: result)
        }
        // Only the rows that the second pass reads are made.
        let used = changesRows ? rows.usedRange : 0..<self.height
        let narrow = Self.resampledColumns(pixels, width: self.width, rows: used, axis: columns)
        let result =
            changesRows ? Self.resampledRows(narrow, width: width, axis: rows.shifted(by: used.lowerBound)) : narrow
        return Image(width: width, height: height, pixels: result)
    }

    /// Whether Pillow 13 takes the rows first: it does when they lose more than twice as many as the columns do.
    ///
    /// Rounding between the passes makes the order visible, by up to 2 of 255. Pillow before 13 always took the columns
    /// first, so tall images differ by that much between its versions.
    static func resizesRowsFirst(from old: (width: Int, height: Int), to new: (width: Int, height: Int)) -> Bool {
        old.height > new.height && old.height - new.height > 2 * (old.width - new.width)
    }

    private static func resampledRows(_ pixels: [UInt8], width: Int, axis: ResamplingAxis) -> [UInt8] {
        let count = axis.starts.count * width * 3
        return [UInt8](unsafeUninitializedCapacity: count) { out, initialized in
            axis.withKernelPlan { dreamsim_resample_columns(pixels, width * 3, $0, out.baseAddress) }
            initialized = count
        }
    }

    private static func resampledColumns(_ pixels: [UInt8], width: Int, rows: Range<Int>, axis: ResamplingAxis)
        -> [UInt8]
    {
        let count = rows.count * axis.starts.count * 3
        let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: width * 3 * Int(DREAMSIM_RESAMPLE_ROWS))
        defer { scratch.deallocate() }
        return [UInt8](unsafeUninitializedCapacity: count) { out, initialized in
            pixels.withUnsafeBufferPointer { source in
                axis.withKernelPlan { plan in
                    dreamsim_resample_rows(
                        source.baseAddress! + rows.lowerBound * width * 3, width, rows.count, plan, scratch.baseAddress,
                        out.baseAddress)
                }
            }
            initialized = count
        }
    }
}
