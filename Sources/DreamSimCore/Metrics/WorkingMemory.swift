/// A metric that can say how much memory it takes beside the images.
package protocol WorkingMemory: PerceptualMetric {
    /// The bytes that comparing takes at a time.
    /// - Parameters:
    ///   - width: of each image.
    ///   - height: of each image.
    ///   - images: how many are compared with the reference.
    func workingBytes(width: Int, height: Int, images: Int) -> Int
}

extension PerceptualMetric {
    /// The bytes that comparing takes beside the images, at most: what the metric says, else by the pixel.
    package func mostWorkingBytes(width: Int, height: Int, images: Int) -> Int {
        if let metric = self as? any WorkingMemory {
            return metric.workingBytes(width: width, height: height, images: images)
        }
        // Sums and differences of three channels.
        return self is any EmbeddingMetric ? 0 : width * height * 24
    }
}

extension LPIPS: WorkingMemory {
    package func workingBytes(width: Int, height: Int, images: Int) -> Int {
        LearnedMetrics.workingBytes(network, width: width, height: height, images: images)
    }
}

extension DISTS: WorkingMemory {
    package func workingBytes(width: Int, height: Int, images: Int) -> Int {
        LearnedMetrics.workingBytes(network, width: side ?? width, height: side ?? height, images: images)
    }
}
