import Foundation

/// What the numbers of an image mean as colors: an ICC profile (ICC.1:2022), read as far as is needed to tell whether it has to
/// be converted.
struct ColorProfile: Sendable {
    /// The color spaces whose profiles are converted.
    enum Space: String {
        case gray = "GRAY"
        case rgb = "RGB "
        case cmyk = "CMYK"
    }

    let bytes: [UInt8]
    let space: Space
    private let tags: [String: Range<Int>]

    /// Reads the header and the list of tags; nil when the bytes are no profile of such a space.
    init?(_ bytes: [UInt8]) {
        guard bytes.holds("acsp", at: 36), let count = bytes.integer(at: 128, bytes: 4, .big), count <= 1000,
            let space = Space(rawValue: String(decoding: bytes[16..<20], as: UTF8.self))
        else { return nil }
        var tags: [String: Range<Int>] = [:]
        for index in 0..<count {
            let entry = 132 + 12 * index
            guard let start = bytes.integer(at: entry + 4, bytes: 4, .big),
                let length = bytes.integer(at: entry + 8, bytes: 4, .big), start + length <= bytes.count
            else { return nil }
            tags[String(decoding: bytes[entry..<(entry + 4)], as: UTF8.self)] = start..<(start + length)
        }
        (self.bytes, self.space, self.tags) = (bytes, space, tags)
    }

    /// The name that the profile has for people, such as `Display P3`; empty when it has none.
    var name: String {
        guard let tag = tags["desc"] else { return "" }
        let text: String
        if bytes.holds("mluc", at: tag.lowerBound), let length = bytes.integer(at: tag.lowerBound + 20, bytes: 4, .big),
            let place = bytes.integer(at: tag.lowerBound + 24, bytes: 4, .big), place + length <= tag.count
        {
            let start = tag.lowerBound + place
            let units = stride(from: start, to: start + length - 1, by: 2).map {
                UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
            }
            text = String(decoding: units, as: UTF16.self)
        } else if let length = bytes.integer(at: tag.lowerBound + 8, bytes: 4, .big), 12 + length <= tag.count {
            text = String(decoding: bytes[(tag.lowerBound + 12)..<(tag.lowerBound + 12 + length)], as: UTF8.self)
        } else {
            text = ""
        }
        return String(text.unicodeScalars.filter { !CharacterSet.controlCharacters.contains($0) }.prefix(60))
    }

    /// Whether the numbers mean what they mean without a profile: its primaries and its curves are those of sRGB, to less than a
    /// step of 8 bits.
    var isSRGB: Bool {
        guard space == .rgb, tags["A2B0"] == nil else { return false }
        let primaries: [(String, [Double])] = [
            ("rXYZ", [0.4361, 0.2225, 0.0139]), ("gXYZ", [0.3851, 0.7169, 0.0971]), ("bXYZ", [0.1431, 0.0606, 0.7141]),
        ]
        for (name, expected) in primaries {
            guard let tag = tags[name], let found = numbers(tag.lowerBound + 8, 3),
                zip(found, expected).allSatisfy({ abs($0 - $1) < 0.002 })
            else { return false }
        }
        return ["rTRC", "gTRC", "bTRC"].allSatisfy { name in
            guard let tag = tags[name], let curve = curve(tag) else { return false }
            return (0...32).allSatisfy { step in
                let value = Double(step) / 32
                return abs(Self.encoded(curve(value)) - value) < 1.5 / 255
            }
        }
    }

    /// Numbers of 16 bits before and 16 after the point.
    private func numbers(_ start: Int, _ count: Int) -> [Double]? {
        let found = (0..<count).compactMap { bytes.integer(at: start + 4 * $0, bytes: 4, .big) }
        guard found.count == count else { return nil }
        return found.map { Double(Int32(truncatingIfNeeded: $0)) / 65536 }
    }

    /// From a stored value to light, both 0 to 1.
    private func curve(_ tag: Range<Int>) -> ((Double) -> Double)? {
        let start = tag.lowerBound
        if bytes.holds("curv", at: start), let count = bytes.integer(at: start + 8, bytes: 4, .big),
            12 + 2 * count <= tag.count
        {
            let points = (0..<count).map { Double(bytes.integer(at: start + 12 + 2 * $0, bytes: 2, .big) ?? 0) }
            if count == 0 { return { $0 } }
            if count == 1 { return { pow($0, points[0] / 256) } }
            return { value in
                let place = value * Double(count - 1)
                let below = min(Int(place), count - 2)
                let share = place - Double(below)
                return (points[below] * (1 - share) + points[below + 1] * share) / 65535
            }
        }
        // The form of sRGB's own curve, with or without offsets.
        guard bytes.holds("para", at: start), let kind = bytes.integer(at: start + 8, bytes: 2, .big), kind <= 4,
            let n = numbers(start + 12, [1, 3, 4, 5, 7][kind])
        else { return nil }
        switch kind {
        case 0: return { pow($0, n[0]) }
        case 1: return { $0 >= -n[2] / n[1] ? pow(n[1] * $0 + n[2], n[0]) : 0 }
        case 2: return { $0 >= -n[2] / n[1] ? pow(n[1] * $0 + n[2], n[0]) + n[3] : n[3] }
        case 3: return { $0 >= n[4] ? pow(n[1] * $0 + n[2], n[0]) : n[3] * $0 }
        default: return { $0 >= n[4] ? pow(n[1] * $0 + n[2], n[0]) + n[5] : n[3] * $0 + n[6] }
        }
    }

    /// sRGB's stored value for light (IEC 61966-2-1).
    private static func encoded(_ light: Double) -> Double {
        light <= 0.003_130_8 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055
    }
}
