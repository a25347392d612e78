import DreamSim
import DreamSimRetrieval
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

@Suite("Maps of collections")
struct MapTests {
    @Test("The main directions of points whose directions are known", arguments: [VectorPrecision.float32, .float16])
    func components(precision: VectorPrecision) throws {
        // (±a, ±b, ±c, h) has length 1, lies about (0, 0, 0, h), and differs by a², b² and c² along the axes; then turned.
        let (a, b, c) = (0.7, 0.5, 0.3)
        let h = (1 - a * a - b * b - c * c).squareRoot()
        let signs = (0..<8).map { i in (0..<3).map { i >> $0 & 1 == 0 ? 1.0 : -1 } }
        var generator = SeededGenerator(state: 4)
        let mirror = (0..<24).map { _ in Double.random(in: -1...1, using: &generator) }
        let square = mirror.reduce(0) { $0 + $1 * $1 }
        let vectors = signs.map { sign in
            let point = [sign[0] * a, sign[1] * b, sign[2] * c, h] + Array(repeating: 0, count: 20)
            let along = zip(point, mirror).reduce(0) { $0 + $1.0 * $1.1 }
            return zip(point, mirror).map { Float($0 - 2 * along / square * $1) }
        }
        try SyntheticIndex.with(vectors, precision) { index in
            let found = PrincipalComponents(try index.reader, rows: Array(0..<8), count: 2, seed: 3)
            let tolerance = precision == .float32 ? 1e-5 : 2e-3
            let total = a * a + b * b + c * c
            #expect(found.scores.shape == [8, 2])
            #expect(
                abs(found.shares[0] - a * a / total) < tolerance && abs(found.shares[1] - b * b / total) < tolerance)
            let scores = found.scores.values.map { Double($0) }
            for (axis, length) in [a, b].enumerated() {
                // The direction's sign is free.
                let turn = scores[axis] * signs[0][axis] > 0 ? 1.0 : -1
                for row in 0..<8 {
                    #expect(abs(scores[2 * row + axis] - turn * signs[row][axis] * length) < tolerance)
                }
            }
        }
    }

    @Test("Eigenvalues and vectors of matrices made from known ones", arguments: [1, 2, 5, 12])
    func eigen(size: Int) {
        var generator = SeededGenerator(state: UInt64(size))
        // A product of mirrors is orthogonal.
        var basis = (0..<size).map { i in (0..<size).map { $0 == i ? 1.0 : 0 } }
        for _ in 0..<4 {
            let mirror = (0..<size).map { _ in Double.random(in: -1...1, using: &generator) }
            let square = mirror.reduce(0) { $0 + $1 * $1 }
            basis = basis.map { row in
                let along = zip(row, mirror).reduce(0) { $0 + $1.0 * $1.1 }
                return zip(row, mirror).map { $0 - 2 * along / square * $1 }
            }
        }
        let values = (0..<size).map { 10.0 / Double(1 + $0 * $0) - 1 }
        let matrix = (0..<size).map { i in
            (0..<size).map { j in (0..<size).reduce(0) { $0 + values[$1] * basis[$1][i] * basis[$1][j] } }
        }
        let found = PrincipalComponents.eigen(matrix)
        for k in 0..<size {
            #expect(abs(found.values[k] - values[k]) < 1e-10)
            let along = zip(found.vectors[k], basis[k]).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(abs(along) - 1) < 1e-9)
        }
    }

    /// How far neighbors on a map are neighbors in truth (Venna and Kaski 2001): 1 when all are, about 0.5 at random.
    private static func trustworthiness(_ vectors: [[Float]], _ places: [(x: Double, y: Double)], _ k: Int) -> Double {
        let n = vectors.count
        var penalty = 0
        for i in 0..<n {
            func order(_ distance: (Int) -> Double) -> [Int] {
                (0..<n).filter { $0 != i }.map { ($0, distance($0)) }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
            }
            let truth = order { Embedding.cosineDistance(vectors[i], vectors[$0]) }
            let rank = Dictionary(uniqueKeysWithValues: zip(truth, 1...))
            let near = order { hypot(places[i].x - places[$0].x, places[i].y - places[$0].y) }
            for j in near.prefix(k) { penalty += max(0, (rank[j] ?? 0) - k) }
        }
        return 1 - 2 * Double(penalty) / Double(n * k * (2 * n - 3 * k - 1))
    }

    private static func places(_ map: Projection) -> [(x: Double, y: Double)] { map.points.map { ($0.x, $0.y) } }

    @Test("Near neighbors lie near each other, which random places do not do", arguments: 1...3)
    func neighbors(seed: UInt64) throws {
        let vectors = SyntheticIndex.clouds(12, of: 20, spread: 0.5, seed: seed)
        try SyntheticIndex.with(vectors) { index in
            var options = ProjectionOptions()
            options.seed = seed
            let map = try index.reader.map(options)
            #expect(map.points.map { SyntheticIndex.number($0.image) } == Array(0..<240))
            let trust = Self.trustworthiness(vectors, Self.places(map), 10)
            #expect(trust > 0.92, "trustworthiness \(trust)")
            var generator = SeededGenerator(state: seed)
            let random = Self.trustworthiness(vectors, Self.places(map).shuffled(using: &generator), 10)
            #expect(random < 0.6, "at random \(random)")
            // Better than the two main directions alone.
            let flat = PrincipalComponents(try index.reader, rows: Array(0..<240), count: 2, seed: 1).scores.values
            let plain = Self.trustworthiness(
                vectors, (0..<240).map { (Double(flat[2 * $0]), Double(flat[2 * $0 + 1])) }, 10)
            #expect(trust > plain, "\(trust), and \(plain) by principal components")
        }
    }

    @Test("The same seed gives the same map on any number of threads, another seed another")
    func repeatable() throws {
        try SyntheticIndex.with(SyntheticIndex.clouds(9, of: 30, width: 40)) { index in
            let reader = try index.reader
            try expectRepeatable(threads: [1, 2, 3]) { seed in
                var options = ProjectionOptions()
                options.seed = seed
                return try JSON.text(try reader.map(options).points)
            }
        }
    }

    @Test("Few images, and equal ones, have places on the map", arguments: [1, 2, 3, 4, 5, 17])
    func small(count: Int) throws {
        for vectors in [SyntheticIndex.clouds(count, of: 1), Array(repeating: [3, 1, 2], count: count)] {
            try SyntheticIndex.with(vectors) { index in
                let map = try index.reader.map()
                #expect(map.points.count == count)
                for point in map.points { #expect((0...1).contains(point.x) && (0...1).contains(point.y)) }
                // One scale for both axes, and all of one used.
                let (xs, ys) = (map.points.map(\.x), map.points.map(\.y))
                #expect(count == 1 || abs(max(xs.max()! - xs.min()!, ys.max()! - ys.min()!) - 1) < 1e-6)
                #expect(map.variance.allSatisfy { (0...1.0001).contains($0) })
            }
        }
    }

    @Test("Options without a meaning and folders without images are refused")
    func refusals() throws {
        try SyntheticIndex.with(SyntheticIndex.clouds(6, of: 1)) { index in
            let reader = try index.reader
            for change: (inout ProjectionOptions) -> Void in [
                { $0.neighbors = 1 }, { $0.neighbors = 1001 }, { $0.rounds = 0 }, { $0.folders = [ImagePath("/no")] },
            ] {
                var options = ProjectionOptions()
                change(&options)
                #expect(try StoreTests.kind { _ = try reader.map(options) } == .badRequest)
            }
            let map = try reader.map()
            for side in [0, 199, 20_001] {
                var drawing = ProjectionDrawing()
                drawing.side = side
                #expect(try StoreTests.kind { _ = try map.drawn(drawing, decoding: .standard) } == .badRequest)
            }
        }
    }

    private static let red = RGB(0xE01020)

    @Test("The drawing shows the images, dots for those that are gone, and light or dark ground")
    func drawing() async throws {
        try await Gallery.with(0) { gallery in
            for number in 0..<12 {
                let solid = Image(
                    width: 40, height: 20 + number,
                    pixels: (0..<(40 * (20 + number))).flatMap { _ in [Self.red.red, Self.red.green, Self.red.blue] })
                try solid.write(to: gallery.image("\(number).png"))
            }
            try gallery.update()
            let map = try IndexReader(gallery.index).map()
            var drawing = ProjectionDrawing()
            drawing.side = 300
            func count(_ image: Image, _ color: RGB) -> Int {
                (0..<(300 * 300)).count { image[$0 % 300, $0 / 300] == color }
            }
            let file = gallery.home.appending(path: "map.png")
            try map.drawn(drawing, decoding: .standard).write(to: file)
            let light = try Image(contentsOf: file)
            #expect(light.width == 300 && light.height == 300 && light[0, 0] == RGB(0xF6F7F9))
            // Twelve images, each some 50 by 25 to 40 pixels, none over another.
            let area = count(light, Self.red)
            #expect(area > 12 * 700, "\(area) pixels")
            drawing.isDark = true
            #expect(try map.drawn(drawing, decoding: .standard)[0, 0] == RGB(0x14181D))
            drawing.images = 3
            let few = count(try map.drawn(drawing, decoding: .standard), Self.red)
            #expect(few > 0 && few != area)
            for number in 0..<12 { try FileManager.default.removeItem(at: gallery.image("\(number).png")) }
            let gone = try map.drawn(drawing, decoding: .standard)
            #expect(count(gone, Self.red) == 0 && count(gone, RGB(0x14181D)) < 300 * 300)
        }
    }

    @Test("The page holds every image once, whatever the files are called")
    func page() async throws {
        let names = [
            "</script><img src=x onerror=alert(1)>.png", "<!--<script>.png", "@POINTS@ @SHEETS@ @ABOUT@.png",
            "\"'\\ \u{2028} &amp; $& \\u003c.png", "plain.png", "e\u{301}.png",
        ]
        try await Gallery.with(0) { gallery in
            for (seed, name) in names.enumerated() {
                // A name must not hold a slash.
                try Gallery.image(UInt64(seed)).write(to: gallery.image(name.replacing("/", with: "\u{2215}")))
            }
            let strange = ImagePath(
                bytes: Array((gallery.images.path + "/").utf8) + [0xFF, 0x3C, 0x0A] + Array(".png".utf8))
            try Gallery.image(70).write(to: gallery.home.appending(path: "y.png"))
            #expect(strange.withCString { rename(gallery.home.appending(path: "y.png").path, $0) } == 0)
            try gallery.update()
            let map = try IndexReader(gallery.index).map()
            #expect(map.points.count == names.count + 1)
            let html = try ProjectionPage(map, decoding: .standard).html()
            #expect(html.hasPrefix("<!doctype html>") && html.hasSuffix("</html>\n"))
            for mark in ["<script", "</script", "<!--", "<img"] {
                let count = html.components(separatedBy: mark).count - 1
                #expect(count == (mark.hasSuffix("script") ? 1 : 0), "\(mark)")
            }
            // What the script reads is JSON.
            let points = try Self.array(html, "const points = ")
            #expect(points.count == map.points.count)
            for (point, value) in zip(map.points, points) {
                let parts = try #require(value as? [Any])
                #expect(parts.count == 9 && parts[2] as? String == point.image.name)
                #expect((parts[3] as? String)?.hasPrefix("file:///") == true)
                let place = try (0..<2).map { try #require(parts[$0] as? Double) }
                #expect(place.allSatisfy { (0...1).contains($0) })
            }
            let sheet = try #require(html.firstMatch(of: /"data:image\/jpeg;base64,([^"]+)"/))
            let image = try Image(decoding: Array(try #require(Data(base64Encoded: String(sheet.1)))), name: "sheet")
            #expect(image.width == 1536 && image.height == 1536)
            #expect(!html.contains("@ABOUT@ Drag") && html.contains("7 images, 15 neighbors, seed 1."))
        }
    }

    /// The array that a line of a script begins.
    private static func array(_ html: String, _ start: String) throws -> [Any] {
        let rest = html[try #require(html.range(of: start)).upperBound...]
        let text = rest[..<(try #require(rest.range(of: "];\n")).lowerBound)] + "]"
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [Any])
    }
}
