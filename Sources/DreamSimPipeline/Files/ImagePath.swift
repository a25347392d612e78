import Foundation

/// A path as the system holds it: bytes, which need not be UTF-8.
///
/// Swift's strings repair what is not UTF-8, after which the file could no longer be opened. Here such bytes are kept,
/// and stand in strings as characters of Unicode's private use area, U+F780 to U+F7FF.
public struct ImagePath: Hashable, Sendable {
    /// The path's bytes, without a terminating zero.
    public let bytes: [UInt8]

    /// Takes the path as the system gave it.
    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Takes a path in which bytes that are not UTF-8 were replaced by `text(_:)`.
    public init(_ text: String) {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if (0xF780...0xF7FF).contains(scalar.value) {
                bytes.append(UInt8(scalar.value - 0xF700))
            } else {
                bytes.append(contentsOf: String(scalar).utf8)
            }
        }
        self.bytes = bytes
    }

    /// Bytes as a string from which `init(_:)` makes the same bytes again.
    public static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        var decoder = UTF8()
        var pending = Array(bytes)[...]
        while !pending.isEmpty {
            var iterator = pending.makeIterator()
            if case .scalarValue(let scalar) = decoder.decode(&iterator), !(0xF780...0xF7FF).contains(scalar.value) {
                text.unicodeScalars.append(scalar)
                pending = pending.dropFirst(UTF8.width(scalar))
            } else if let escape = Unicode.Scalar(0xF700 + UInt32(pending.removeFirst())) {
                text.unicodeScalars.append(escape)
            }
            decoder = UTF8()
        }
        return text
    }

    /// Whether the last component begins with a dot.
    var isHidden: Bool { lastComponent.first == UInt8(ascii: ".") }

    /// The bytes after the last slash.
    package var lastComponent: ArraySlice<UInt8> {
        bytes[(bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
    }

    /// The name of the file, for people.
    public var name: String { ImagePath(bytes: Array(lastComponent)).description }

    /// The path from the root, with `.`, `..` and doubled slashes taken out of its text; links are not followed.
    public func absolute(in folder: ImagePath = .workingFolder) -> ImagePath {
        let slash = UInt8(ascii: "/")
        let whole = bytes.first == slash ? bytes : folder.bytes + [slash] + bytes
        var components: [ArraySlice<UInt8>] = []
        for component in whole.split(separator: slash) where component != [UInt8(ascii: ".")] {
            if component == Array("..".utf8)[...] {
                _ = components.popLast()
            } else {
                components.append(component)
            }
        }
        return ImagePath(bytes: components.isEmpty ? [slash] : components.flatMap { [slash] + $0 })
    }

    /// The folder that the process works in.
    public static var workingFolder: ImagePath {
        guard let text = getcwd(nil, 0) else { return ImagePath(bytes: [UInt8(ascii: "/")]) }
        defer { free(text) }
        return ImagePath(bytes: Array(UnsafeRawBufferPointer(start: text, count: strlen(text))))
    }

    /// Whether the path is that of a folder or leads below it, by its text.
    public func isInside(_ folder: ImagePath) -> Bool {
        let slash = UInt8(ascii: "/")
        return bytes == folder.bytes || folder.bytes == [slash]
            || bytes.starts(with: folder.bytes) && bytes[folder.bytes.count] == slash
    }

    /// The path of something inside this folder.
    package func appending(_ component: [UInt8]) -> ImagePath {
        ImagePath(bytes: bytes.last == UInt8(ascii: "/") ? bytes + component : bytes + [UInt8(ascii: "/")] + component)
    }
}

extension ImagePath: CustomStringConvertible {
    /// The path for people; what is not UTF-8, and control characters, as `\xNN`, so that a name cannot steer a terminal.
    public var description: String { text { $0 < 32 || $0 == 127 } }

    /// The path for programs, as JSON and CSV hold it, which have escapes of their own: only what is not UTF-8 as `\xNN`.
    package var exact: String { text { _ in false } }

    private func text(escaping isEscaped: (UInt32) -> Bool) -> String {
        var text = ""
        for scalar in Self.text(bytes).unicodeScalars {
            let byte = (0xF780...0xF7FF).contains(scalar.value) ? scalar.value - 0xF700 : scalar.value
            if isEscaped(byte) || byte != scalar.value {
                text += "\\x" + CollectionOfOne(UInt8(byte)).hexadecimal.uppercased()
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension ImagePath: Encodable {
    /// In an encoder's `userInfo`: paths are written so that `init(_:)` makes the same bytes of them again.
    package static let keepsBytes = CodingUserInfoKey(rawValue: "DreamSim.ImagePath.keepsBytes")!

    /// Writes the path as a text; what is not UTF-8 as `\xNN`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(encoder.userInfo[Self.keepsBytes] == nil ? exact : Self.text(bytes))
    }
}
