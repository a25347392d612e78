// The header names and documents these functions.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase

public import CDreamSim
import DreamSim
import DreamSimEvaluation
import Foundation

extension dreamsim1_vectors {
    /// The most numbers of a set: 32 GB of float32.
    private static let most: Int64 = 1 << 33

    /// The rows, which are read in place where they are float32.
    func rows(_ name: String) throws -> SetVectors {
        guard rows >= 0, width > 0, rows <= Self.most / width else {
            throw badArgument(
                name,
                "are [\(rows), \(width)]; there must be 1 component at least, and no more than \(Self.most) numbers")
        }
        guard rows > 0 else { throw badArgument(name, "hold no row; give one for each image") }
        guard let data else { throw badArgument(name, "have no values; `data` is NULL") }
        let (rows, width) = (Int(rows), Int(width))
        switch kind {
        case Int32(DREAMSIM1_FLOAT32.rawValue):
            let base = data.assumingMemoryBound(to: Float.self)
            let values = Tensor(borrowing: base, shape: [rows, width], owner: Caller())
            return try SetVectors(values, name: name)
        case Int32(DREAMSIM1_FLOAT64.rawValue):
            let base = data.assumingMemoryBound(to: Double.self)
            return try SetVectors(
                doubles: Array(UnsafeBufferPointer(start: base, count: rows * width)), width: width, name: name)
        default: throw badArgument(name, "are of kind \(kind); it is DREAMSIM1_FLOAT32 or DREAMSIM1_FLOAT64")
        }
    }
}

/// Whoever called keeps its memory alive until the call is done.
private final class Caller: Sendable {}

/// A report with what each image contributes.
private struct WithContributions: Encodable {
    let report: SetComparison

    func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        if let contributions = report.contributions {
            try ["contributions": contributions].encode(to: encoder)
        }
    }
}

@c @implementation
public func dreamsim1_sets(
    _ real: UnsafePointer<dreamsim1_vectors>?, _ generated: UnsafePointer<dreamsim1_vectors>?,
    _ options: UnsafePointer<CChar>?, _ listener: UnsafePointer<dreamsim1_listener>?,
    _ report: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(report, "report")
        let listener = Listener(listener)
        let first = try required(real, "real").pointee
        var options = try Options(options)
        try options.refuse("scores", unless: generated != nil, "compares two sets")
        try options.refuse("contributions", unless: generated != nil, "is of two sets")
        try options.refuse("neighbors", unless: generated != nil, "is for two sets")
        try options.refuse("pairs", unless: generated == nil, "is for one set")
        let resamples = try options.count("resamples", in: 0...1_000_000) ?? Bootstrap().resamples
        let seed = UInt64(try options.count("seed", in: 0...Int.max) ?? 1)
        let bootstrap = resamples > 0 ? Bootstrap(resamples: resamples, seed: seed) : nil
        let progress: (EvaluationProgress) throws -> Void = { state in
            listener.progress(state.done, of: state.total, "\(state.unit) (\(state.what))")
            try listener.check()
        }
        guard let generated else {
            let pairs = try options.count("pairs", in: 0...1000) ?? 10
            try options.finish()
            return try give(
                json: SetDiversity(first.rows("images"), pairs: pairs, bootstrap: bootstrap, progress: progress), place)
        }
        var settings = SetComparison.Settings()
        settings.bootstrap = bootstrap
        settings.neighbors = try options.count("neighbors", in: 1...1000) ?? settings.neighbors
        settings.findsContributions = try options.boolean("contributions") ?? false
        if let names = try options.texts("scores") {
            settings.scores = try names.map { name in
                guard let score = SetScore(rawValue: name) else {
                    let known = SetScore.allCases.map(\.rawValue).joined(separator: ", ")
                    throw badArgument("score '\(name)'", "is unknown; known are \(known)")
                }
                return score
            }
        }
        try options.finish()
        let comparison = try SetComparison(
            real: .vectors(first.rows("real images")), generated: .vectors(generated.pointee.rows("generated images")),
            settings: settings, progress: progress)
        try give(json: WithContributions(report: comparison), place)
    }
}

extension dreamsim1_moments {
    /// The largest width: 128 GB of sums.
    private static let widest: Int64 = 1 << 17

    /// Mean and sums, copied.
    private func values(_ name: String) throws -> (mean: [Double], scatter: [Double]) {
        guard width > 0, width <= Self.widest else {
            throw badArgument(name, "are of width \(width); it must be from 1 to \(Self.widest)")
        }
        let (mean, scatter) = (try required(mean, "\(name).mean"), try required(scatter, "\(name).scatter"))
        let width = Int(width)
        return (
            Array(UnsafeBufferPointer(start: mean, count: width)),
            Array(UnsafeBufferPointer(start: scatter, count: width * width))
        )
    }

    func moments(_ name: String) throws -> SetMoments {
        let (mean, scatter) = try values(name)
        return try SetMoments(count: Int(count), mean: mean, scatter: scatter)
    }

    func statistics(_ name: String) throws -> SetStatistics {
        guard count >= 0 else { throw badArgument(name, "are of \(count) images; give 0 where it is not known") }
        let (mean, covariance) = try values(name)
        return try SetStatistics(mean: mean, covariance: covariance, count: count > 0 ? Int(count) : nil, name: name)
    }

    /// Writes what was computed.
    mutating func take(_ moments: SetMoments) {
        count = Int64(moments.count)
        moments.mean.withUnsafeBufferPointer { mean?.update(from: $0.baseAddress!, count: $0.count) }
        moments.symmetricScatter.withUnsafeBufferPointer { scatter?.update(from: $0.baseAddress!, count: $0.count) }
    }
}

@c @implementation
public func dreamsim1_moments_add(
    _ moments: UnsafeMutablePointer<dreamsim1_moments>?, _ vectors: UnsafePointer<dreamsim1_vectors>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(moments, "moments")
        var found = try place.pointee.moments("moments")
        try found.add(try required(vectors, "vectors").pointee.rows("vectors"))
        place.pointee.take(found)
    }
}

@c @implementation
public func dreamsim1_moments_merge(
    _ moments: UnsafeMutablePointer<dreamsim1_moments>?, _ other: UnsafePointer<dreamsim1_moments>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(moments, "moments")
        var found = try place.pointee.moments("moments")
        try found.merge(try required(other, "other").pointee.moments("other moments"))
        place.pointee.take(found)
    }
}

@c @implementation
public func dreamsim1_frechet(
    _ a: UnsafePointer<dreamsim1_moments>?, _ b: UnsafePointer<dreamsim1_moments>?,
    _ distance: UnsafeMutablePointer<Double>?, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(distance, "distance")
        let first = try required(a, "a").pointee.statistics("the first set")
        place.pointee = try first.frechetDistance(to: try required(b, "b").pointee.statistics("the second set"))
    }
}
