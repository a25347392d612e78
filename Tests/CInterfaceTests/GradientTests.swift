import CDreamSim
import DreamSim
import DreamSimC
import Foundation
import ModelTestSupport
import Testing

@Suite("The C interface: gradients")
struct GradientTests {
    @Test("gives a loss's values and gradients, of one side and of both")
    func losses() async throws {
        let name = "l1 + 0.5*ssim"
        let loss = try await Loss(name)
        var x = Tensor(TinyModels.image(1)), y = Tensor(TinyModels.image(2))
        let expected = try loss.distanceAndGradient(x, y)
        try withMetric(name) { metric in
            var (value, gx, gy) = (0.0, Tensor(zeros: x.shape), Tensor(zeros: x.shape))
            var alone = gx
            try x.withC { x in
                try y.withC { y in
                    try gx.withC { gx in
                        try gy.withC { gy in
                            try call { dreamsim1_values_and_gradients(metric, &x, &y, &value, &gx, &gy, $0) }
                        }
                    }
                    try alone.withC { g in
                        try call { dreamsim1_values_and_gradients(metric, &x, &y, &value, &g, nil, $0) }
                    }
                }
            }
            #expect(value == expected.distances[0])
            #expect(gx == expected.gradientA && gy == expected.gradientB && alone == gx)
        }
    }

    @Test("reads and writes tensors of any strides")
    func strides() throws {
        var x = Tensor(TinyModels.image(1)), y = Tensor(TinyModels.image(2))
        let (height, width) = (x.shape[2], x.shape[3])
        // Channels last, as images lie in memory elsewhere.
        var last = [Float](repeating: 0, count: x.count), gradient = last
        for c in 0..<3 { for i in 0..<(height * width) { last[3 * i + c] = x.values[c * height * width + i] } }
        try withMetric("mse") { metric in
            var (value, other, planes) = (0.0, 0.0, Tensor(zeros: x.shape))
            func interleaved(_ data: UnsafeMutablePointer<Float>?) -> dreamsim1_tensor {
                dreamsim1_tensor(
                    data: data, images: 1, height: Int64(height), width: Int64(width), image_stride: 0,
                    channel_stride: 1, row_stride: Int64(3 * width), column_stride: 3)
            }
            try y.withC { y in
                try x.withC { x in
                    try planes.withC { g in
                        try call { dreamsim1_values_and_gradients(metric, &x, &y, &value, &g, nil, $0) }
                    }
                }
                try last.withUnsafeMutableBufferPointer { last in
                    try gradient.withUnsafeMutableBufferPointer { gradient in
                        var (x, g) = (interleaved(last.baseAddress), interleaved(gradient.baseAddress))
                        try call { dreamsim1_values_and_gradients(metric, &x, &y, &other, &g, nil, $0) }
                    }
                }
            }
            #expect(value == other)
            for c in 0..<3 {
                for i in 0..<(height * width) { #expect(gradient[3 * i + c] == planes.values[c * height * width + i]) }
            }
        }
    }

    @Test("goes back from embeddings to images, as the model's own distance does")
    func backward() async throws {
        try await TinyModels.withModel { model, home in
            let side = model.preprocessing.side
            var x = Tensor(TinyModels.image(1, width: side, height: side))
            let y = Tensor(TinyModels.image(2, width: side, height: side))
            let expected = try model.distanceAndGradient(x, y)
            let (a, b) = (model.embed(batch: x).values, model.embed(batch: y).values)
            let da = CosineDistance(a, b).gradientA.map(Float.init)
            try withModel(in: home) { metric in
                var (rows, recording) = ([Float](repeating: 0, count: model.width), dreamsim1_recording(0))
                var gradient = Tensor(zeros: x.shape)
                try x.withC { x in
                    try call { dreamsim1_embed_tensor(metric, &x, &rows, Int64(model.width), &recording, $0) }
                }
                #expect(zip(rows, a).allSatisfy { abs($0 - $1) <= 1e-5 })
                try gradient.withC { g in
                    // As often as one likes.
                    for _ in 0..<2 { try call { dreamsim1_backward(recording, da, Int64(model.width), &g, $0) } }
                }
                let largest = expected.gradientA.values.map(abs).max() ?? 0
                #expect(largest > 0)
                for (found, wanted) in zip(gradient.values, expected.gradientA.values) {
                    #expect(abs(found - wanted) <= 1e-4 * largest)
                }
                try call { dreamsim1_recording_release(recording, $0) }
                #expect(throws: CallError.self) {
                    try gradient.withC { g in
                        try call { dreamsim1_backward(recording, da, Int64(model.width), &g, $0) }
                    }
                }
            }
        }
    }
}
