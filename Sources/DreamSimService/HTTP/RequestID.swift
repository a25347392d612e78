import HTTPTypes

/// What a request is called in its answer and in the log.
enum RequestID {
    /// The client's identifier of a request when it is harmless, else a new one.
    static func of(_ head: HTTPFields) -> String {
        if let id = head[.requestID], (1...64).contains(id.utf8.count), id.utf8.allSatisfy(isHarmless) { return id }
        return new()
    }

    /// One that nothing else has.
    static func new() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0") <= byte && byte <= UInt8(ascii: "9") || UInt8(ascii: "a") <= byte && byte <= UInt8(ascii: "z")
            || UInt8(ascii: "A") <= byte && byte <= UInt8(ascii: "Z") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }
}
