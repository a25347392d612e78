import CDreamSimZlib

/// What the chunks of a PNG say about its colors (PNG, third edition, 4.3): cICP before iCCP, before sRGB, before gAMA and cHRM.
struct PNGColors {
    private(set) var warnings: [String] = []
    private let isGray: Bool
    private var codes: [UInt8]?
    private var stored: [UInt8]?
    private var isStatedSRGB = false
    private var gamma: Double?
    private var primaries: ColorProfile.Primaries?

    /// No profile is larger; those of printers have some megabytes.
    private static let profileLimit = 16 << 20

    /// - Parameter colorType: PNG's, of which 0 and 4 are gray.
    init(colorType: UInt8) { isGray = colorType & 2 == 0 }

    /// Takes a chunk that comes before the pixels.
    mutating func take(_ name: ArraySlice<UInt8>, _ content: [UInt8]) {
        func number(_ index: Int) -> Double { Double(content.integer(at: 4 * index, bytes: 4, .big) ?? 0) / 100_000 }
        switch String(decoding: name, as: UTF8.self) {
        case "cICP" where content.count == 4: codes = content
        case "iCCP": stored = content
        case "sRGB": isStatedSRGB = true
        case "gAMA" where content.count == 4 && number(0) > 0: gamma = number(0)
        case "cHRM" where content.count == 32:
            func place(_ index: Int) -> SIMD2<Double> { SIMD2(number(2 * index), number(2 * index + 1)) }
            primaries = ColorProfile.Primaries(red: place(1), green: place(2), blue: place(3), white: place(0))
        default: break
        }
    }

    var hasProfile: Bool { stored != nil }

    /// What the numbers mean; nil for sRGB.
    var profile: ColorProfile? {
        mutating get {
            if let codes { return profile(codes) }
            if let stored {
                let profile = Self.inflated(stored).flatMap(ColorProfile.init)
                if profile == nil {
                    warnings.append("the ICC profile is damaged, or of a rare color space; it is ignored")
                }
                return profile
            }
            if isStatedSRGB || (gamma == nil && primaries == nil) { return nil }
            // Many writers state sRGB's nearest power, 1 / 2.2, and mean sRGB.
            let curve: ColorProfile.Curve = gamma.map { abs($0 - 0.45455) < 0.005 ? .sRGB : .power(1 / $0) } ?? .sRGB
            let primaries = primaries ?? .sRGB
            if curve == .sRGB, isGray || primaries.isAlike(.sRGB) { return nil }
            let name = self.primaries == nil || isGray ? "gAMA" : gamma == nil ? "cHRM" : "gAMA and cHRM"
            let profile = ColorProfile(primaries, curve, isGray: isGray, name: name)
            if profile == nil { warnings.append("its chunk cHRM states no colors; it is ignored") }
            return profile
        }
    }

    /// The colors of code points (ITU-T H.273).
    private mutating func profile(_ codes: [UInt8]) -> ColorProfile? {
        let primaries: [UInt8: (ColorProfile.Primaries, String)] = [
            1: (.sRGB, "BT.709"), 9: (.rec2020, "BT.2020"), 12: (.displayP3, "Display P3"),
        ]
        let curves: [UInt8: ColorProfile.Curve] = [
            1: .television, 4: .power(2.2), 5: .power(2.8), 6: .television, 8: .power(1), 13: .sRGB, 14: .television,
            15: .television,
        ]
        guard let (primaries, name) = primaries[codes[0]], let curve = curves[codes[1]], codes[2] == 0, codes[3] == 1
        else {
            let list = codes.map { "\($0)" }.joined(separator: ", ")
            warnings.append("its colors are of a kind that is not converted (cICP \(list)); they are taken as sRGB")
            return nil
        }
        return codes[0] == 1 && curve == .sRGB ? nil : ColorProfile(primaries, curve, isGray: isGray, name: name)
    }

    /// The profile of an iCCP chunk: a name, a zero, the method 0, and the compressed bytes.
    private static func inflated(_ chunk: [UInt8]) -> [UInt8]? {
        guard let zero = chunk.firstIndex(of: 0), zero + 2 < chunk.count, chunk[zero + 1] == 0 else { return nil }
        let packed = Array(chunk[(zero + 2)...])
        var room = 1 << 16
        while room <= profileLimit {
            var count = UInt(room)
            var status = Z_OK
            let bytes = [UInt8](unsafeUninitializedCapacity: room) { target, initialized in
                status = uncompress(target.baseAddress, &count, packed, UInt(packed.count))
                initialized = status == Z_OK ? Int(count) : 0
            }
            if status == Z_OK { return bytes }
            guard status == Z_BUF_ERROR else { return nil }
            room *= 16
        }
        return nil
    }
}
