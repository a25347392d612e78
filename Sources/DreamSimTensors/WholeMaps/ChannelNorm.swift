/// Brings each channel of maps [N, H, W, C] to mean 0 and variance 1, then to a mean and a deviation that are learned:
/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, with the population variance, and the backward pass.
package struct ChannelNorm: Hashable, Sendable {
    /// Over which places means and variances are taken.
    package enum Scope: Hashable, Sendable {
        /// All images together (batch normalization, as while training).
        case batch
        /// Each image by itself (instance normalization).
        case image
    }

    package let scope: Scope
    package let epsilon: Double

    package init(over scope: Scope, epsilon: Double) {
        (self.scope, self.epsilon) = (scope, epsilon)
    }

    /// - Parameters:
    ///   - x: [N, H, W, C].
    ///   - gamma: [C].
    ///   - beta: [C].
    package func forward(_ x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor {
        let channels = check(x, gamma)
        precondition(beta.shape == [channels], "beta \(beta.shape) for \(channels) channels")
        let (gamma, beta) = (gamma.values, beta.values)
        return x.withUnsafeBufferPointer { source in
            Tensor(uninitialized: x.shape) { target in
                let maps = groups(source, x.shape)
                var moments = maps.map { _ in Moments(channels: channels) }
                Moments.add(single: maps, to: &moments)
                let results = groups(UnsafeBufferPointer(target), x.shape)
                for (index, map) in maps.enumerated() {
                    let moments = moments[index]
                    let affine = ChannelGradient(channels: channels) { c in
                        let scale = 1 / (moments.varianceX(c) + epsilon).squareRoot()
                        return (Double(beta[c]), moments.meanX[c], scale * Double(gamma[c]), 0, 0)
                    }
                    affine.apply(map, gated: false, into: results[index])
                }
            }
        }
    }

    /// The gradients of what is normalized, and of what is learned.
    package struct Gradients {
        package let input: Tensor
        /// [C].
        package let gamma: Tensor
        /// [C].
        package let beta: Tensor
    }

    /// - Parameters:
    ///   - dOutput: the gradient of y.
    ///   - input: x.
    package func backward(dOutput: Tensor, input x: Tensor, gamma: Tensor) -> Gradients {
        let channels = check(x, gamma)
        precondition(dOutput.shape == x.shape, "gradient \(dOutput.shape) of maps \(x.shape)")
        let gammas = gamma.values
        var (dGamma, dBeta) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
        let dInput = x.withUnsafeBufferPointer { source in
            dOutput.withUnsafeBufferPointer { gradient in
                Tensor(uninitialized: x.shape) { target in
                    let results = groups(UnsafeBufferPointer(target), x.shape)
                    for (index, (map, slope)) in zip(groups(source, x.shape), groups(gradient, x.shape)).enumerated() {
                        var both = [Moments(channels: channels)]
                        Moments.add([map, slope], to: &both)
                        let moments = both[0]
                        let affine = ChannelGradient(channels: channels) { c in
                            let scale = 1 / (moments.varianceX(c) + epsilon).squareRoot()
                            dGamma[c] += moments.covariance(c) * moments.count * scale
                            dBeta[c] += moments.meanY[c] * moments.count
                            let gain = Double(gammas[c]) * scale
                            return (
                                0, moments.meanX[c], -gain * scale * scale * moments.covariance(c), moments.meanY[c],
                                gain
                            )
                        }
                        affine.apply(map, slope, gated: false, into: results[index])
                    }
                }
            }
        }
        return Gradients(
            input: dInput, gamma: Tensor(dGamma.map { Float($0) }, shape: [channels]),
            beta: Tensor(dBeta.map { Float($0) }, shape: [channels]))
    }

    private func check(_ x: Tensor, _ gamma: Tensor) -> Int {
        precondition(
            x.shape.rank == 4 && x.count > 0 && gamma.shape == [x.shape[3]],
            "gamma \(gamma.shape) for maps \(x.shape)")
        return x.shape[3]
    }

    /// What is normalized together: images, or all of them as one high map.
    private func groups(_ values: UnsafeBufferPointer<Float>, _ shape: Shape) -> [MapRows] {
        let together: Shape =
            scope == .image ? shape : [1, shape[0] * shape[1], shape[2], shape[3]]
        return MapRows.views(reading: values.baseAddress!, shape: together)
    }
}
