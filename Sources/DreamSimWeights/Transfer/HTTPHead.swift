/// The head of an answer by HTTP/1.1: the status and the header fields.
struct HTTPHead: Sendable {
    /// The status, such as 200; 0 before it is known.
    private(set) var status = 0
    /// Whether all of it is there, and what follows is the body.
    private(set) var isComplete = false
    private var fields: [(name: String, value: String)] = []

    /// The first value of a field.
    /// - Parameter name: in lower case.
    func first(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Takes the next line. Interim answers, of status 1xx, are passed over.
    mutating func take(_ line: String) {
        // After the head come the fields that follow a body in chunks, which nobody asked for.
        guard !isComplete else { return }
        let line = line.trimmingSuffix { $0.isNewline }
        if line.isEmpty {
            isComplete = status >= 200
            if !isComplete { self = HTTPHead() }
        } else if status == 0, line.hasPrefix("HTTP/") {
            let words = line.split(separator: " ", maxSplits: 2)
            status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0.isWhitespace }.trimmingSuffix { $0.isWhitespace }
            fields.append((line[..<colon].lowercased(), String(value)))
        }
    }
}

extension StringProtocol where SubSequence == Substring {
    /// Without the characters at the end that a test holds for.
    fileprivate func trimmingSuffix(while test: (Character) -> Bool) -> Substring {
        guard let last = lastIndex(where: { !test($0) }) else { return self[startIndex..<startIndex] }
        return self[...last]
    }
}
