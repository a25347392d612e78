/// A color in sRGB, 8 bits a channel.
public struct RGB: Sendable, Hashable, Codable {
    /// Red, 0...255.
    public var red: UInt8
    /// Green, 0...255.
    public var green: UInt8
    /// Blue, 0...255.
    public var blue: UInt8

    /// A color from its channels, each 0...255.
    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// A color as it is written on the web: `RGB(0x1F6FEB)`. Bits above the lower 24 are ignored.
    public init(_ hexadecimal: UInt32) {
        self.init(
            UInt8(truncatingIfNeeded: hexadecimal >> 16), UInt8(truncatingIfNeeded: hexadecimal >> 8),
            UInt8(truncatingIfNeeded: hexadecimal))
    }

    /// (0, 0, 0).
    public static let black = RGB(0, 0, 0)
    /// (255, 255, 255).
    public static let white = RGB(255, 255, 255)
}
