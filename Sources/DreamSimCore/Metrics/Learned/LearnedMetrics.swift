import DreamSimNetworks

/// What metrics that look through a convolutional network have in common.
enum LearnedMetrics {
    /// The images that are compared with a reference at a time: the network sees them together with the reference, whose
    /// features are thus computed once for all of them, in some 256 MB at most.
    static func together(_ reference: Image) -> Int {
        // A row of the widest maps, VGG16's first two, counted generously.
        let perImage = reference.width * 64 * 4 * 64
        return min(max(1, (256 << 20) / perImage - 1), 64)
    }
}
