import Foundation

/// An address of IPv4 or IPv6. That of IPv4 is the same written as one of IPv6, as sockets for both tell it.
struct IPAddress: Hashable, Sendable {
    /// 16 bytes; those of IPv4 come behind `::ffff:`.
    let bytes: [UInt8]

    private static let mapped: [UInt8] = [UInt8](repeating: 0, count: 10) + [255, 255]

    /// Reads an address as it is written, without a port; nil when it is none.
    init?(_ text: some StringProtocol) {
        // The longest address of IPv6 has 45 characters; interfaces may follow, which only this machine knows.
        let text = String(text.prefix { $0 != "%" })
        guard text.utf8.count <= 45 else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = Self.mapped + withUnsafeBytes(of: four) { Array($0) }
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        bytes = withUnsafeBytes(of: six) { Array($0) }
    }

    /// Reads an address as proxies tell it: with a port or without, of IPv6 in brackets or without.
    init?(node text: some StringProtocol) {
        if text.first == "[", let end = text.firstIndex(of: "]") {
            self.init(text[text.index(after: text.startIndex)..<end])
        } else if text.filter({ $0 == ":" }).count == 1, let colon = text.firstIndex(of: ":") {
            self.init(text[..<colon])
        } else {
            self.init(text)
        }
    }

    /// Whether it is one of IPv4.
    var isFour: Bool { bytes.starts(with: Self.mapped) }
}

extension IPAddress: CustomStringConvertible {
    var description: String {
        if isFour { return bytes.suffix(4).map { "\($0)" }.joined(separator: ".") }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        return bytes.withUnsafeBytes { bytes in
            inet_ntop(AF_INET6, bytes.baseAddress, &text, socklen_t(text.count)).map { String(cString: $0) } ?? ""
        }
    }
}

/// Addresses that begin with the same bits, such as `10.0.0.0/8`, or a single one.
struct IPRange: Hashable, Sendable {
    let address: IPAddress
    /// How many of the 128 bits are the same.
    let bits: Int

    /// Reads a range; nil when it is none, also when bits are set behind those that count: whoever writes that means
    /// something else.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]), !parts[0].contains("%") else { return nil }
        self.address = address
        guard parts.count == 2 else {
            bits = 128
            return
        }
        let most = parts[0].contains(":") ? 128 : 32
        guard !parts[1].isEmpty, parts[1].allSatisfy({ $0.isASCII && $0.isNumber }), let count = Int(parts[1]),
            count <= most
        else { return nil }
        bits = count + 128 - most
        for bit in bits..<128 where address.bytes[bit / 8] >> (7 - bit % 8) & 1 == 1 { return nil }
    }

    func contains(_ other: IPAddress) -> Bool {
        let whole = bits / 8
        guard address.bytes.prefix(whole) == other.bytes.prefix(whole) else { return false }
        return bits % 8 == 0 || (address.bytes[whole] ^ other.bytes[whole]) >> (8 - bits % 8) == 0
    }
}
