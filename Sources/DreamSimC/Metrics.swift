// The header names and documents these functions.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase

public import CDreamSim
import DreamSim
import Foundation

let metrics = HandleTable<LoadedMetric>("metric")

@c @implementation
public func dreamsim1_load(
    _ name: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?, _ listener: UnsafePointer<dreamsim1_listener>?,
    _ metric: UnsafeMutablePointer<dreamsim1_metric>?, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(metric, "metric")
        let name = try text(name, "name")
        let listener = Listener(listener)
        var options = try Options(options)
        let feature = try options.setting(.feature) { try $0.text($1) }
        let adapter = try options.setting(.adapter) { try $0.url($1) }
        let loading = try options.loading()
        try options.finish()
        let sum =
            LossExpression.isSum(name) && !FileManager.default.fileExists(atPath: name)
            ? try LossExpression(parsing: name) : nil
        if sum != nil, let setting = options.given.first(where: { [.feature, .adapter].contains($0) }) {
            throw badArgument("option '\(setting)'", "is for a model alone, and not for a sum of metrics; leave it out")
        }
        try options.checkGiven(on: sum?.terms.map(\.metric) ?? [name])
        let kind: LoadedMetric.Kind = try wait(listener) {
            let report: @Sendable (PerceptualModel.LoadingEvent) -> Void = { listener.event($0) }
            if sum != nil { return .loss(try await Loss(name, options: loading, report: report)) }
            guard feature != nil || adapter != nil || loading.head != nil else {
                return .metric(try await MetricCatalog.load(name, options: loading, report: report))
            }
            let variant = ModelVariant(name, feature: feature, adapter: adapter)
            return .metric(try await variant.loadMetric(loading, report: report))
        }
        try listener.check()
        place.pointee = metrics.add(LoadedMetric(kind: kind, decoding: loading.preprocessing.decoding))
    }
}

@c @implementation
public func dreamsim1_release(_ metric: dreamsim1_metric, _ error: UnsafeMutablePointer<dreamsim1_error>?) -> Int32 {
    attempt(error) { try metrics.release(metric) }
}

/// What a program needs to know of a metric.
private struct Description: Encodable {
    let name, summary: String
    let direction: Direction
    let lowest, highest, identical: Double
    let stamp: ModelStamp?
    let width, side: Int?
    let hasGradient, hasMap: Bool
    let weights: String?
    let precision: Precision
    let preprocessing: String

    init(_ loaded: LoadedMetric) throws {
        name = loaded.name
        let metric: any PerceptualMetric
        switch loaded.kind {
        case .metric(let one): metric = one
        case .loss(let loss):
            summary = "weighted sum of metrics as losses"
            (direction, lowest, highest) = (.lowerIsMoreAlike, -.infinity, .infinity)
            identical = loss.terms.reduce(0) { $0 + $1.weight * $1.metric.card.loss($1.metric.card.identical) }
            (stamp, width, side, weights, precision) = (nil, nil, nil, nil, .float32)
            (hasGradient, hasMap) = (true, false)
            preprocessing = "each as it takes images"
            return
        }
        let (card, column) = (metric.card, MetricColumn(metric, decoding: loaded.decoding))
        (summary, direction, lowest, highest) = (card.summary, card.direction, card.lowest, card.highest)
        (identical, weights) = (card.identical, card.weights)
        let embedding = metric as? any EmbeddingMetric
        (stamp, width, side) = (embedding?.stamp, embedding?.width, embedding?.preprocessing.side)
        (hasGradient, hasMap) = (metric is any DifferentiableMetric, metric is any SpatialMetric)
        (precision, preprocessing) = (column.precision ?? .float32, column.preprocessing)
    }
}

@c @implementation
public func dreamsim1_describe(
    _ metric: dreamsim1_metric, _ description: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(description, "description")
        try give(json: Description(metrics.value(metric)), place)
    }
}

@c @implementation
public func dreamsim1_preprocess(
    _ metric: dreamsim1_metric, _ image: UnsafePointer<dreamsim1_image>?, _ planes: UnsafeMutablePointer<Float>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let planes = try required(planes, "planes")
        let embedding = try metrics.value(metric).embedding()
        let prepared = Tensor(try Images(image, 1, "image").prepared(0, for: embedding))
        prepared.withUnsafeBufferPointer { planes.update(from: $0.baseAddress!, count: $0.count) }
    }
}

@c @implementation
public func dreamsim1_map(
    _ metric: dreamsim1_metric, _ kind: UnsafePointer<CChar>?, _ reference: UnsafePointer<dreamsim1_image>?,
    _ image: UnsafePointer<dreamsim1_image>?, _ values: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>?,
    _ width: UnsafeMutablePointer<Int64>?, _ height: UnsafeMutablePointer<Int64>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let places = (try required(values, "values"), try required(width, "width"), try required(height, "height"))
        let name = try text(kind, "kind")
        guard let kind = MapKind(rawValue: name) else {
            throw badArgument("kind '\(name)'", "is unknown; known are difference, attention and rollout")
        }
        let loaded = try metrics.value(metric)
        func source(_ image: UnsafePointer<dreamsim1_image>?, _ name: String) throws -> Heatmap.Source {
            let decoding = (try loaded.metric() as? any EmbeddingMetric)?.preprocessing.decoding ?? loaded.decoding
            return Heatmap.Source(path: ImagePath(name), image: try Images(image, 1, name).decoded(0, decoding))
        }
        let field =
            kind == .difference
            ? try Heatmap(
                difference: loaded.metric(), from: source(reference, "reference"), to: source(image, "image")
            ).layers[0].field
            : try Heatmap(attention: kind, of: loaded.metric(), in: [source(image, "image")]).layers[0].field
        let copy = UnsafeMutableBufferPointer(
            start: malloc(field.values.count * 4)?.bindMemory(to: Float.self, capacity: field.values.count),
            count: field.values.count)
        guard copy.baseAddress != nil else { throw DreamSimError(.limitExceeded, "map", "does not fit the memory") }
        _ = copy.initialize(from: field.values)
        (places.0.pointee, places.1.pointee, places.2.pointee) = (
            copy.baseAddress, Int64(field.width), Int64(field.height)
        )
    }
}

@c @implementation
public func dreamsim1_decode(
    _ image: UnsafePointer<dreamsim1_image>?, _ pixels: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
    _ width: UnsafeMutablePointer<Int64>?, _ height: UnsafeMutablePointer<Int64>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let places = (try required(pixels, "pixels"), try required(width, "width"), try required(height, "height"))
        let decoded = try Images(image, 1, "image").decoded(0, .standard)
        guard let copy = malloc(decoded.pixels.count) else {
            throw DreamSimError(.limitExceeded, "image", "does not fit the memory")
        }
        decoded.pixels.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        (places.0.pointee, places.1.pointee, places.2.pointee) = (
            copy.assumingMemoryBound(to: UInt8.self), Int64(decoded.width), Int64(decoded.height)
        )
    }
}
