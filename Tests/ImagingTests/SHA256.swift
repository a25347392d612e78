/// SHA-256 (FIPS 180-4), to compare arrays with digests that are small enough to commit.
func sha256(_ bytes: [UInt8]) -> String {
    var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    var message = bytes
    message.append(0x80)
    message.append(contentsOf: repeatElement(0, count: (120 - message.count % 64) % 64))
    message.append(contentsOf: (0..<8).map { UInt8(truncatingIfNeeded: (bytes.count * 8) >> (56 - 8 * $0)) })

    func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
    var w = [UInt32](repeating: 0, count: 64)
    for block in stride(from: 0, to: message.count, by: 64) {
        for i in 0..<16 { w[i] = (0..<4).reduce(0) { $0 << 8 | UInt32(message[block + 4 * i + $1]) } }
        for i in 16..<64 {
            let a = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ w[i - 15] >> 3
            let b = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ w[i - 2] >> 10
            w[i] = w[i - 16] &+ a &+ w[i - 7] &+ b
        }
        var v = state
        for i in 0..<64 {
            let s1 = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25)
            let t1 = v[7] &+ s1 &+ (v[4] & v[5] ^ ~v[4] & v[6]) &+ SHA256Constants.values[i] &+ w[i]
            let s0 = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22)
            let t2 = s0 &+ (v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2])
            v = [t1 &+ t2, v[0], v[1], v[2], v[3] &+ t1, v[4], v[5], v[6]]
        }
        for i in 0..<8 { state[i] &+= v[i] }
    }
    return state.map { word in
        let text = String(word, radix: 16)
        return String(repeating: "0", count: 8 - text.count) + text
    }.joined()
}

private enum SHA256Constants {
    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    static let values: [UInt32] = {
        var primes: [Int] = []
        var candidate = 2
        while primes.count < 64 {
            if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
            candidate += 1
        }
        // Cube roots in integers: the largest r with r^3 <= p * 2^96, which is 2^32 times the root.
        return primes.map { prime in
            var (low, high) = (UInt64(0), UInt64(8) << 32)
            while high - low > 1 {
                let middle = (low + high) / 2
                let square = middle.multipliedFullWidth(by: middle)
                // middle^3 against prime << 96, in 192-bit arithmetic by parts.
                let a = square.low.multipliedFullWidth(by: middle)
                let b = square.high.multipliedFullWidth(by: middle)
                let (mid, carry) = a.high.addingReportingOverflow(b.low)
                let top = b.high + (carry ? 1 : 0)
                let limit = (top: UInt64(prime) >> 32, mid: UInt64(prime) << 32)
                let isBelow = (top, mid) < limit || ((top, mid) == limit && a.low == 0)
                if isBelow { low = middle } else { high = middle }
            }
            return UInt32(truncatingIfNeeded: low)
        }
    }()
}
