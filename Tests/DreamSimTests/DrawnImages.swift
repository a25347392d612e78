import DreamSim
import DreamSimSupport
import TestSupport

/// Images drawn by formulas in integers, as Scripts/fixtures/make_metrics.py draws them.
enum DrawnImages {
    static func noise(_ seed: UInt64, _ width: Int, _ height: Int) -> Image {
        var generator = SeededGenerator(state: seed)
        return Image(
            width: width, height: height,
            pixels: (0..<(width * height * 3)).map { _ in UInt8(generator.next() >> 56) })
    }

    static func waves(_ width: Int, _ height: Int, step: Int) -> Image {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                for c in 0..<3 {
                    let v = (x * (step + c) + y * (5 - c) + x * y / 16) % 512
                    pixels.append(UInt8(v < 256 ? v : 511 - v))
                }
            }
        }
        return Image(width: width, height: height, pixels: pixels)
    }

    /// `share` sixteenths of `b` in `a`.
    static func mixed(_ a: Image, _ b: Image, _ share: Int) -> Image {
        Image(
            width: a.width, height: a.height,
            pixels: zip(a.pixels, b.pixels).map { UInt8((Int($0) * (16 - share) + Int($1) * share) / 16) })
    }

    static func flat(_ width: Int, _ height: Int, _ value: UInt8) -> Image {
        Image(width: width, height: height, filledWith: RGB(value, value, value))
    }

    static func halves(_ width: Int, _ height: Int, _ left: UInt8, _ right: UInt8) -> Image {
        Image(
            width: width, height: height,
            pixels: (0..<height).flatMap { _ in
                (0..<width).flatMap { x in [UInt8](repeating: x < width / 2 ? left : right, count: 3) }
            })
    }

    static func negative(_ image: Image) -> Image {
        Image(width: image.width, height: image.height, pixels: image.pixels.map { 255 - $0 })
    }

    /// The pair of a kind.
    static func pair(_ kind: String, _ width: Int, _ height: Int) -> (Image, Image)? {
        let waves = waves(width, height, step: 3)
        switch kind {
        case "noise": return (waves, mixed(waves, noise(7, width, height), 4))
        case "waves": return (waves, Self.waves(width, height, step: 4))
        case "flat": return (flat(width, height, 250), flat(width, height, 240))
        case "halves": return (halves(width, height, 0, 255), halves(width, height, 3, 250))
        case "negative": return (waves, negative(waves))
        default: return nil
        }
    }
}

/// A metric that has neither a map nor a gradient.
struct WholeMetric: PerceptualMetric {
    let card = MetricCard(
        name: "whole", summary: "", direction: .lowerIsMoreAlike, lowest: 0, highest: 1, size: .square(8))

    func values(from reference: Image, to images: [Image]) -> [Double] { images.map { _ in 0 } }
}
