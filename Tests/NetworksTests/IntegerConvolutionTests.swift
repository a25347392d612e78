import DreamSimNetworks
import DreamSimSupport
import DreamSimTensors
import TestSupport
import Testing

/// Convolutional networks in int16 with random weights, beside the same in float32.
@Suite("Convolutional networks in integers")
struct IntegerConvolutionTests {
    static let images: Tensor = {
        var generator = SeededGenerator(state: 3)
        let shape: Shape = [2, 3, 57, 70]
        return Tensor((0..<shape.count).map { _ in Float.random(in: 0...1, using: &generator) }, shape: shape)
    }()

    static func networks(
        _ architecture: ConvolutionalArchitecture, _ pooling: ConvolutionalNetwork.Pooling = .maximum
    ) throws -> (exact: ConvolutionalNetwork, rounded: ConvolutionalNetwork) {
        let weights = MapRecordingTests.weights(architecture)
        return (
            try ConvolutionalNetwork(architecture, weights: weights, pooling: pooling),
            try ConvolutionalNetwork(architecture, weights: weights.rounded(for: architecture), pooling: pooling)
        )
    }

    static func values(_ recording: MapRecording, _ tap: Int) -> [Float] {
        recording.maps(at: tap).flatMap { map in
            (0..<map.rows).flatMap { UnsafeBufferPointer(start: map.row($0), count: map.columns * map.channels) }
        }
    }

    @Test("All convolutions but the first are rounded", arguments: ConvolutionalArchitecture.allCases)
    func rounded(architecture: ConvolutionalArchitecture) {
        let weights = MapRecordingTests.weights(architecture)
        let names = Set(weights.tensors.keys.filter { $0.hasSuffix(".kernel") })
        #expect(Set(weights.rounded(for: architecture).integers.keys) == names.subtracting(["features.0.kernel"]))
    }

    @Test(
        "What is seen stays near that in float32",
        arguments: [
            (ConvolutionalArchitecture.alexnet, ConvolutionalNetwork.Pooling.maximum), (.squeezenet, .maximum),
            (.vgg16, .maximum), (.vgg16, .l2),
        ])
    func near(architecture: ConvolutionalArchitecture, pooling: ConvolutionalNetwork.Pooling) throws {
        let (exact, rounded) = try Self.networks(architecture, pooling)
        let recordings = [exact, rounded].map {
            MapRecording($0, of: Self.images, scaling: .imageNet, isReversible: false)
        }
        for tap in exact.taps.indices {
            let difference = Difference(Self.values(recordings[1], tap), Self.values(recordings[0], tap))
            // Measured .0013 at most, but for the first tap of AlexNet and SqueezeNet, before which nothing is rounded.
            #expect(difference.relativeL2 < 2e-3, "tap \(tap): \(difference)")
            #expect(difference.relativeL2 > 0 || tap == 0)
        }
    }

    @Test("Integers that do not fit the network are refused")
    func refused() throws {
        let whole = MapRecordingTests.weights(.alexnet).rounded(for: .alexnet)
        let layer = "features.3"
        func error(_ change: (inout [String: Tensor], inout [String: IntegerTensor]) -> Void) throws -> DreamSimError {
            var (tensors, integers) = (whole.tensors, whole.integers)
            change(&tensors, &integers)
            return try #require(throws: DreamSimError.self) {
                try ConvolutionalNetwork(
                    .alexnet, weights: WeightSet(origin: "test", tensors: tensors, integers: integers))
            }
        }
        let missing = try error { tensors, _ in tensors[layer + ".scales"] = nil }
        #expect(missing.kind == .missingWeight && missing.key == layer + ".scales")
        let other = try error { _, integers in integers[layer + ".kernel"] = integers["features.6.kernel"] }
        #expect(other.kind == .shapeMismatch && other.key == layer + ".kernel")
        // Of the right size, but with blocks that reach from one row of the kernel into the next, or in int8.
        for (precision, block) in [(Precision.int16, 160), (.int8, 320)] {
            let panels = IntegerPanels(rounding: Tensor(zeros: [192, 1600]), to: precision, block: block)
            let odd = try error { tensors, integers in
                integers[layer + ".kernel"] = panels.integers
                tensors[layer + ".scales"] = panels.scales
            }
            #expect(odd.kind == .shapeMismatch && odd.key == layer + ".kernel")
        }
    }
}
