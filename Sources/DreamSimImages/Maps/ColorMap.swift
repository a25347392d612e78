/// A perceptually uniform map from numbers to colors: equal steps of the number look like equal steps of the color,
/// also in print without color and to people who see few colors.
///
/// Source: the color maps of matplotlib by Nathaniel Smith, Stéfan van der Walt and Eric Firing (CC0), sampled at 33 places
/// and interpolated linearly in sRGB, which stays within 2 of 255 of their 256 entries.
public enum ColorMap: String, Sendable, Hashable, CaseIterable, Codable {
    /// From violet through blue and green to yellow.
    case viridis
    /// From black through violet and rose to cream.
    case magma
    /// From black through violet and orange to light yellow.
    case inferno
    /// From black to white.
    case gray

    /// The color at a place, 0...1; values outside are clipped, NaN has the color of 0.
    public func color(at place: Double) -> RGB {
        let anchors = anchors
        let position = (place > 0 ? min(place, 1) : 0) * Double(anchors.count - 1)
        let lower = min(Int(position), anchors.count - 2)
        let share = position - Double(lower)
        let (a, b) = (RGB(anchors[lower]), RGB(anchors[lower + 1]))
        func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Double(a) + (Double(b) - Double(a)) * share).rounded()) }
        return RGB(mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue))
    }

    private var anchors: [UInt32] {
        switch self {
        case .viridis: Self.viridisAnchors
        case .magma: Self.magmaAnchors
        case .inferno: Self.infernoAnchors
        case .gray: [0x000000, 0xFFFFFF]
        }
    }

    private static let viridisAnchors: [UInt32] = [
        0x440154, 0x470D60, 0x48186A, 0x482374, 0x472D7B, 0x453681, 0x424086, 0x3F4989, 0x3B528B,
        0x375A8D, 0x33638D, 0x2F6A8E, 0x2C728E, 0x297A8E, 0x26818E, 0x23898E, 0x21908C, 0x1F988B,
        0x1F9F88, 0x21A685, 0x28AE80, 0x31B57B, 0x3EBC74, 0x4CC26C, 0x5DC963, 0x6ECE58, 0x82D34C,
        0x96D83F, 0xABDC32, 0xC0DF24, 0xD5E21A, 0xEAE51A, 0xFDE725,
    ]

    private static let magmaAnchors: [UInt32] = [
        0x000004, 0x030311, 0x0A0822, 0x130D33, 0x1D1146, 0x28115A, 0x36106A, 0x430F76, 0x50127C,
        0x5D177F, 0x691C81, 0x762181, 0x822681, 0x8F2A81, 0x9C2E7F, 0xA9327D, 0xB63779, 0xC33B75,
        0xCF4170, 0xDB486A, 0xE65163, 0xEE5C5E, 0xF5695C, 0xF9785D, 0xFB8761, 0xFD9668, 0xFEA571,
        0xFEB47B, 0xFEC387, 0xFED194, 0xFDE0A2, 0xFCEEB0, 0xFCFDBF,
    ]

    private static let infernoAnchors: [UInt32] = [
        0x000004, 0x040312, 0x0B0724, 0x150B37, 0x210C4A, 0x2E0A5A, 0x3C0965, 0x4A0C6B, 0x57106D,
        0x63146E, 0x70196E, 0x7D1E6D, 0x89226A, 0x962766, 0xA32B61, 0xAF315C, 0xBB3755, 0xC63E4D,
        0xD14644, 0xDB4F3B, 0xE35932, 0xEB6528, 0xF1711E, 0xF67F14, 0xF98D0A, 0xFB9C06, 0xFCAB0F,
        0xFBBA1F, 0xF9CA32, 0xF5D949, 0xF2E865, 0xF3F586, 0xFCFFA4,
    ]
}
