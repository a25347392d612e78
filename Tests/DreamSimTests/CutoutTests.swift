import DreamSim
import DreamSimCodecs
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// Whether the detector's weights are on this machine.
let isDetectorReady: Bool = {
    guard let store = try? ModelStore.Configuration.fromEnvironment() else { return false }
    return Catalog.model(named: SaliencyDetector.model)?.isReady(in: ModelStore(store)) ?? false
}()

@Suite("Matting")
struct MattingTests {
    private struct Recorded: Decodable {
        let width: Int
        let height: Int
        let pixels: [UInt8]
        let trimap: [Float]
        let alpha: [Float]
    }

    @Test("Closed-form matting gives pymatting's alpha where it is not known, and keeps what is known")
    func closedForm() throws {
        let recorded = try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: Fixtures.file("matting.json")))
        let image = Image(width: recorded.width, height: recorded.height, pixels: recorded.pixels)
        let trimap = ScalarField(width: recorded.width, height: recorded.height, values: recorded.trimap)
        let isKnown = recorded.trimap.map { $0 != 0.5 }
        let matting = ClosedFormMatting(prior: 0, steps: 3000, tolerance: 1e-7)
        let alpha = try matting.solved(trimap, isKnown: isKnown, image: image)
        for (place, expected) in recorded.alpha.enumerated() {
            #expect(abs(alpha.values[place] - expected) < (isKnown[place] ? 1e-6 : 2e-3), "place \(place)")
        }
        // The trimap is not the answer.
        #expect(zip(recorded.trimap, recorded.alpha).contains { abs($0 - $1) > 0.3 })
    }

    @Test("What is known stays, whatever the image, and alpha is never beyond 0...1")
    func bounds() throws {
        let image = DrawnImages.noise(3, 40, 30)
        var generator = SystemRandomNumberGenerator()
        let values = (0..<1200).map { _ in Float.random(in: 0...1, using: &generator) }
        let isKnown = (0..<1200).map { $0 % 3 == 0 || $0 < 40 }
        let alpha = try ClosedFormMatting(prior: 1e-3, steps: 50, tolerance: 1e-4).solved(
            ScalarField(width: 40, height: 30, values: values), isKnown: isKnown, image: image)
        for place in 0..<1200 {
            #expect((0...1).contains(alpha.values[place]))
            if isKnown[place] { #expect(alpha.values[place] == values[place]) }
        }
    }

    @Test("Matting that nobody waits for any more is stopped")
    func interruption() {
        let isKnown = (0..<1200).map { $0 < 40 }
        let guess = ScalarField(width: 40, height: 30, values: isKnown.map { $0 ? 1 : 0.5 })
        let matting = ClosedFormMatting(prior: 1e-3, steps: 50, tolerance: 1e-4)
        let error = #expect(throws: DreamSimError.self) {
            try Interruption.run({ throw CancellationError() }) {
                try matting.solved(guess, isKnown: isKnown, image: DrawnImages.noise(3, 40, 30))
            }
        }
        #expect(error?.kind == .cancelled)
    }

    @Test("The memory of a cutout is that of its full size, or of the largest size at which alpha is solved for")
    func memory() {
        #expect(SaliencyDetector.mostWorkingBytes(width: 4000, height: 3000) == 60 * 12_000_000)
        #expect(SaliencyDetector.mostWorkingBytes(width: 1000, height: 1000) == 210 * 1_000_000)
        // Too narrow to be halved.
        #expect(SaliencyDetector.mostWorkingBytes(width: 5, height: 2_400_000) == 210 * 12_000_000)
    }

    @Test("A PNG with transparency decodes to its colors over any background, and a mask to its grays")
    func encoding() throws {
        let image = DrawnImages.waves(21, 17, step: 3)
        let alpha = ScalarField(width: 21, height: 17, values: (0..<357).map { Float($0 % 6) / 5 })
        let bytes = try image.pngData(alpha: alpha)
        for background in [RGB(0, 0, 0), RGB(255, 255, 255)] {
            var options = DecodingOptions.standard
            options.alpha = .composited(over: background)
            let decoded = try Image(decoding: bytes, name: "PNG", options: options)
            for i in image.pixels.indices {
                let share = alpha.values[i / 3]
                let expected = share * Float(image.pixels[i]) + (1 - share) * Float(background.red)
                #expect(abs(Float(decoded.pixels[i]) - expected) <= 1)
            }
        }
        let mask = try Mask(Image(decoding: try alpha.pngData(), name: "mask"), name: "mask")
        for (value, expected) in zip(mask.weights.values, alpha.values) { #expect(abs(value - expected) < 0.003) }
    }
}

