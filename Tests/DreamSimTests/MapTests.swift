import DreamSim
import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimSupport
import DreamSimTensors
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Maps of differences")
struct DifferenceMapTests {
    /// A model of small recorded transformers.
    static func model(
        _ families: [String], feature: String? = nil, side: Int = 64, isNormalized: Bool = true
    ) async throws -> PerceptualModel {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let url = try TinyModels.write(TinyModels.json(families, feature: feature), to: home)
        var options = TinyModels.options(home: home, isNormalized: isNormalized)
        options.preprocessing.side = side
        return try await PerceptualModel.load(url.path, options: options)
    }

    @Test("Maps of pixels, as worked out by hand")
    func pixels() throws {
        let a = Image(width: 2, height: 1, pixels: [0, 0, 0, 255, 255, 255])
        let b = Image(width: 2, height: 1, pixels: [255, 0, 0, 255, 204, 255])
        #expect(try PixelMetric.l1.map(a, b).values == [Float(1) / 3, Float(51) / 765])
        #expect(try PixelMetric.mse.map(a, b).values == [Float(1) / 3, Float(51 * 51) / (3 * 255 * 255)])
        #expect(try PixelMetric.l1.map(a, a).values == [0, 0])
        let mean = try PixelMetric.mse.map(a, b).field.mean
        #expect(try abs(mean - PixelMetric.mse.value(a, b)) < 1e-7)
        let other = Image(width: 1, height: 2, filledWith: .black)
        #expect(throws: DreamSimError.self) { try PixelMetric.l1.map(a, other) }
    }

    @Test("A transformer's map is the cosine distance of its patch tokens", arguments: [false, true])
    func tokens(isNormalized: Bool) async throws {
        let model = try await Self.model(["dino"], isNormalized: isNormalized)
        let (a, b) = (TinyModels.image(1), TinyModels.image(2))
        let map = model.map(a, b)
        #expect(map.width == 4 && map.height == 4)
        let batch = model.preprocessing.batch([a, b].map(model.preprocessing.applied))
        let tokens = model.networks[0].tokens(of: batch, through: 2).values.map(Double.init)
        for patch in 0..<16 {
            func token(_ n: Int) -> [Double] {
                let row = Array(tokens[((n * 17 + 1 + patch) * 48)..<((n * 17 + 2 + patch) * 48)])
                let mean = isNormalized ? row.reduce(0, +) / 48 : 0
                return row.map { $0 - mean }
            }
            func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
            let (x, y) = (token(0), token(1))
            let expected = 1 - dot(x, y) / (dot(x, x) * dot(y, y)).squareRoot()
            #expect(abs(Double(map.values[patch]) - expected) < 1e-6)
        }
    }

    @Test("A heat map by a model of several networks stops at any of its steps")
    func stopped() async throws {
        let model = try await Self.model(["dino", "clip"])
        let sources = (UInt64(1)...2).map { Heatmap.Source(path: ImagePath("\($0)"), image: TinyModels.image($0)) }
        let whole = try Heatmap(difference: model, from: sources[0], to: sources[1])
        // Two networks for the value, two for the map, and what is between.
        for last in 1...5 {
            let steps = Mutex(0)
            #expect(throws: CancellationError.self) {
                _ = try Interruption.run({
                    let count = steps.withLock { count in
                        count += 1
                        return count
                    }
                    if count == last { throw CancellationError() }
                }) { try Heatmap(difference: model, from: sources[0], to: sources[1]) }
            }
            #expect(steps.withLock { $0 } == last)
        }
        let undisturbed = try Interruption.run({}) { try Heatmap(difference: model, from: sources[0], to: sources[1]) }
        #expect(undisturbed.layers[0].field.values == whole.layers[0].field.values && undisturbed.value == whole.value)
        let images = sources.map(\.image).map(model.preprocessing.applied)
        #expect(try model.embedInSteps(preprocessed: images) == model.embed(preprocessed: images))
    }

    @Test("Equal images differ nowhere, and the map is the same both ways")
    func symmetry() async throws {
        let model = try await Self.model(["dino", "clip"])
        let (a, b) = (TinyModels.image(1), TinyModels.image(2))
        #expect(model.map(a, a).values.allSatisfy { $0 == 0 })
        #expect(Difference(model.map(a, b).values, model.map(b, a).values).maxAbsolute < 1e-6)
    }

    @Test("Backbones are averaged")
    func ensemble() async throws {
        let (a, b) = (TinyModels.image(3), TinyModels.image(4))
        let parts = try await [Self.model(["dino"]), Self.model(["clip"])].map { $0.map(a, b).values }
        let mean = zip(parts[0], parts[1]).map { ($0 + $1) / 2 }
        let both = try await Self.model(["dino", "clip"]).map(a, b).values
        #expect(Difference(both, mean).maxAbsolute < 1e-6)
    }

    @Test("Every layout of raw values holds the same values", arguments: Heatmap.ValueFormat.allCases)
    func files(format: Heatmap.ValueFormat) async throws {
        let model = try await Self.model(["dino"])
        let sources = [1, 2].map { Heatmap.Source(path: ImagePath("\($0).png"), image: TinyModels.image($0)) }
        let heatmap = try Heatmap(difference: model, from: sources[0], to: sources[1])
        let values = heatmap.layers[0].field.values
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "map.\(format.rawValue)")
            try heatmap.writeValues(as: format, to: url)
            switch format {
            case .json:
                let object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any]
                let map = try #require((object?["maps"] as? [[String: Any]])?.first)
                #expect((map["values"] as? [NSNumber])?.map(\.floatValue) == values)
                let value = try #require(heatmap.value)
                #expect(abs((object?["value"] as? Double ?? .nan) - value) < 1e-15)
            case .npy:
                let tensor = try Checkpoint(contentsOf: url).tensor("array")
                #expect(tensor.shape == [4, 4] && tensor.values == values)
            case .csv:
                let rows = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
                    $0.split(separator: ",", omittingEmptySubsequences: false)
                }
                #expect(rows.dropFirst().map { Float($0[3]) } == values.map(Optional.some))
                #expect(rows[6][1] == "1" && rows[6][2] == "1")
            case .png:
                let image = try Image(contentsOf: url)
                let largest = try #require(values.max())
                for (i, value) in values.enumerated() {
                    #expect(abs(Float(image[i % 4, i / 4].red) - value / largest * 255) <= 1)
                }
            }
        }
    }

    @Test("A metric that has no map is refused with advice")
    func noMap() throws {
        let source = Heatmap.Source(path: ImagePath("a.png"), image: TinyModels.image(1))
        let error = try #require(throws: DreamSimError.self) {
            try Heatmap(difference: WholeMetric(), from: source, to: source)
        }
        #expect(error.kind == .badSetting && error.reason.contains("mse"))
    }
}
