/// The values of the keys that were used last; a new one takes the place of the one that was not used for longest.
///
/// What it holds depends on the order of the keys alone, so that what will be missing can be told beforehand.
struct RecentlyUsed<Key: Hashable, Value> {
    let capacity: Int
    private var entries: [Key: (value: Value, time: Int)] = [:]
    private var time = 0

    init(capacity: Int) {
        precondition(capacity > 0, "room for \(capacity)")
        self.capacity = capacity
    }

    /// The value of a key, which counts as used; nil when it is not there.
    mutating func use(_ key: Key) -> Value? {
        time += 1
        entries[key]?.time = time
        return entries[key]?.value
    }

    /// Adds a value. The capacity is so small that the oldest is looked for.
    mutating func insert(_ key: Key, _ value: Value) {
        time += 1
        if entries.count >= capacity, entries[key] == nil,
            let oldest = entries.min(by: { $0.value.time < $1.value.time })
        {
            entries[oldest.key] = nil
        }
        entries[key] = (value, time)
    }

    /// The values, from the one used last to the one used first.
    var newestFirst: [Value] { entries.values.sorted { $0.time > $1.time }.map(\.value) }
}
