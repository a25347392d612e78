/// Bounds how many elements the names of a file add up to, so that whoever reads every tensor comes to an end.
///
/// A small file can give one storage many names, or views that repeat it. Real files tie a few weights, so sixteen times
/// what is stored is ample.
struct ElementBudget {
    private var remaining: Int

    init(stored: Int, limits: Checkpoint.Limits) {
        let (several, overflow) = stored.multipliedReportingOverflow(by: 16)
        let (sum, carry) = several.addingReportingOverflow(limits.expandedElements)
        remaining = overflow || carry ? .max : sum
    }

    /// Takes the elements of one more name.
    mutating func take(_ count: Int, name: String, path: String) throws(DreamSimError) {
        guard count <= remaining else {
            throw DreamSimError(
                .limitExceeded, path, key: String(name.prefix(200)),
                "the tensors repeat what the file stores too often: their sizes add up to far more")
        }
        remaining -= count
    }
}
