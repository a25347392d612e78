import DreamSim
import DreamSimRetrieval
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// A folder of images, an index of it and a small recorded transformer.
struct Gallery {
    let home: URL
    let model: PerceptualModel
    let images: URL
    let index: URL

    /// Runs `body` with `count` images `0.png`, `1.png` …; every `broken`-th is no image.
    static func with(_ count: Int = 10, broken: Int = 0, _ body: (Gallery) throws -> Void) async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let model = try await tinyModel(home)
        let gallery = Gallery(
            home: home, model: model, images: home.appending(path: "images"), index: home.appending(path: "index"))
        try FileManager.default.createDirectory(at: gallery.images, withIntermediateDirectories: true)
        for number in 0..<count {
            if broken > 0 && number % broken == broken - 1 {
                try Data("broken \(number)".utf8).write(to: gallery.image("\(number).png"))
            } else {
                try image(UInt64(number)).write(to: gallery.image("\(number).png"))
            }
        }
        try body(gallery)
    }

    /// A small transformer of one's own, with another normalization for an incompatible one.
    static func tinyModel(_ home: URL, isNormalized: Bool = true) async throws -> PerceptualModel {
        let description = home.appending(path: "model.json")
        try Data(
            """
            {"name": "tiny", "backbones": [{"weights": "\(Fixtures.file("tiny/dino.pth").path)", "feature": "cls",
             "architecture": {"width": 48, "depth": 3, "heads": 4, "patchSize": 16, "mlpWidth": 192,
             "positionGrid": 4, "positionOffset": 0.1, "registers": 0, "layerNormEpsilon": 1e-6, "activation": "gelu",
             "hasPreNorm": false, "hasLayerScale": false, "mean": [0.485, 0.456, 0.406],
             "standardDeviation": [0.229, 0.224, 0.225]}}]}
            """.utf8
        ).write(to: description)
        var store = ModelStore.Configuration(home: home)
        store.isOffline = true
        return try await PerceptualModel.load(
            description.path,
            options: PerceptualModel.LoadingOptions(
                store: store, preprocessing: Preprocessing(side: 64), isNormalized: isNormalized))
    }

    /// An image with some structure, different for every seed.
    static func image(_ seed: UInt64, width: Int = 40, height: Int = 30) -> Image {
        var generator = SeededGenerator(state: seed)
        let (a, b, c) = (Int.random(in: 1...9, using: &generator), Int.random(in: 1...9, using: &generator), Int(seed))
        let pixels = (0..<(width * height)).flatMap { i -> [UInt8] in
            let (x, y) = (i % width, i / width)
            return [UInt8(x * a % 256), UInt8(y * b % 256), UInt8((x * y + c) % 256)]
        }
        return Image(width: width, height: height, pixels: pixels)
    }

    func image(_ name: String) -> URL { images.appending(path: name) }

    var settings: IndexSettings { IndexSettings(model, source: home.appending(path: "model.json").path) }

    /// Opens the index for writing.
    func writer(_ precision: VectorPrecision = .float16) throws -> IndexWriter {
        try IndexWriter(index, settings: IndexSettings(model, source: settings.source, precision: precision))
    }

    /// Brings the index up to date.
    @discardableResult
    func update(_ options: IndexingOptions = IndexingOptions()) throws -> IndexingReport {
        try writer().update([ImagePath(images.path)], with: model, options: options)
    }

    /// The file of vectors.
    func vectorsFile() throws -> URL {
        let names = try FileManager.default.contentsOfDirectory(atPath: index.path).filter { $0.hasSuffix(".bin") }
        guard names.count == 1 else { throw CocoaError(.fileReadUnknown) }
        return index.appending(path: names[0])
    }

    /// Every file with its vector, as text, for comparing indices.
    func dump() throws -> [String] {
        let reader = try IndexReader(index)
        return try reader.files().map { file in
            let content =
                file.content.map { "\($0) \($0.bytes.base64EncodedString()) \($0.pixels.base64EncodedString())" } ?? "-"
            return "\(file.id) \(file.path) \(file.size) \(content) \(file.error ?? "-") "
                + "\(try reader.vector(of: file) ?? [])"
        }
    }
}

/// Checks that a seed gives the same on any number of threads, and whether another seed gives something else.
func expectRepeatable(threads: [Int], differs: Bool = true, _ make: (_ seed: UInt64) throws -> String) throws {
    let before = PerceptualModel.threads
    defer { PerceptualModel.threads = before }
    func made(_ threads: Int, _ seed: UInt64 = 1) throws -> String {
        PerceptualModel.threads = threads
        return try make(seed)
    }
    let first = try made(1)
    for threads in threads { #expect(try made(threads) == first, "\(threads) threads") }
    #expect(try (made(1, 2) != first) == differs)
}
