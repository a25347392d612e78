import CDreamSimVips

extension ScalarField {
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
