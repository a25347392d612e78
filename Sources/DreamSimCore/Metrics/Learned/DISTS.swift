import DreamSimNetworks

/// Deep image structure and texture similarity (Ding et al. 2020): means and covariances of VGG16's features over the whole
/// image, at five depths and for the image itself. Equals the Python package `DISTS_pytorch` 0.1.
package final class DISTS: Sendable {
    /// The size at which images are compared.
    package enum Variant: String, Sendable, CaseIterable {
        /// Squashed to 256x256 (bilinear, antialiased), as DreamSim's authors ran it.
        case squashed = "dists"
        /// As they are.
        case full = "dists:full"

        /// The side of the square to which images are brought first; nil to compare them as they are.
        var side: Int? { self == .squashed ? 256 : nil }
    }

    /// What the metric is.
    package let card: MetricCard
    /// The side of the square to which images are brought first; nil to compare them as they are.
    let side: Int?
    let network: ConvolutionalNetwork
    /// The weights of the means and of the covariances, for the image's channels and then those of each tap; all together
    /// they are 1.
    let weights: [(texture: [Double], structure: [Double])]

    init(_ network: ConvolutionalNetwork, alpha: [Float], beta: [Float], side: Int?, card: MetricCard) {
        self.network = network
        self.side = side
        self.card = card
        let sum = (alpha + beta).reduce(0.0) { $0 + Double($1) }
        var first = 0
        weights = ([3] + network.architecture.taps.map(\.channels)).map { channels in
            defer { first += channels }
            let range = first..<(first + channels)
            return (alpha[range].map { Double($0) / sum }, beta[range].map { Double($0) / sum })
        }
    }
}

extension DISTS: PerceptualMetric {
    /// DISTS of images from a reference.
    package func values(from reference: Image, to images: [Image]) throws -> [Double] {
        for image in images { try card.checkSizes(reference, image) }
        let reference = prepared(reference)
        var result: [Double] = []
        let together = LearnedMetrics.together(reference)
        for first in stride(from: 0, to: images.count, by: together) {
            result += try distances(
                from: reference, to: images[first..<min(first + together, images.count)].map(prepared))
        }
        return result
    }

    private func prepared(_ image: Image) -> Image {
        guard let side else { return image }
        return image.resized(width: side, height: side, filter: .bilinear)
    }

    private func distances(from reference: Image, to images: [Image]) throws -> [Double] {
        let all = [reference] + images
        guard
            let stream = MapStream(
                network.layers, images: .init(height: reference.height, width: reference.width, channels: 3))
        else { preconditionFailure("\(card.name): \(reference.width)x\(reference.height) passed the check of sizes") }
        var moments = network.taps.map { layer in
            images.map { _ in Moments(channels: stream.extents[layer + 1].channels) }
        }
        try stream.run(count: all.count, taps: Set(network.taps)) { rows, maps in
            PixelRows.imageNet.fill(rows, of: all, into: maps)
        } step: {
            try Interruption.check()
        } visit: { layer, _, maps in
            guard let tap = network.taps.firstIndex(of: layer) else { return }
            Moments.add(maps, to: &moments[tap])
        }
        return images.indices.map { index in
            let colors = Moments(ofPixelsOf: reference, images[index])
            return zip(weights, [colors] + moments.map { $0[index] }).reduce(0) { $0 + Self.dissimilarity($1.0, $1.1) }
        }
    }

    /// The weighted sum of 1 - similarity over channels, which is exactly 0 for equal features.
    static func dissimilarity(_ weights: (texture: [Double], structure: [Double]), _ moments: Moments) -> Double {
        let c = 1e-6
        return weights.texture.indices.reduce(0) { sum, i in
            let (x, y) = (moments.meanX[i], moments.meanY[i])
            let texture = (2 * x * y + c) / (x * x + y * y + c)
            let structure = (2 * moments.covariance(i) + c) / (moments.varianceX(i) + moments.varianceY(i) + c)
            return sum + weights.texture[i] * (1 - texture) + weights.structure[i] * (1 - structure)
        }
    }
}
