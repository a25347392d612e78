import DreamSim
import DreamSimCodecs
import DreamSimCore
import DreamSimPipeline
import Foundation
import TestSupport
import Testing

@Suite("Foregrounds alone", .enabled(if: isDetectorReady, "SKIPPED: needs 'models pull vits14-focus'"))
struct ForegroundMetricTests {
    private static let model = SaliencyDetector.model

    /// The ball of `CutoutTests` over a photograph of the samples.
    private static func ball(over file: String) throws -> Image {
        let (ball, alpha) = try CutoutTests.ball()
        let scene = try Image(contentsOf: Fixtures.packageRoot.appending(path: "Samples/\(file)"))
            .resized(width: ball.width, height: ball.height)
        let pixels = ball.pixels.indices.map { i -> UInt8 in
            let share = alpha.values[i / 3]
            return UInt8((share * Float(ball.pixels[i]) + (1 - share) * Float(scene.pixels[i])).rounded())
        }
        return Image(width: ball.width, height: ball.height, pixels: pixels)
    }

    @Test("One object in two places is much more alike by its foreground than as a whole")
    func places() async throws {
        let (here, there) = (try Self.ball(over: "scene.jpg"), try Self.ball(over: "different.jpg"))
        let whole = try await MetricCatalog.load(Self.model)
        let foreground = try await MetricCatalog.load(Self.model + "-foreground")
        let (apart, near) = (try whole.value(here, there), try foreground.value(here, there))
        #expect(near < 0.5 * apart, "\(near) of foregrounds, \(apart) of whole images")
        #expect(foreground.card.name == "vits14-focus-foreground")
        #expect(try foreground.value(here, here) == 0)
    }

    @Test("The embedding is that of the image with its background painted over, and of no other kind")
    func painted() async throws {
        let image = try Self.ball(over: "scene.jpg")
        let model = try await PerceptualModel.load(Self.model)
        let detector = try await SaliencyDetector.load()
        let metric = ForegroundMetric(model, detector: detector)
        let square = model.preprocessing.applied(to: image)
        let painted = try detector.cutout(of: square).composed(over: ForegroundMetric.paint)
        #expect(painted[5, 5] == ForegroundMetric.paint)
        let expected = model.embed(preprocessed: [painted])[0]
        let found = try metric.embed(image)
        #expect(found.values == expected.values && found.values != model.embed(image).values)
        #expect(found.stamp == metric.stamp && found.stamp != model.stamp)
        #expect("\(found.stamp)".contains("background painted over"))
        let error = #expect(throws: DreamSimError.self) { try found.distance(to: expected) }
        #expect(error?.kind == .incomparable)
    }

    @Test("An image in which nothing stands out is an error of that file alone, with a remedy that is there")
    func nothing() async throws {
        try await Fixtures.withTemporaryFolderAsync { folder in
            let (wall, ball) = (folder.appending(path: "wall.png"), folder.appending(path: "ball.png"))
            try DrawnImages.flat(240, 240, 128).write(to: wall)
            try Self.ball(over: "scene.jpg").write(to: ball)
            let loaded = try await MetricCatalog.load("pdq-foreground")
            let metric = try #require(loaded as? ForegroundMetric)
            let outcomes = metric.embed(files: [wall, ball].map { ImagePath($0.path) })
            let error = #expect(throws: DreamSimError.self) { try outcomes[0].result.get() }
            #expect(error?.subject == wall.path && error?.problem.contains("nothing stands out") == true)
            #expect(error?.remedy == "leave this image out, or compare whole images")
            #expect(outcomes[1].embedding?.stamp == metric.stamp)
            // The comparison of files says the same.
            var failures: [String] = []
            PairComparer([metric]).compare([ImagePair(ImagePath(ball.path), ImagePath(wall.path))]) { outcome in
                if case .failure(let failure) = outcome.result { failures.append("\(failure)") }
            }
            #expect(failures.count == 1 && failures[0].contains("nothing stands out"), "\(failures)")
        }
    }

    @Test("What cannot be limited to foregrounds says so")
    func refused() async throws {
        await #expect(throws: DreamSimError.self) { _ = try await MetricCatalog.load("ssim-foreground") }
        var options = PerceptualModel.LoadingOptions(store: try .fromEnvironment())
        options.preprocessing.foreground = .alone
        let wanted = options
        await #expect(throws: DreamSimError.self) {
            _ = try await PerceptualModel.load(Self.model, options: wanted)
        }
    }

    @Test("Stamps of whole images read and write as before")
    func stamps() throws {
        let whole = Preprocessing.standard
        let text = String(decoding: try JSONEncoder().encode(whole), as: UTF8.self)
        #expect(!text.contains("foreground"))
        #expect(try JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8)) == whole)
        let alone = Preprocessing(foreground: .alone)
        let again = try JSONDecoder().decode(Preprocessing.self, from: try JSONEncoder().encode(alone))
        #expect(again == alone && again != whole)
    }
}
