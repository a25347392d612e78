// The header names and documents these functions.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase

public import CDreamSim
import DreamSim
import Foundation

private let recordings = HandleTable<Recorded>("recording")

/// Embeddings that wait for a backward pass.
///
/// `@unchecked Sendable`: the recording is used under the lock only.
private final class Recorded: @unchecked Sendable {
    private let lock = NSLock()
    private let recording: EmbeddingRecording
    /// Of the images.
    let shape: Shape
    /// Of an embedding.
    let width: Int

    init(_ recording: EmbeddingRecording, _ shape: Shape) {
        (self.recording, self.shape, width) = (recording, shape, recording.embeddings.shape[1])
    }

    func backward(_ dEmbeddings: [[Double]]) -> Tensor { lock.withLock { recording.imagesGradient(dEmbeddings) } }
}

@c @implementation
public func dreamsim1_values_and_gradients(
    _ metric: dreamsim1_metric, _ x: UnsafePointer<dreamsim1_tensor>?, _ y: UnsafePointer<dreamsim1_tensor>?,
    _ values: UnsafeMutablePointer<Double>?, _ gradient_x: UnsafePointer<dreamsim1_tensor>?,
    _ gradient_y: UnsafePointer<dreamsim1_tensor>?, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let loss = try metrics.value(metric).loss()
        let (x, y) = (try required(x, "x").pointee, try required(y, "y").pointee)
        let values = try required(values, "values")
        try y.check(like: x, "y")
        try gradient_x?.pointee.check(like: x, "gradient_x")
        try gradient_y?.pointee.check(like: x, "gradient_y")
        let (a, b) = (try x.tensor("x"), try y.tensor("y"))
        let distances: [Double]
        if let gradient_y {
            let step = try loss.distanceAndGradient(a, b)
            gradient_x?.pointee.fill(step.gradientA)
            gradient_y.pointee.fill(step.gradientB)
            distances = step.distances
        } else {
            // One side alone is half of the work.
            let step = try loss.target(b).distanceAndGradient(a)
            gradient_x?.pointee.fill(step.gradient)
            distances = step.distances
        }
        values.update(from: distances, count: distances.count)
    }
}

@c @implementation
public func dreamsim1_embed_tensor(
    _ metric: dreamsim1_metric, _ images: UnsafePointer<dreamsim1_tensor>?, _ embeddings: UnsafeMutablePointer<Float>?,
    _ row_stride: Int64, _ recording: UnsafeMutablePointer<dreamsim1_recording>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let model = try metrics.value(metric).model()
        let images = try required(images, "images").pointee
        let rows = try required(embeddings, "embeddings")
        let side = model.preprocessing.side
        guard images.height == side, images.width == side else {
            throw badArgument(
                "images", "are \(images.width)x\(images.height) pixels; \(model.description.name) takes \(side)x\(side)"
            )
        }
        let batch = try images.tensor("images")
        let found: Tensor
        if let recording {
            let recorded = EmbeddingRecording(model, batch)
            found = recorded.embeddings
            recording.pointee = recordings.add(Recorded(recorded, batch.shape))
        } else {
            found = model.embed(batch: batch)
        }
        found.withUnsafeBufferPointer { values in
            for row in 0..<found.shape[0] {
                (rows + row * Int(row_stride)).update(
                    from: values.baseAddress! + row * found.shape[1], count: found.shape[1])
            }
        }
    }
}

@c @implementation
public func dreamsim1_backward(
    _ recording: dreamsim1_recording, _ embeddings_gradient: UnsafePointer<Float>?, _ row_stride: Int64,
    _ images_gradient: UnsafePointer<dreamsim1_tensor>?, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let recorded = try recordings.value(recording)
        let given = try required(embeddings_gradient, "embeddings_gradient")
        let place = try required(images_gradient, "images_gradient").pointee
        guard try place.shape("images_gradient") == recorded.shape else {
            throw badArgument("images_gradient", "has another shape than the images, \(recorded.shape)")
        }
        let rows = (0..<recorded.shape[0]).map { row in
            (0..<recorded.width).map { Double(given[row * Int(row_stride) + $0]) }
        }
        place.fill(recorded.backward(rows))
    }
}

@c @implementation
public func dreamsim1_recording_release(
    _ recording: dreamsim1_recording, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) { try recordings.release(recording) }
}
