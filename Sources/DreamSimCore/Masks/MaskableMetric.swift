/// A metric that knows best itself how it is limited to a part of the images. Others that have a map are limited by
/// weighing it: see `MaskedMetric`.
public protocol MaskableMetric: SpatialMetric {
    /// The metric between a reference and each of several images, as far as a mask lets it count.
    /// - Parameters:
    ///   - mask: as large as the reference.
    ///   - handling: what becomes of masked patches; only for transformers.
    /// - Throws: as `values(from:to:)`, and `DreamSimError` with `.badSetting` when the mask leaves nothing to compare or the
    ///   metric cannot do what is asked.
    func values(
        from reference: Image, to images: [Image], within mask: Mask, handling: MaskHandling
    ) throws -> [Double]

    /// How much each place contributes as far as a mask lets it count; 0 where it does not.
    /// - Throws: as `values(from:to:within:handling:)`.
    func map(_ a: Image, _ b: Image, within mask: Mask, handling: MaskHandling) throws -> DifferenceMap
}

/// What becomes of the patches of a transformer that a mask does not let count.
public enum MaskHandling: String, Sendable, Hashable, CaseIterable {
    /// They are painted in the color that the network sees as zero. It still sees that something is there.
    case replaced
    /// They are painted, and left out of attention as well, so that no token takes anything from them.
    case removed
}
