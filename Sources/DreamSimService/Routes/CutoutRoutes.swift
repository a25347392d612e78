import HTTPTypes
import Hummingbird

/// What stands out in an image.
enum CutoutRoutes {
    static let all: [Route] = [
        Route(
            method: .post, path: "/v1/cutout", summary: "Cut out what stands out in an image.", tag: "Cutouts",
            parameters: [
                Parameter(
                    name: "part", kind: .choice(Part.allCases.map(\.rawValue)),
                    summary: "The image, transparent around the foreground, or how much of each pixel is foreground.",
                    standard: "image"),
                Parameter(
                    name: "least-saliency", kind: .number(0...1), summary: "The least saliency that stands out.",
                    standard: .number(SaliencyDetector.leastSaliency)),
            ],
            images: [Route.ImageField(name: "image", count: 1...1, summary: "The image.")],
            answers: [
                Route.Answer(
                    mediaType: "image/png",
                    summary: "The image with straight transparency, or the mask in 8-bit gray, in the image's size.",
                    headers: [.cutoutCoverage, .cutoutSaliency]),
                .json(shape, "How much of the image is foreground, and how much that stands out."),
            ],
            problems: [.notAcceptable], handle: cutout)
    ]

    private enum Part: String, CaseIterable {
        case image
        case mask
    }

    private struct Answer: Encodable {
        let image: String
        let width: Int
        let height: Int
        let coverage: Double
        let saliency: Double
    }

    private static func cutout(_ call: Call) async throws -> Response {
        let engine = try call.core.engine()
        guard let detector = engine.detector else {
            throw Problem(.notFound, "the service makes no cutouts", advice: "start it with the saliency detector")
        }
        let format = try call.accepted(["image/png", "application/json"])
        let part = call.text("part").flatMap(Part.init) ?? .image
        let upload = try Call.one(try await call.uploads(), "image")
        let admission = try engine.batcher.admit(1, of: call.client)
        let cutout = try await engine.cutout(
            of: upload, by: detector,
            leastSaliency: call.number("least-saliency") ?? SaliencyDetector.leastSaliency, admission)
        return try await engine.images.run(for: call.client) {
            let (width, height) = (cutout.alpha.width, cutout.alpha.height)
            let answer = Answer(
                image: upload.name, width: width, height: height, coverage: cutout.coverage, saliency: cutout.saliency)
            if format == "application/json" { return try .json(answer) }
            return try engine.decodingMemory.run {
                // Four channels, and the file.
                try MemoryReservation.take(12 * width * height)
                var headers = HTTPFields()
                headers[.cutoutCoverage] = "\(answer.coverage)"
                headers[.cutoutSaliency] = "\(answer.saliency)"
                let file =
                    part == .mask ? try cutout.alpha.pngData() : try cutout.colors.pngData(alpha: cutout.alpha)
                return .bytes(file, "image/png", headers: headers)
            }
        }
    }

    private static let shape = Schema.object([
        "image": Schema.string, "width": Schema.integer, "height": Schema.integer, "coverage": Schema.number,
        "saliency": Schema.number,
    ])
}

extension HTTPField.Name {
    /// The share of the image that is foreground.
    static let cutoutCoverage = HTTPField.Name("X-DreamSim-Coverage")!
    /// The largest saliency of the image.
    static let cutoutSaliency = HTTPField.Name("X-DreamSim-Saliency")!
}
