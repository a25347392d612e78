import DreamSimNetworks
import Foundation

/// Learned perceptual image patch similarity (Zhang et al. 2018): features of a trained network at several depths, each of
/// unit length over the channels, their squared differences weighted by channel, averaged over the places and summed over
/// the depths. Equals the Python package `lpips` 0.1.4.
package final class LPIPS: Sendable {
    /// The network that looks.
    package enum Net: String, Sendable, CaseIterable {
        /// AlexNet: the fastest, and the one that its authors recommend for judging images.
        case alex
        /// VGG16: the one that its authors recommend for optimizing images.
        case vgg
        /// SqueezeNet 1.1.
        case squeeze

        var architecture: ConvolutionalArchitecture {
            switch self {
            case .alex: .alexnet
            case .vgg: .vgg16
            case .squeeze: .squeezenet
            }
        }
    }

    /// How differences are weighted.
    package enum Variant: String, Sendable, CaseIterable {
        /// Trained weights of version 0.1, in which the input is standardized.
        case v01 = "v0.1"
        /// Trained weights of version 0.0, in which it is not.
        case v00 = "v0.0"
        /// All channels alike (the package's `lpips=False`).
        case unweighted
    }

    /// What the metric is.
    package let card: MetricCard
    let network: ConvolutionalNetwork
    /// A weight for each channel of each tap.
    let heads: [Tensor]
    let pixels: PixelRows
    /// The same for images of numbers in [0, 1].
    let scaling: InputScaling

    init(_ network: ConvolutionalNetwork, heads: [Tensor], card: MetricCard, standardizes: Bool) {
        self.network = network
        self.heads = heads
        self.card = card
        pixels = PixelRows { v, c in
            let value = Float(v) / 127.5 - 1
            return standardizes ? (value - Self.mean[c]) / Self.deviation[c] : value
        }
        scaling =
            standardizes
            ? InputScaling(gain: 2, shift: 1, mean: Self.mean, deviation: Self.deviation)
            : InputScaling(gain: 2, shift: 1)
    }

    private static let mean: [Float] = [-0.030, -0.088, -0.188]
    private static let deviation: [Float] = [0.458, 0.448, 0.450]
}

extension LPIPS: SpatialMetric {
    /// LPIPS of images from a reference.
    package func values(from reference: Image, to images: [Image]) throws -> [Double] {
        for image in images { try card.checkSizes(reference, image) }
        var result: [Double] = []
        let together = LearnedMetrics.together(reference)
        for first in stride(from: 0, to: images.count, by: together) {
            let batch = Array(images[first..<min(first + together, images.count)])
            var sums = [Double](repeating: 0, count: batch.count)
            try differences(from: reference, to: batch) { _, extent, rows, values in
                let places = Double(extent.height * extent.width)
                for image in batch.indices {
                    let part = values[(image * rows.count * extent.width)..<((image + 1) * rows.count * extent.width)]
                    sums[image] += part.reduce(0.0) { $0 + Double($1) } / places
                }
            }
            result += sums
        }
        return result
    }

    /// The contribution of each pixel: each depth's differences, brought bilinearly to the images' size, summed (the
    /// package's `spatial=True`). Their mean is near LPIPS, and not equal to it.
    package func map(_ a: Image, _ b: Image) throws -> DifferenceMap {
        try card.checkSizes(a, b)
        var maps: [[Float]] = network.taps.map { _ in [] }
        var extents = [MapStream.Extent](repeating: .init(height: 1, width: 1, channels: 1), count: maps.count)
        try differences(from: a, to: [b]) { tap, extent, _, values in
            maps[tap] += values
            extents[tap] = extent
        }
        var sum = [Float](repeating: 0, count: a.width * a.height)
        for (map, extent) in zip(maps, extents) {
            try Interruption.check()
            BilinearMap(map, height: extent.height, width: extent.width).add(to: &sum, height: a.height, width: a.width)
        }
        return DifferenceMap(width: a.width, height: a.height, values: sum)
    }

    /// Runs the network over the images together and hands out the differences at every tap as soon as they exist.
    /// - Parameter visit: called with a tap, its extent, the rows that are new, and for each image these rows' differences.
    private func differences(
        from reference: Image, to images: [Image],
        _ visit: (_ tap: Int, MapStream.Extent, Range<Int>, ArraySlice<Float>) -> Void
    ) throws {
        let all = [reference] + images
        guard
            let stream = MapStream(
                network.layers, images: .init(height: reference.height, width: reference.width, channels: 3))
        else { preconditionFailure("\(card.name): \(reference.width)x\(reference.height) passed the check of sizes") }
        var values: [Float] = []
        try stream.run(count: all.count, taps: Set(network.taps)) { rows, maps in
            pixels.fill(rows, of: all, into: maps)
        } step: {
            try Interruption.check()
        } visit: { layer, rows, maps in
            guard let tap = network.taps.firstIndex(of: layer) else { return }
            let count = images.count * rows.count * maps[0].columns
            if values.count < count { values = [Float](repeating: 0, count: count) }
            UnitDifferences.compute(maps, weights: heads[tap], into: &values)
            visit(tap, stream.extents[layer + 1], rows, values[..<count])
        }
    }
}
