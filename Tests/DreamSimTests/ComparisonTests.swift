import DreamSim
import Foundation
import Synchronization
import TestSupport
import Testing

/// A metric of one's own that embeds: the mean color of a small image. Counts what it embeds.
private final class MeanColor: EmbeddingMetric {
    let card = MetricCard(
        name: "mean-color", summary: "cosine distance of mean colors", direction: .lowerIsMoreAlike, lowest: 0,
        highest: 2, size: .square(8))
    let stamp = ModelStamp(
        model: "mean-color", weights: "none", preprocessing: Preprocessing(side: 8), isNormalized: false)
    let width = 3
    let batches = Recorded()

    final class Recorded: @unchecked Sendable {
        private let lock = NSLock()
        private var values: [Int] = []
        func add(_ value: Int) { lock.withLock { values.append(value) } }
        var all: [Int] { lock.withLock { values } }
    }

    func embed(preprocessed images: [Image]) -> [Embedding] {
        batches.add(images.count)
        return images.map { image in
            let sums = (0..<3).map { channel in
                stride(from: channel, to: image.pixels.count, by: 3).reduce(Float(0)) { $0 + Float(image.pixels[$1]) }
            }
            return Embedding(values: sums, stamp: stamp)
        }
    }
}

@Suite("Comparisons in the background")
struct ComparisonTests {
    @Test("A metric of one's own embeds each file once, by eights, and ranks; a broken file is a failure")
    func ownMetric() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let images = (0..<20).map { TinyModels.image(UInt64($0)) }
        let files = try PairComparerTests.write(images, to: home)
        try Data("no image".utf8).write(to: home.appending(path: "broken.png"))
        let metric = MeanColor()
        let comparison = Comparison(
            reference: URL(filePath: "\(files[0])"), candidates: try ImageFiles(in: home), metrics: [metric])
        var steps: [Comparison.Progress] = []
        for await step in comparison.progress { steps.append(step) }
        let report = try await comparison.result
        #expect(steps.last?.done == 21 && steps.last?.fraction == 1 && steps.map(\.done) == steps.map(\.done).sorted())
        #expect(metric.batches.all == [8, 8, 4])
        #expect(report.results.count == 20 && report.failures.map(\.image.name) == ["broken.png"])
        #expect(report.results[0].image == files[0] && report.results[0].values["mean-color"] == 0)
        for entry in report.results {
            let index = try #require(files.firstIndex(of: entry.image))
            #expect(entry.values["mean-color"] == (try metric.value(images[0], images[index])))
        }
        #expect(report.metrics[0].isNormalized == false)
        #expect(try report.sheet().width > 400)
    }

    @Test("A task that is canceled ends the comparison")
    func canceled() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let files = try PairComparerTests.write([TinyModels.image(1)], to: home)
        let metric = WaitingMetric()
        let comparison = Comparison(
            reference: URL(filePath: "\(files[0])"), candidates: [files[0], files[0]], metrics: [metric])
        let task = Task { try await comparison.result }
        while !metric.isAsked.load(ordering: .acquiring) { try await Task.sleep(for: .milliseconds(2)) }
        task.cancel()
        metric.mayAnswer.store(true, ordering: .releasing)
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("A reference that cannot be read is an error")
    func noReference() async throws {
        let comparison = Comparison(
            reference: URL(filePath: "/nonexistent.png"), candidates: [ImagePath("/nonexistent2.png")],
            metrics: [PixelMetric.mse])
        await #expect(throws: DreamSimError.self) { try await comparison.result }
    }
}

/// A metric that answers when it may.
private final class WaitingMetric: PerceptualMetric {
    let isAsked = Atomic(false), mayAnswer = Atomic(false)
    let card = MetricCard(
        name: "waiting", summary: "answers when it may", direction: .lowerIsMoreAlike, lowest: 0, highest: 1,
        size: .full(minimum: 1))

    func values(from reference: Image, to images: [Image]) -> [Double] {
        isAsked.store(true, ordering: .releasing)
        while !mayAnswer.load(ordering: .acquiring) { Thread.sleep(forTimeInterval: 0.001) }
        return images.map { _ in 0 }
    }
}
