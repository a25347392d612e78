import DreamSimNetworks

/// What metrics that look through a convolutional network have in common.
enum LearnedMetrics {
    /// Refuses a precision that convolutions do not compute in.
    static func check(_ precision: Precision?, of metric: String) throws(DreamSimError) {
        guard let precision, precision == .int8 else { return }
        throw DreamSimError(
            .badSetting, "precision \(precision.rawValue)",
            "\(metric) computes in float32 or int16; choose one of these, or a model")
    }

    /// The images that are compared with a reference at a time: the network sees them together with the reference, whose
    /// features are thus computed once for all of them, in some 256 MB at most.
    static func together(_ reference: Image) -> Int { together(width: reference.width) }

    /// The memory of comparing images with a reference.
    static func workingBytes(_ network: ConvolutionalNetwork, width: Int, height: Int, images: Int) -> Int {
        MapStream(network.layers, images: .init(height: height, width: width, channels: 3))?
            .workingBytes(count: min(images, together(width: width)) + 1) ?? 0
    }

    private static func together(width: Int) -> Int {
        // A row of the widest maps, VGG16's first two, counted generously.
        let perImage = width * 64 * 4 * 64
        return min(max(1, (256 << 20) / perImage - 1), 64)
    }
}
