import DreamSimCheckpoints
import Hummingbird

/// The embeddings of images.
enum EmbedRoutes {
    static let all: [Route] = [
        Route(
            method: .post, path: "/v1/embed",
            summary: "Embed images. The distance of two is one minus the cosine of their embeddings.", tag: "Embedding",
            parameters: [
                Parameter(
                    name: "metric", kind: .metric(.embedding),
                    summary: "A loaded model; the first loaded one when it is not given."
                )
            ],
            images: [Route.ImageField(name: "image", count: 1...128, summary: "The images.")],
            answers: [
                .json(
                    shape,
                    "The embeddings, in the order of the images; those that cannot be used are named apart. When none can be, the answer is a problem."
                ),
                Route.Answer(
                    mediaType: numpy,
                    summary: "The embeddings as a matrix of float32 in NumPy's format, if all images can be used."),
            ],
            problems: [.notAcceptable], handle: embed)
    ]

    private static let numpy = "application/x-npy"

    private struct Answer: Encodable {
        struct Entry: Encodable {
            let image: String
            let embedding: [Float]
        }

        let direction = Direction.lowerIsMoreAlike
        let model: ModelStamp
        let width: Int
        let images: [Entry]
        let failures: [ComparisonReport.Failure]
        let warnings: [String]
    }

    private static func embed(_ call: Call) async throws -> Response {
        let engine = try call.core.engine()
        let model = try engine.model(named: call.text("metric"))
        let format = try call.accepted(["application/json", numpy])
        let images = try await call.uploads()["image"] ?? []
        let admission = try engine.batcher.admit(images.count, of: call.client)
        let prepared = try await engine.prepare(images, for: [model], admission)
        // A matrix has no place for a row that is missing.
        if format == numpy { for result in prepared { _ = try result.get() } }
        let (good, failures) = try Problem.usable(prepared, of: images)
        try engine.reserve([Engine.Demand(model, images: good.count)], admission)
        let embeddings = try await engine.embed(good, with: model, admission).map { try $0.finite() }
        if format == numpy {
            return .bytes(NumpyWriter.bytes(rows: embeddings.map(\.values), width: model.width), numpy)
        }
        let answer = Answer(
            model: model.stamp, width: model.width,
            images: zip(good, embeddings).map { Answer.Entry(image: $0.name, embedding: $1.values) },
            failures: failures, warnings: good.flatMap(\.warnings))
        // Thousands of numbers: not where requests are handled.
        return try await engine.images.run(for: call.client) { try .json(answer) }
    }

    private static let shape = Schema.object([
        "direction": Schema.reference("direction"), "model": Schema.reference("Model"), "width": Schema.integer,
        "images": Schema.array(
            Schema.object(["image": Schema.string, "embedding": Schema.array(Schema.number)])),
        "failures": Schema.array(Schema.reference("failure")), "warnings": Schema.array(Schema.string),
    ])
}
