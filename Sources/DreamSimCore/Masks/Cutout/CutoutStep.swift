/// What happens between the steps of a cutout.
enum CutoutStep {
    /// Lets others go first, where they are to.
    /// - Throws: `DreamSimError` with `.cancelled` when nobody waits for the cutout any more.
    static func check() throws(DreamSimError) {
        do { try Interruption.check() } catch { throw DreamSimError(.cancelled, "the cutout", "was stopped") }
    }
}
