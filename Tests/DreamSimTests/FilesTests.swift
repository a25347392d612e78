import DreamSim
import DreamSimTensors
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Embedding files", .serialized)
struct FilesTests {
    /// A small model and a folder of images, every seventh of which is broken.
    static func withImages(_ count: Int, _ body: (PerceptualModel, [ImagePath]) throws -> Void) async throws {
        try await LoadingTests.withHome { home in
            let url = try TinyModels.write(TinyModels.json(["dino"]), to: home)
            let model = try await PerceptualModel.load(url.path, options: TinyModels.options(home: home))
            let paths = try (0..<count).map { index in
                let file = home.appending(path: "\(index).png")
                if index % 7 == 3 {
                    try Data("broken".utf8).write(to: file)
                } else {
                    try TinyModels.image(UInt64(index + 1), width: 40 + index % 5).write(to: file)
                }
                return ImagePath(file.path)
            }
            try body(model, paths)
        }
    }

    @Test("Outcomes come in order, each with its own file, on any number of threads", arguments: [1, 2, 3], [1, 4, 8])
    func order(threads: Int, batch: Int) async throws {
        let before = PerceptualModel.threads
        defer { PerceptualModel.threads = before }
        PerceptualModel.threads = threads
        try await Self.withImages(30) { model, paths in
            var seen: [FileOutcome] = []
            model.embed(files: paths, batch: batch) { seen.append($0) }
            #expect(seen.map(\.path) == paths)
            for (index, outcome) in seen.enumerated() {
                guard index % 7 != 3 else {
                    #expect(throws: DreamSimError.self) { try outcome.result.get() }
                    continue
                }
                let alone = model.embed(try Image(contentsOf: URL(filePath: outcome.path.description)))
                #expect(try outcome.result.get().distance(to: alone) < 1e-6)
            }
        }
    }

    @Test("An error of the caller's ends the work, and a later call works", arguments: [1, 2])
    func callerFails(threads: Int) async throws {
        struct Enough: Error {}
        let before = PerceptualModel.threads
        defer { PerceptualModel.threads = before }
        PerceptualModel.threads = threads
        try await Self.withImages(40) { model, paths in
            var count = 0
            #expect(throws: Enough.self) {
                try model.embed(files: paths, batch: 4) { _ in
                    count += 1
                    if count == 5 { throw Enough() }
                }
            }
            #expect(count == 5)
            #expect(model.embed(files: Array(paths.prefix(3))).compactMap(\.embedding).count == 3)
            #expect(model.embed(files: []).isEmpty)
        }
    }

    @Test("Only broken files are all told")
    func allBroken() async throws {
        try await Self.withImages(1) { model, paths in
            let missing = (0..<20).map { ImagePath("/no/such/image\($0).png") }
            let outcomes = model.embed(files: missing, batch: 4)
            #expect(outcomes.map(\.path) == missing && outcomes.allSatisfy { $0.embedding == nil })
        }
    }
}
