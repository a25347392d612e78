import Foundation

extension ColorProfile {
    /// How stored values become light.
    enum Curve: Equatable {
        case power(Double)
        case sRGB
        /// Of television (ITU-R BT.709, BT.2020).
        case television
    }

    /// The chromaticities x and y of three primaries and of white.
    struct Primaries: Equatable {
        var red, green, blue, white: SIMD2<Double>

        private static let d65 = SIMD2(0.3127, 0.3290)
        static let sRGB = Primaries(red: [0.64, 0.33], green: [0.30, 0.60], blue: [0.15, 0.06], white: d65)
        static let displayP3 = Primaries(red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06], white: d65)
        static let rec2020 = Primaries(red: [0.708, 0.292], green: [0.170, 0.797], blue: [0.131, 0.046], white: d65)

        /// Whether this is the same to the four decimals that files keep.
        func isAlike(_ other: Primaries) -> Bool {
            zip([red, green, blue, white], [other.red, other.green, other.blue, other.white]).allSatisfy {
                abs($0.x - $1.x) < 0.002 && abs($0.y - $1.y) < 0.002
            }
        }
    }

    /// Makes a profile of primaries and a curve, as PNG's chunks state them; nil for primaries that span no colors.
    /// - Parameter isGray: whether it is for gray images, of which the curve alone counts.
    init?(_ primaries: Primaries, _ curve: Curve, isGray: Bool = false, name: String) {
        guard let columns = Self.columns(primaries) else { return nil }
        func number(_ value: Double) -> [UInt8] {
            withUnsafeBytes(of: Int32((value * 65536).rounded()).bigEndian, Array.init)
        }
        func integer(_ value: Int) -> [UInt8] { withUnsafeBytes(of: UInt32(value).bigEndian, Array.init) }
        func short(_ value: Int) -> [UInt8] { withUnsafeBytes(of: UInt16(value).bigEndian, Array.init) }
        let parameters: (kind: Int, values: [Double]) =
            switch curve {
            case .power(let exponent): (0, [exponent])
            case .sRGB: (3, [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045])
            case .television: (3, [1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081])
            }
        let reserved = integer(0)
        let text = Array(name.utf16).flatMap { short(Int($0)) }
        let description =
            Array("mluc".utf8) + reserved + integer(1) + integer(12) + Array("enUS".utf8)
            + integer(text.count) + integer(28) + text
        var tags: [(name: String, content: [UInt8])] = [("desc", description)]
        tags.append(("wtpt", Array("XYZ ".utf8) + reserved + Self.d50.flatMap(number)))
        for (tag, column) in zip(["rXYZ", "gXYZ", "bXYZ"], columns) where !isGray {
            tags.append((tag, Array("XYZ ".utf8) + reserved + column.flatMap(number)))
        }
        let light =
            Array("para".utf8) + reserved + short(parameters.kind) + short(0) + parameters.values.flatMap(number)
        for tag in isGray ? ["kTRC"] : ["rTRC", "gTRC", "bTRC"] { tags.append((tag, light)) }
        var (list, contents) = (integer(tags.count), [UInt8]())
        let first = 128 + 4 + 12 * tags.count
        for tag in tags {
            list += Array(tag.name.utf8) + integer(first + contents.count) + integer(tag.content.count)
            contents += tag.content + [UInt8](repeating: 0, count: (4 - tag.content.count % 4) % 4)
        }
        // Version 4.3, a display, by way of XYZ.
        var header = integer(first + contents.count) + reserved + [4, 0x30, 0, 0]
        header += Array("mntr\(isGray ? Space.gray.rawValue : Space.rgb.rawValue)XYZ ".utf8)
        header += [UInt8](repeating: 0, count: 12) + Array("acsp".utf8) + [UInt8](repeating: 0, count: 28)
        header += Self.d50.flatMap(number)
        header += [UInt8](repeating: 0, count: 128 - header.count)
        self.init(header + list + contents)
    }

    private static let d50 = [0.9642, 1, 0.8249]

    /// The primaries in XYZ, adapted to the white of profiles by Bradford's matrix.
    private static func columns(_ primaries: Primaries) -> [[Double]]? {
        func light(_ place: SIMD2<Double>) -> [Double] { [place.x / place.y, 1, (1 - place.x - place.y) / place.y] }
        let sides = [primaries.red, primaries.green, primaries.blue].map(light)
        let white = light(primaries.white)
        // What of each primary makes white.
        func determinant(_ m: [[Double]]) -> Double {
            m[0][0] * (m[1][1] * m[2][2] - m[2][1] * m[1][2]) - m[1][0] * (m[0][1] * m[2][2] - m[2][1] * m[0][2])
                + m[2][0] * (m[0][1] * m[1][2] - m[1][1] * m[0][2])
        }
        let whole = determinant(sides)
        let shares = (0..<3).map { index -> Double in
            var replaced = sides
            replaced[index] = white
            return determinant(replaced) / whole
        }
        guard shares.allSatisfy({ $0.isFinite && $0 > 0 && $0 < 100 }) else { return nil }
        let bradford = [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
        let inverse = [
            [0.986993, -0.147054, 0.159963], [0.432305, 0.518360, 0.049291], [-0.008529, 0.040043, 0.968487],
        ]
        func product(_ matrix: [[Double]], _ vector: [Double]) -> [Double] {
            matrix.map { row in zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 } }
        }
        let gains = zip(product(bradford, d50), product(bradford, white)).map { $0 / $1 }
        return zip(sides, shares).map { side, share in
            let cones = zip(product(bradford, side.map { $0 * share }), gains).map { $0 * $1 }
            return product(inverse, cones)
        }
    }
}
