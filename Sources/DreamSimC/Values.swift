// The header names and documents these functions.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase

public import CDreamSim
import DreamSim
import Foundation

/// What is measured of one pair or image, or why not.
private typealias Outcome<Value> = Result<Value, any Error>

/// How many images are decoded at once, and wait for the networks: two of their batches.
private let together = 16

/// Hands out outcomes one after another: to the caller's values; a fault to its failures, or as an error where it has none.
private struct Results {
    let failures: UnsafeMutablePointer<dreamsim1_error>?

    func take<Value>(_ index: Int, _ outcome: Outcome<Value>) throws -> Value? {
        failures?[index] = dreamsim1_error(code: 0, message: nil)
        switch outcome {
        case .success(let value): return value
        case .failure(let fault):
            guard let failures else { throw fault }
            failures[index] = dreamsim1_error(fault)
            return nil
        }
    }
}

@c @implementation
public func dreamsim1_values(
    _ metric: dreamsim1_metric, _ references: UnsafePointer<dreamsim1_image>?, _ reference_count: Int,
    _ images: UnsafePointer<dreamsim1_image>?, _ count: Int, _ values: UnsafeMutablePointer<Double>?,
    _ failures: UnsafeMutablePointer<dreamsim1_error>?, _ listener: UnsafePointer<dreamsim1_listener>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        guard count > 0 else { return }
        guard reference_count == count || reference_count == 1 else {
            throw badArgument("references", "are \(reference_count) for \(count) images; give 1, or one for each")
        }
        let (loaded, listener) = (try metrics.value(metric), Listener(listener))
        let values = try required(values, "values")
        let references = try Images(references, reference_count, "references")
        let images = try Images(images, count, "images")
        let results = Results(failures: failures)
        var done = 0
        func take(_ outcomes: [Outcome<Double>]) throws {
            for outcome in outcomes {
                values[done] = try results.take(done, outcome) ?? .nan
                done += 1
            }
            listener.progress(done, of: count, reference_count == 1 ? "images" : "pairs")
            try listener.check()
        }
        if let embedding = try? loaded.embedding() {
            let whole = reference_count == 1 && count > 1 ? try? embed(references, 0..<1, embedding)[0] : nil
            for part in parts(of: count) {
                let own = try whole.map { [$0] } ?? embed(references, reference_count == 1 ? 0..<1 : part, embedding)
                let others = try embed(images, part, embedding)
                try take(
                    part.map { index in
                        let (a, b) = (
                            own[own.count == 1 ? 0 : index - part.lowerBound], others[index - part.lowerBound]
                        )
                        return Outcome { try a.get().distance(to: b.get()) }
                    })
            }
        } else if reference_count == 1, count > 1 {
            let reference = try references.decoded(0, loaded.decoding)
            for part in parts(of: count) {
                let decoded = decode(images, part, loaded.decoding)
                if let all = try? decoded.map({ try $0.get() }),
                    let found = try? loaded.values(from: reference, to: all)
                {
                    try take(found.map { .success($0) })
                } else {
                    try take(decoded.map { image in Outcome { try loaded.value(reference, image.get()) } })
                }
            }
        } else {
            for part in parts(of: count) {
                let (a, b) = (decode(references, part, loaded.decoding), decode(images, part, loaded.decoding))
                for (a, b) in zip(a, b) { try take([Outcome { try loaded.value(a.get(), b.get()) }]) }
            }
        }
    }
}

@c @implementation
public func dreamsim1_embed(
    _ metric: dreamsim1_metric, _ images: UnsafePointer<dreamsim1_image>?, _ count: Int,
    _ embeddings: UnsafeMutablePointer<Float>?, _ row_stride: Int64, _ failures: UnsafeMutablePointer<dreamsim1_error>?,
    _ listener: UnsafePointer<dreamsim1_listener>?, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        guard count > 0 else { return }
        let (embedding, listener) = (try metrics.value(metric).embedding(), Listener(listener))
        let rows = try required(embeddings, "embeddings")
        let images = try Images(images, count, "images")
        let results = Results(failures: failures)
        var done = 0
        func take(_ outcome: Outcome<Embedding>) throws {
            let row = rows + done * Int(row_stride)
            if let found = try results.take(done, outcome) {
                found.values.withUnsafeBufferPointer { row.update(from: $0.baseAddress!, count: $0.count) }
            } else {
                row.update(repeating: .nan, count: embedding.width)
            }
            done += 1
            listener.progress(done, of: count)
            try listener.check()
        }
        if count > 1, let paths = images.paths {
            // Files are read ahead while the networks run.
            return try embedding.embed(files: paths) { outcome in
                outcome.warnings.forEach { listener.note("\(outcome.path): \($0)") }
                try take(outcome.result)
            }
        }
        for part in parts(of: count) { try embed(images, part, embedding).forEach(take) }
    }
}

private func parts(of count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: together).map { $0..<min($0 + together, count) }
}

private func decode(_ images: Images, _ part: Range<Int>, _ options: DecodingOptions) -> [Outcome<Image>] {
    Parallel.map(part.count) { index in Outcome { try images.decoded(part.lowerBound + index, options) } }
}

/// Embeds a part of some images together.
private func embed(
    _ images: Images, _ part: Range<Int>, _ metric: any EmbeddingMetric
) throws -> [Outcome<Embedding>] {
    let prepared = Parallel.map(part.count) { index in
        Outcome { try images.prepared(part.lowerBound + index, for: metric) }
    }
    let sound = prepared.compactMap { try? $0.get() }
    var embeddings: [Embedding] = []
    for first in stride(from: 0, to: sound.count, by: 8) {
        embeddings += metric.embed(preprocessed: Array(sound[first..<min(first + 8, sound.count)]))
    }
    var left = embeddings[...]
    return prepared.map { $0.flatMap { _ in Outcome<Embedding> { try left.removeFirst().finite() } } }
}
