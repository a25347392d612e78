import HTTPTypes
import Hummingbird

/// Where two images differ.
enum HeatmapRoutes {
    static let all: [Route] = [
        Route(
            method: .post, path: "/v1/heatmap", summary: "Show where two images differ, as a metric sees it.",
            tag: "Comparing",
            parameters: [
                Parameter(
                    name: "metric", kind: .metric(.map),
                    summary: "A loaded metric that has maps; the first loaded one when it is not given."),
                Parameter(
                    name: "layout", kind: .choice(Heatmap.Drawing.Layout.allCases.map(\.rawValue)),
                    summary: "The bare overlay, the overlay with its color bar, or everything side by side.",
                    standard: "plain"),
                Parameter(
                    name: "colors", kind: .choice(ColorMap.allCases.map(\.rawValue)), summary: "The colors.",
                    standard: "inferno"),
                Parameter(
                    name: "opacity", kind: .number(0...1), summary: "How much of the colors is seen.", standard: 0.6),
                Parameter(
                    name: "highest", kind: .number(1e-12...1e12),
                    summary: "The value of the last color; the map's largest when it is not given."),
            ],
            images: [
                CompareRoutes.reference,
                Route.ImageField(name: "image", count: 1...1, summary: "The image over which the map lies."),
            ],
            answers: [
                Route.Answer(
                    mediaType: "image/png", summary: "The map over the image.", headers: [.mapHighest],
                    mayHave: [.mapValue]),
                .json(shape, "The map's values."),
            ],
            problems: [.notAcceptable], handle: heatmap)
    ]

    /// The most values that are written as JSON.
    private static let mostValues = 1 << 20

    private static func heatmap(_ call: Call) async throws -> Response {
        let engine = try call.core.engine()
        let name = call.text("metric") ?? LoadedMetrics(engine.metrics).names(.map).first
        let metric = try engine.metrics(named: name.map { [$0] })[0]
        let format = try call.accepted(["image/png", "application/json"])
        let uploads = try await call.uploads()
        let (reference, image) = (try Call.one(uploads, "reference"), try Call.one(uploads, "image"))
        let admission = try engine.batcher.admit(2, of: call.client)
        let map = try await engine.map(metric, from: reference, to: image, admission)
        if format == "application/json" {
            let count = map.layers[0].field.values.count
            guard count <= mostValues else {
                throw Problem(.tooLarge, "a map of \(count) values is no answer in JSON", advice: "send smaller images")
            }
            return try await engine.images.run(for: call.client) { try .json(map) }
        }
        var drawing = Heatmap.Drawing(layout: .plain)
        if let layout = call.text("layout").flatMap(Heatmap.Drawing.Layout.init) { drawing.layout = layout }
        if let colors = call.text("colors").flatMap(ColorMap.init) { drawing.colors = colors }
        if let opacity = call.number("opacity") { drawing.opacity = opacity }
        drawing.highest = call.number("highest")
        var headers = HTTPFields()
        headers[.mapValue] = map.value.map { "\($0)" }
        headers[.mapHighest] = "\(drawing.highest ?? Double(map.largest))"
        return try await engine.images.run(for: call.client) { [drawing, headers] in
            try engine.decodingMemory.run {
                // Colors, panels and the file.
                try MemoryReservation.take(24 * map.layers[0].image.width * map.layers[0].image.height)
                let drawn = map.drawn(drawing)
                try Interruption.check()
                return .bytes(try drawn.pngData(), "image/png", headers: headers)
            }
        }
    }

    private static let shape = Schema.object([
        "kind": Schema.string, "meaning": Schema.string, "metric": Schema.anything,
        "model?": Schema.reference("Model"), "reference": Schema.string, "value": Schema.number,
        "maps": Schema.array(
            Schema.object([
                "image": Schema.string, "width": Schema.integer, "height": Schema.integer, "mean": Schema.number,
                "largest": Schema.number, "values": Schema.array(Schema.number),
            ])),
    ])
}

extension HTTPField.Name {
    /// The metric between the two images.
    static let mapValue = HTTPField.Name("X-DreamSim-Value")!
    /// The value of the map's last color.
    static let mapHighest = HTTPField.Name("X-DreamSim-Highest")!
}