@Suite("Cutouts", .enabled(if: isDetectorReady, "SKIPPED: needs 'models pull vits14-focus'"))
struct CutoutTests {
    /// A shaded ball with a hole, over the lake, and its alpha.
    static func ball() throws -> (image: Image, alpha: ScalarField) {
        let scene = try Image(contentsOf: Fixtures.packageRoot.appending(path: "Samples/scene.jpg"))
        let (width, height) = (scene.width, scene.height)
        func place(_ i: Int) -> Double { hypot(Double(i % width) - 240, Double(i / width) - 230) }
        let alpha = (0..<(width * height)).map { Float(min(max(110.5 - place($0), 0), 1)) }
        let pixels = scene.pixels.indices.map { i -> UInt8 in
            let front = [40, 160, 60][i % 3] * (1.2 - place(i / 3) / 220)
            let share = Double(alpha[i / 3])
            return UInt8(min(max(share * front + (1 - share) * Double(scene.pixels[i]), 0), 255))
        }
        return (
            Image(width: width, height: height, pixels: pixels),
            ScalarField(width: width, height: height, values: alpha)
        )
    }

    @Test("A ball is cut out more exactly than saliency has it, and its colors are its own")
    func ball() async throws {
        let (image, expected) = try Self.ball()
        let detector = try await SaliencyDetector.load()
        let cutout = try detector.cutout(of: image)
        func error(_ field: ScalarField) -> Double {
            zip(field.values, expected.values).reduce(0) { $0 + Double(abs($1.0 - $1.1)) } / Double(field.values.count)
        }
        let raw = error(detector.saliency(of: image).resized(width: image.width, height: image.height))
        #expect(
            error(cutout.alpha) < 0.5 * raw && error(cutout.alpha) < 0.02, "\(error(cutout.alpha)), saliency \(raw)")
        #expect(abs(cutout.coverage - expected.mean) < 0.02)
        // In the middle nothing is mixed; far away nothing is left.
        #expect(cutout.colors[240, 230] == image[240, 230] && cutout.alpha[240, 230] == 1)
        #expect(cutout.colors[5, 5] == RGB(0, 0, 0) && cutout.alpha[5, 5] == 0)
        let mask = try cutout.mask(name: "ball")
        #expect(abs(mask.share - cutout.coverage) < 1e-6)
    }

    @Test("Nothing stands out of a flat image: an error with advice, and never an empty cutout")
    func nothing() async throws {
        let detector = try await SaliencyDetector.load()
        let error = #expect(throws: DreamSimError.self) {
            try detector.cutout(of: DrawnImages.flat(300, 200, 128), name: "wall.png")
        }
        #expect(error?.kind == .badSetting && error?.subject == "wall.png")
        #expect(error?.problem.contains("nothing stands out") == true && error?.remedy != nil)
    }

    @Test("Any size is taken", arguments: [(1, 1), (2, 300), (700, 3), (91, 33)])
    func sizes(width: Int, height: Int) async throws {
        let (image, _) = try Self.ball()
        let small = image.resized(width: width, height: height)
        let detector = try await SaliencyDetector.load()
        do {
            let cutout = try detector.cutout(of: small, leastSaliency: 0)
            #expect(cutout.alpha.width == width && cutout.colors.height == height)
            #expect(cutout.alpha.values.allSatisfy { (0...1).contains($0) })
        } catch {
            #expect(error.problem.contains("nothing stands out"))
        }
    }
}
