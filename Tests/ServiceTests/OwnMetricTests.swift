import DreamSim
import DreamSimEvaluation
import DreamSimRetrieval
import DreamSimService
import Foundation
import ModelTestSupport
import Synchronization
import TestSupport
import Testing

/// Embeds an image as its mean color, and counts the images that it sees.
private final class MeanColor: EmbeddingMetric {
    let card = MetricCard(
        name: "mean-color", summary: "mean colors", direction: .lowerIsMoreAlike, lowest: 0, highest: 2,
        size: .square(16), weights: "0")
    let stamp = ModelStamp(
        model: "mean-color", weights: "0", preprocessing: Preprocessing(side: 16), isNormalized: false)
    let width = 3
    let seen = Mutex(0)

    func embed(preprocessed images: [Image]) -> [Embedding] {
        seen.withLock { $0 += images.count }
        return images.map { image in
            let sums = (0..<3).map { channel in
                stride(from: channel, to: image.pixels.count, by: 3).reduce(Float(0)) { $0 + Float(image.pixels[$1]) }
            }
            return Embedding(values: sums, stamp: stamp)
        }
    }
}

/// A metric of a user's own that embeds, wherever models do.
@Suite("A metric of one's own that embeds", .timeLimit(.minutes(5)))
struct OwnMetricTests {
    private static func images(in folder: URL) throws -> [URL] {
        try [(250, 10, 10), (240, 20, 10), (10, 10, 250)].enumerated().map { index, color in
            let url = folder.appending(path: "\(index).png")
            let pixel = [UInt8(color.0), UInt8(color.1), UInt8(color.2)]
            try Image(width: 20, height: 20, pixels: (0..<400).flatMap { _ in pixel }).write(to: url)
            return url
        }
    }

    @Test("is evaluated, and sees every image once")
    func evaluate() throws {
        try Fixtures.withTemporaryFolder { folder in
            _ = try Self.images(in: folder)
            let table = folder.appending(path: "set.csv")
            try Data("ref,left,right,vote\n0.png,1.png,2.png,left\n1.png,2.png,0.png,right\n".utf8).write(to: table)
            let metric = MeanColor()
            var settings = EvaluationSettings()
            settings.unrelatedPairs = 0
            let report = try Evaluator.evaluate(
                .triplets(ImagePath(table.path)), with: [metric], settings: settings)
            #expect(report.metrics[0].score.value == 1 && metric.seen.withLock { $0 } == 3)
        }
    }

    @Test("makes an index and searches it")
    func index() throws {
        try Fixtures.withTemporaryFolder { folder in
            let photos = folder.appending(path: "photos")
            try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
            let (urls, metric, place) = (try Self.images(in: photos), MeanColor(), folder.appending(path: "index"))
            let writer = try IndexWriter(place, settings: IndexSettings(metric, source: "mean-color"))
            _ = try writer.update([ImagePath(photos.path)], with: metric, options: IndexingOptions())
            let query = SearchQuery(vector: try metric.embed(Image(contentsOf: urls[1])).values)
            let hits = try IndexReader(place).search([query], count: 3)[0]
            #expect(hits.map(\.file.path.name) == ["1.png", "0.png", "2.png"])
        }
    }

    @Test("compares in the service, with a description of its numbers")
    func service() async throws {
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = try Self.images(in: folder).map { [UInt8](try Data(contentsOf: $0)) }
        try await RunningService.with(metrics: [MeanColor()]) { service in
            let parts = zip(["reference", "image", "image"], files).enumerated()
                .map { ($1.0, "\($0).png", $1.1) }
            let json = try service.post("/v1/compare", Form(parts)).json()
            #expect(try JSONSchema("compare").faults(of: json) == [])
            let results = try #require(json["results"] as? [[String: Any]])
            #expect(results.map { $0["image"] as? String } == ["1.png", "2.png"])
            let column = try #require((json["metrics"] as? [[String: Any]])?.first)
            #expect(column["summary"] as? String == "mean colors" && column["isNormalized"] as? Bool == false)
        }
    }
}
