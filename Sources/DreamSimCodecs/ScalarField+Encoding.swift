import CDreamSimVips

extension ScalarField {
    /// The field as a PNG of 8-bit gray, a pixel a value: 0 is black, 1 is white; values beyond are brought there, NaN to 0.
    ///
    /// - Throws: ``DreamSimError`` when the encoder fails.
    public func pngData() throws(DreamSimError) -> [UInt8] {
        let samples = values.map(Self.byte)
        return try samples.withUnsafeBufferPointer { samples throws(DreamSimError) in
            try Vips.encoded(
                as: "PNG", "the mask",
                dreamsim_vips_wrap(
                    samples.baseAddress, samples.count, Int32(width), Int32(height), 1, VIPS_FORMAT_UCHAR,
                    VIPS_INTERPRETATION_B_W)
            ) { image, memory, count in dreamsim_vips_png(image, &memory, &count) }
        }
    }

    /// A part of 1 in 255ths.
    static func byte(_ value: Float) -> UInt8 { value > 0 ? UInt8((min(value, 1) * 255).rounded()) : 0 }

    /// The field as a PNG of 16-bit gray, a pixel a value.
    ///
    /// - Parameters:
    ///   - low: The value that becomes 0; values below it too, and NaN.
    ///   - high: The value that becomes 65,535, above `low`; values above it too.
    /// - Throws: ``DreamSimError`` when the encoder fails.
    public func png16Data(from low: Double, to high: Double) throws(DreamSimError) -> [UInt8] {
        precondition(low < high, "a range from \(low) to \(high)")
        let samples = values.map { value -> UInt16 in
            let place = (Double(value) - low) / (high - low)
            return place > 0 ? UInt16((min(place, 1) * 65535).rounded()) : 0
        }
        return try samples.withUnsafeBufferPointer { samples throws(DreamSimError) in
            try Vips.encoded(
                as: "PNG", "the map",
                dreamsim_vips_wrap_gray16(samples.baseAddress, samples.count * 2, Int32(width), Int32(height))
            ) { image, memory, count in dreamsim_vips_png(image, &memory, &count) }
        }
    }
}
