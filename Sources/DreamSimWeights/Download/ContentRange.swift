/// The header `bytes first-last/total`.
struct ContentRange: Equatable {
    /// The first byte's number, from 0.
    var first: Int
    /// The last byte's number.
    var last: Int
    /// The size of the whole; nil for `*`.
    var total: Int?

    /// Reads the header's value; nil for what makes no sense.
    init?(_ text: String) {
        guard let match = text.wholeMatch(of: /bytes\s+([0-9]{1,18})-([0-9]{1,18})\/([0-9]{1,18}|\*)/),
            let first = Int(match.1), let last = Int(match.2), first <= last
        else { return nil }
        self.first = first
        self.last = last
        total = Int(match.3)
        guard match.3 == "*" || last < (total ?? 0) else { return nil }
    }
}
