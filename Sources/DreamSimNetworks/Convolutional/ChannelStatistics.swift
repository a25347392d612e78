/// How much each channel of a convolutional network varies over an image, which tells of its textures and colors; over a
/// thumbnail of it, of its large patches of color alone.
package struct ChannelStatistics: Hashable, Sendable, Codable {
    /// The network.
    package let network: ConvolutionalArchitecture
    /// The places that are looked at, in the network's order, such as `relu1_2`.
    package let taps: [String]
    /// The side in pixels of the thumbnail that is looked at, made by antialiased bicubic resampling; nil for images as they
    /// come.
    package let side: Int?

    /// Says where to look.
    package init(_ network: ConvolutionalArchitecture, at taps: [String], side: Int? = nil) {
        (self.network, self.taps, self.side) = (network, taps, side)
    }

    /// The channels of each place; nil when the network does not have the places in this order, or not of thumbnails of
    /// that side.
    package var channels: [Int]? {
        let known = network.taps
        let places = taps.compactMap { tap in known.firstIndex { $0.name == tap } }
        guard places.count == taps.count, zip(places, places.dropFirst()).allSatisfy({ $0 < $1 }),
            side.map({ (network.minimumSide...Self.largestSide).contains($0) }) ?? true
        else { return nil }
        return places.map { known[$0].channels }
    }

    /// No thumbnail is larger.
    private static let largestSide = 4096
}

extension ConvolutionalNetwork {
    /// The standard deviation of each channel over the places of each image, divided by the number of places less one.
    /// - Parameters:
    ///   - images: [N, 3, H, W] in [0, 1]; ImageNet's mean and standard deviation are applied here.
    ///   - names: the taps, in the network's order.
    /// - Returns: [N, channels of all taps].
    /// - Precondition: the network has the taps, and the images are large enough for them.
    package func deviations(of images: Tensor, at names: [String]) -> Tensor {
        let (count, height, width) = (images.shape[0], images.shape[2], images.shape[3])
        let all = architecture.taps
        let wanted = names.map { name in all.firstIndex { $0.name == name } ?? taps.count }
        precondition(wanted.allSatisfy(taps.indices.contains), "no taps \(names) in \(architecture)")
        guard let stream = MapStream(layers, images: .init(height: height, width: width, channels: 3)) else {
            preconditionFailure("images of \(width)x\(height) are too small for \(architecture)")
        }
        var moments = wanted.map { tap in (0..<count).map { _ in Moments(channels: all[tap].channels) } }
        let layersOfTaps = wanted.map { taps[$0] }
        images.withUnsafeBufferPointer { pixels in
            stream.run(count: count, taps: Set(layersOfTaps)) { rows, maps in
                for (n, map) in maps.enumerated() {
                    for (index, row) in rows.enumerated() {
                        let target = map.row(index)
                        for c in 0..<3 {
                            let source = ((n * 3 + c) * height + row) * width
                            let (mean, deviation) = (
                                ColorStatistics.imageNetMean[c], ColorStatistics.imageNetStandardDeviation[c]
                            )
                            for x in 0..<width { target[3 * x + c] = (pixels[source + x] - mean) / deviation }
                        }
                    }
                }
            } visit: { layer, _, maps in
                guard let index = layersOfTaps.firstIndex(of: layer) else { return }
                Moments.add(single: maps, to: &moments[index])
            }
        }
        let values = (0..<count).flatMap { n in moments.flatMap { $0[n].deviations.map { Float($0) } } }
        return Tensor(values, shape: [count, values.count / max(count, 1)])
    }
}
