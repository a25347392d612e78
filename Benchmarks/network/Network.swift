import Foundation
import Measuring
import DreamSimNetworks
import DreamSimTensors

/// `network [repeats] [batch ...]`: a ViT-B/16 with random weights, in seconds an image and as a share of the peak.
@main
enum Network {
    /// What a ViT-B/16 takes at 224 pixels when of the last block only the class token is computed, in GFLOP an image.
    static let work = 32.3

    static func main() throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let repeats = numbers.first ?? 9
        let batches = numbers.count > 1 ? Array(numbers.dropFirst()) : [1, 2, 8]
        let network = try transformer()
        let processors = ProcessInfo.processInfo.activeProcessorCount
        print(
            "Medians of \(repeats). The last columns count processor seconds, of both the network and the peak's loop.")
        print("threads batch  s/image  GFLOP/s     peak        %  GFLOP/cpu-s     peak        %")
        for threads in Set([1, processors]).sorted(by: >) {
            Parallel.threads = threads
            for batch in batches {
                let images = Tensor(
                    (0..<(batch * 3 * 224 * 224)).map { Float($0 % 255) / 255 }, shape: [batch, 3, 224, 224])
                _ = network.features(Feature(.cls), of: images, centeringTokens: false)
                var (rates, peaks, times) = (Samples(), Samples(), Samples())
                var (processorRates, processorPeaks) = (Samples(), Samples())
                for _ in 0..<repeats {
                    peaks.add(peak(threads: threads))
                    processorPeaks.add(peakOfProcessor())
                    var time = 0.0
                    let processorTime = processorSeconds {
                        time = seconds { _ = network.features(Feature(.cls), of: images, centeringTokens: false) }
                    }
                    processorRates.add(work * Double(batch) / processorTime)
                    times.add(time / Double(batch))
                    rates.add(work * Double(batch) / time)
                }
                print(
                    "\(threads)".padded(7) + "\(batch)".padded(6) + times.median.text(4, width: 9)
                        + rates.median.text(width: 9) + peaks.median.text(width: 9)
                        + (100 * rates.median / peaks.median).text(width: 9) + processorRates.median.text(width: 13)
                        + processorPeaks.median.text(width: 9)
                        + (100 * processorRates.median / processorPeaks.median).text(width: 9))
            }
        }
    }

    static func transformer() throws -> VisionTransformer {
        guard let configuration = Backbone(name: "dino_vitb16")?.configuration else { preconditionFailure("no name") }
        var state: UInt64 = 1
        func random(_ shape: Shape, _ scale: Float) -> Tensor {
            Tensor(
                (0..<shape.count).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return (Float(state >> 40) / Float(1 << 24) - 0.5) * scale
                }, shape: shape)
        }
        let (width, hidden, grid) = (configuration.width, configuration.mlpWidth, configuration.positionGrid)
        var tensors: [String: Tensor] = [:]
        for name in VisionTransformer.weightNames(of: configuration) {
            let shape: Shape =
                switch name {
                case "cls_token": [width]
                case "pos_embed": [1 + grid * grid, width]
                case "patch_embed.proj.weight": [width, 3, configuration.patchSize, configuration.patchSize]
                case _ where name.hasSuffix("qkv.weight"): [3 * width, width]
                case _ where name.hasSuffix("qkv.bias"): [3 * width]
                case _ where name.hasSuffix("attn.proj.weight"): [width, width]
                case _ where name.hasSuffix("fc1.weight"): [hidden, width]
                case _ where name.hasSuffix("fc1.bias"): [hidden]
                case _ where name.hasSuffix("fc2.weight"): [width, hidden]
                default: [width]
                }
            tensors[name] = random(shape, 0.1)
        }
        return try VisionTransformer(configuration, weights: WeightSet(origin: "random", tensors: tensors))
    }
}
