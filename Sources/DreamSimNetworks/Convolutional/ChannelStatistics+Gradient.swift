/// Channel statistics of a batch with what their backward pass needs.
package final class StatisticsRecording: Sendable {
    private let recording: MapRecording
    /// By tap of the network; empty for those that are not looked at.
    private let moments: [[Moments]]
    /// [N, channels of all taps].
    package let features: Tensor

    /// - Parameters:
    ///   - images: [N, 3, H, W] in [0, 1].
    ///   - names: the taps, as in `ConvolutionalNetwork.deviations`.
    package init(_ network: ConvolutionalNetwork, of images: Tensor, at names: [String]) {
        let recording = MapRecording(network, of: images, scaling: .imageNet)
        let all = network.architecture.taps.prefix(network.taps.count)
        let moments = all.enumerated().map { tap, known -> [Moments] in
            guard names.contains(known.name) else { return [] }
            var moments = (0..<images.shape[0]).map { _ in Moments(channels: known.channels) }
            Moments.add(single: recording.maps(at: tap), to: &moments)
            return moments
        }
        let values = (0..<images.shape[0]).flatMap { n in
            moments.flatMap { $0.isEmpty ? [] : $0[n].deviations.map { Float($0) } }
        }
        features = Tensor(values, shape: [images.shape[0], values.count / max(images.shape[0], 1)])
        (self.recording, self.moments) = (recording, moments)
    }

    /// Goes back to the images. A channel that does not vary has no derivative, and gets zeros.
    /// - Parameter dFeatures: [N, channels of all taps].
    /// - Returns: [N, 3, H, W].
    package func backward(_ dFeatures: Tensor) -> Tensor {
        let width = features.shape[1]
        let gradient = dFeatures.values
        var first = 0
        let offsets = moments.map { moments -> Int in
            defer { first += moments.first?.meanX.count ?? 0 }
            return first
        }
        return recording.backward { tap, gradients in
            let maps = recording.maps(at: tap)
            for (n, target) in gradients.enumerated() {
                let isRead = !moments[tap].isEmpty
                let deviations = isRead ? moments[tap][n].deviations : []
                let affine = ChannelGradient(channels: target.channels) { c in
                    guard isRead, deviations[c] > 1e-20 else { return (0, 0, 0, 0, 0) }
                    let moments = moments[tap][n]
                    let slope = Double(gradient[n * width + offsets[tap] + c]) / deviations[c]
                    return (0, moments.meanX[c], slope / max(moments.count - 1, 1), 0, 0)
                }
                affine.apply(maps[n], gated: true, into: target)
            }
        }
    }
}
