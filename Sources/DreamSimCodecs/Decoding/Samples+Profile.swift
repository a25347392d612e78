import CDreamSimVips

extension Samples {
    /// The samples with their color profile applied.
    /// - Returns: samples in sRGB; and what is to be said of it, nil when the profile changes nothing.
    func converted(by profile: ColorProfile, path: String) -> (samples: Samples, note: String?) {
        if profile.isSRGB { return (self, nil) }
        let label = profile.name.isEmpty ? "the color profile" : "the color profile '\(profile.name)'"
        guard profile.space == space else {
            return (self, "\(label) is not for such an image and is ignored")
        }
        do throws(DreamSimError) {
            return (try applied(profile, path), "\(label) was applied; colors are converted to sRGB")
        } catch {
            return (self, "\(label) cannot be applied and is ignored")
        }
    }

    private var space: ColorProfile.Space {
        switch model {
        case .gray, .grayAlpha: .gray
        case .rgb, .rgbAlpha: .rgb
        case .cmyk: .cmyk
        }
    }

    private func applied(_ profile: ColorProfile, _ path: String) throws(DreamSimError) -> Samples {
        func failure(_ message: String) -> DreamSimError {
            DreamSimError(.malformed, path, "its color profile cannot be applied\(message)")
        }
        let (bands, interpretation) =
            switch model {
            case .gray: (1, VIPS_INTERPRETATION_B_W)
            case .grayAlpha: (2, VIPS_INTERPRETATION_B_W)
            case .rgb: (3, VIPS_INTERPRETATION_sRGB)
            case .rgbAlpha: (4, VIPS_INTERPRETATION_sRGB)
            case .cmyk: (4, VIPS_INTERPRETATION_CMYK)
            }
        return try values.withUnsafeBufferPointer { values throws(DreamSimError) in
            let image = try Vips.call(path: path, failure: failure) {
                dreamsim_vips_wrap(
                    values.baseAddress, values.count, Int32(width), Int32(height), Int32(bands), VIPS_FORMAT_UCHAR,
                    interpretation)
            }
            defer { dreamsim_vips_release(image) }
            let converted = try Vips.call(path: path, failure: failure) {
                profile.bytes.withUnsafeBufferPointer { dreamsim_vips_to_srgb(image, $0.baseAddress, $0.count) }
            }
            defer { dreamsim_vips_release(converted) }
            let channels = hasAlpha ? 4 : 3
            let result = try Vips.call(path: path, failure: failure) {
                Vips.values(of: converted, width * height * channels)
            }
            return Samples(width: width, height: height, model: hasAlpha ? .rgbAlpha : .rgb, values: result)
        }
    }
}
