import DreamSimNetworks
import DreamSimTensors
import Foundation
import Measuring

/// `network [repeats] [batch ...]`: a ViT-B/16 with random weights in every precision, in turn: seconds an image, the share
/// of float32's peak, and how many times as fast as float32. With names of backbones, `network [repeats] [batch ...] NAME ...`:
/// these instead, in float32, in turn, beside the first; the share of the peak is that of a ViT-B/16's work.
@main
enum Network {
    /// What a ViT-B/16 takes at 224 pixels when of the last block only the class token is computed, in GFLOP an image.
    static let work = 32.3

    static func main() throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let repeats = numbers.first ?? 9
        let batches = numbers.count > 1 ? Array(numbers.dropFirst()) : [1, 2, 8]
        let names = CommandLine.arguments.dropFirst().filter { Int($0) == nil }
        let networks =
            names.isEmpty
            ? try Precision.allCases.map { try transformer($0) }
            : try names.map { try transformer(.float32, $0) }
        let labels = names.isEmpty ? Precision.allCases.map(\.rawValue) : names
        let processors = ProcessInfo.processInfo.activeProcessorCount
        print("Kernels: \(Processor.kernels). Medians of \(repeats); the last column is a median of ratios.")
        print("threads batch precision  s/image  GFLOP/s     peak        %   float32/it")
        for threads in Set([1, processors]).sorted(by: >) {
            Parallel.threads = threads
            for batch in batches {
                let images = Tensor(
                    (0..<(batch * 3 * 224 * 224)).map { Float($0 % 255) / 255 }, shape: [batch, 3, 224, 224])
                func time(_ network: VisionTransformer) -> Double {
                    seconds { _ = network.features(Feature(.pooled), of: images, centeringTokens: false) }
                }
                for network in networks { _ = time(network) }
                var (peaks, times) = (Samples(), networks.map { _ in Samples() })
                var ratios = times
                for _ in 0..<repeats {
                    peaks.add(peak(threads: threads))
                    let now = networks.map(time)
                    for index in networks.indices {
                        times[index].add(now[index] / Double(batch))
                        ratios[index].add(now[0] / now[index])
                    }
                }
                for (index, label) in labels.enumerated() {
                    let rate = work / times[index].median
                    print(
                        "\(threads)".padded(7) + "\(batch)".padded(6) + label.padded(10)
                            + times[index].median.text(4, width: 9) + rate.text(width: 9)
                            + peaks.median.text(width: 9) + (100 * rate / peaks.median).text(width: 9)
                            + ratios[index].median.text(2, width: 13))
                }
            }
        }
    }

    static func transformer(_ precision: Precision, _ name: String = "dino_vitb16") throws -> VisionTransformer {
        guard let configuration = Backbone(name: name)?.configuration else { fatalError("'\(name)' is no backbone") }
        var state: UInt64 = 1
        func random(_ shape: Shape, _ scale: Float) -> Tensor {
            Tensor(
                (0..<shape.count).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return (Float(state >> 40) / Float(1 << 24) - 0.5) * scale
                }, shape: shape)
        }
        let tensors = VisionTransformer.weightShapes(of: configuration).mapValues { random($0, 0.1) }
        let weights = WeightSet(origin: "random", tensors: tensors)
        return try VisionTransformer(
            configuration, weights: weights.packed(for: configuration, reading: Feature(.pooled), in: precision))
    }
}
