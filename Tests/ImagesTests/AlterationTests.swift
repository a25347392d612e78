import DreamSimCodecs
import DreamSimImages
import TestSupport
import Testing

@Suite("Alterations")
struct AlterationTests {
    static let scene: Image = {
        var pixels: [UInt8] = []
        for y in 0..<30 {
            for x in 0..<40 { pixels += [UInt8(x * 6), UInt8(y * 8), UInt8((x * y) % 256)] }
        }
        return Image(width: 40, height: 30, pixels: pixels)
    }()

    static func distance(_ a: Image, _ b: Image) -> Double {
        var sum = 0
        for (x, y) in zip(a.pixels, b.pixels) { sum += abs(Int(x) - Int(y)) }
        return Double(sum) / Double(a.pixels.count)
    }

    @Test(
        "Strength 0 changes nothing, every other one something; sizes are kept, and randomness repeats",
        arguments: Alteration.allCases)
    func general(alteration: Alteration) throws {
        #expect(try alteration.applied(to: Self.scene, strength: 0, seed: 1) == Self.scene)
        #expect(alteration.strengths == alteration.strengths.sorted())
        for strength in alteration.strengths {
            #expect(alteration.range.contains(strength))
            let altered = try alteration.applied(to: Self.scene, strength: strength, seed: 1)
            #expect(altered.width == 40 && altered.height == 30)
            #expect(try altered == alteration.applied(to: Self.scene, strength: strength, seed: 1))
        }
        let most = try #require(alteration.strengths.last)
        let altered = try alteration.applied(to: Self.scene, strength: most, seed: 1)
        #expect(Self.distance(altered, Self.scene) > 1)
        let isByChance = alteration == .noise || alteration == .shuffle
        let other = try alteration.applied(to: Self.scene, strength: most, seed: 2)
        #expect((other != altered) == isByChance)
    }

    @Test("Odd strengths and the smallest images do no harm", arguments: Alteration.allCases)
    func hostile(alteration: Alteration) throws {
        for image in [Image(width: 1, height: 1, pixels: [1, 2, 3]), Image(width: 1, height: 9, filledWith: .white)] {
            for strength in [-1, .nan, .infinity, 1e300, 0.3, 1, 50] {
                let altered = try alteration.applied(to: image, strength: strength, seed: .max)
                #expect(altered.width == image.width && altered.height == image.height)
            }
        }
    }

    @Test("Colors, as worked out by hand")
    func colors() throws {
        let red = Image(width: 1, height: 1, pixels: [200, 0, 0])
        // The luma of 200 red is 0.299 * 200 = 59.8.
        #expect(try Alteration.desaturation.applied(to: red, strength: 1, seed: 0).pixels == [60, 60, 60])
        #expect(try Alteration.brightness.applied(to: red, strength: 0.2, seed: 0).pixels == [211, 51, 51])
        #expect(try Alteration.contrast.applied(to: red, strength: 0.5, seed: 0).pixels == [164, 64, 64])
        // A whole turn comes back, and gray has no hue.
        let turned = try Alteration.hue.applied(to: Self.scene, strength: 360, seed: 0)
        #expect(zip(turned.pixels, Self.scene.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
        let gray = Image(width: 1, height: 1, pixels: [90, 90, 90])
        #expect(try Alteration.hue.applied(to: gray, strength: 90, seed: 0) == gray)
    }

    @Test("Places, as worked out by hand")
    func places() throws {
        let row = Image(width: 3, height: 3, pixels: (0..<9).flatMap { [UInt8($0), UInt8($0), UInt8($0)] })
        func values(_ image: Image) -> [UInt8] { (0..<9).map { image.pixels[3 * $0] } }
        #expect(try values(Alteration.mirror.applied(to: row, strength: 1, seed: 0)) == [2, 1, 0, 5, 4, 3, 8, 7, 6])
        // A third of the side is one pixel; the border is mirrored: row -1 is row 1.
        #expect(try values(Alteration.shift.applied(to: row, strength: 34, seed: 0)) == [4, 3, 4, 1, 0, 1, 4, 3, 4])
        // A quarter turn, clockwise.
        #expect(try values(Alteration.rotation.applied(to: row, strength: 90, seed: 0)) == [6, 3, 0, 7, 4, 1, 8, 5, 2])
        let shuffled = try Alteration.shuffle.applied(to: row, strength: 2, seed: 3)
        let order: [UInt8] = Array(0..<9)
        #expect(values(shuffled).sorted() == order)
        #expect(values(shuffled) != order)
    }

    @Test("Blur and noise have the spread that was asked for")
    func spreads() throws {
        var pixels = [UInt8](repeating: 0, count: 101 * 101 * 3)
        for c in 0..<3 { pixels[(50 * 101 + 50) * 3 + c] = 255 }
        // A white dot grows to a bell; 2 % of 101 is a sigma of 2.02. Rounding to bytes blunts its foot.
        let dot = try Alteration.blur.applied(to: Image(width: 101, height: 101, pixels: pixels), strength: 2, seed: 0)
        let peak = 255 / (2 * Double.pi * 2.02 * 2.02)
        #expect(abs(Double(dot[50, 50].red) - peak) < 1)
        let flat = Image(width: 100, height: 100, filledWith: RGB(128, 128, 128))
        let noisy = try Alteration.noise.applied(to: flat, strength: 5, seed: 4)
        let deviations = noisy.pixels.map { Double($0) - 128 }
        let mean: Double = deviations.reduce(0, +) / 30000
        let variance: Double = deviations.map { $0 * $0 }.reduce(0, +) / 30000
        #expect(abs(mean) < 0.4)
        #expect(abs(variance.squareRoot() - 12.75) < 0.3)
        #expect(try Alteration.blur.applied(to: flat, strength: 4, seed: 0) == flat)
    }
}
