import DreamSim
import DreamSimNetworks
import DreamSimTraining
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// Whole runs on files.
@Suite("Training runs", .serialized)
struct TrainingRunTests {
    /// Triplets of small images, in which people prefer the image of the reference's colors.
    static func triplets(_ count: Int, in folder: URL, seed: UInt64 = 1) throws -> [TrainingTriplet] {
        try (0..<count).map { index in
            let images = [0, 1, 2].map { TinyModels.image(seed * 1000 + UInt64(index * 3 + $0)) }
            let paths = try images.enumerated().map { role, image in
                let url = folder.appending(path: "\(seed)-\(index)-\(role).png")
                try image.write(to: url)
                return ImagePath(url.path)
            }
            return TrainingTriplet(
                reference: paths[0], left: paths[1], right: paths[2], rightPreferred: Float(index % 2))
        }
    }

    static func options(epochs: Int = 2) -> TrainingOptions {
        var options = TrainingOptions(alpha: 8, dropout: 0.2, batchSize: 4, epochs: epochs)
        options.rank = 4
        options.adam.learningRate = 3e-3
        return options
    }

    private struct Stop: Error {}

    /// Runs `body` with a model, so many triplets and the folder that they are in.
    static func withTriplets(
        _ count: Int, _ body: (PerceptualModel, [TrainingTriplet], URL) throws -> Void
    ) async throws {
        let model = try await TrainingTests.model(["dino"])
        try Fixtures.withTemporaryFolder { try body(model, triplets(count, in: $0), $0) }
    }

    @Test("A run learns, keeps the last and the best adapter, and logs every step")
    func whole() async throws {
        let model = try await TrainingTests.model(["dino"])
        try Fixtures.withTemporaryFolder { folder in
            let (training, validation) = (try Self.triplets(10, in: folder), try Self.triplets(4, in: folder, seed: 2))
            let run = try TrainingRun(
                model, Self.options(epochs: 6), training: training, validation: validation,
                folder: folder.appending(path: "run"))
            #expect(run.stepsPerEpoch == 3 && run.totalSteps == 18)
            var steps: [TrainingRun.Step] = []
            var validations: [(Int, Trainer.Outcome, Bool)] = []
            try run.run { event in
                switch event {
                case .step(let step): steps.append(step)
                case .validated(let epoch, let outcome, let isBest): validations.append((epoch, outcome, isBest))
                case .note(let text): Issue.record("\(text)")
                case .embedded: Issue.record("images were embedded, though more than a head is learnt")
                }
            }
            #expect(steps.map(\.number) == Array(1...18) && steps.last?.epoch == 6)
            #expect(steps.allSatisfy { $0.imagesPerSecond > 0 } && steps.last?.secondsLeft == 0)
            // Epoch 0 is the model as it was.
            #expect(validations.map(\.0) == Array(0...6) && validations[0].2 == false && validations[1].2 == true)
            let first = steps.prefix(3).reduce(0) { $0 + $1.outcome.loss }
            let last = steps.suffix(3).reduce(0) { $0 + $1.outcome.loss }
            #expect(last < 0.7 * first, "loss went from \(first / 3) to \(last / 3)")
            let lines = try String(contentsOf: folder.appending(path: "run/log.jsonl"), encoding: .utf8)
                .split(separator: "\n")
            #expect(lines.count == 25)
            #expect(try LoRAAdapter(folder: folder.appending(path: "run/adapter")).rank == 4)
            let best = try LoRAAdapter(folder: folder.appending(path: "run/best"))
            let bestEpoch = try #require(validations.last { $0.2 })
            let score = try Trainer(model, Self.options(), from: best)
            let outcome = try Self.validate(score, validation)
            #expect(abs(outcome.loss - bestEpoch.1.loss) < 1e-6 && outcome.agreement == bestEpoch.1.agreement)
        }
    }

    @Test("A reader that stops ends the run after its step; the next one resumes, to the very same files")
    func stopped() async throws {
        let model = try await TrainingTests.model(["dino"])
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        // More steps than events may wait, so that the run cannot be over before its reader has stopped.
        let run = try Self.runs(of: model, Self.options(epochs: 30), in: folder)
        try run("whole").run()
        let part = try run("part")
        for try await event in part.events() {
            if case .step(let step) = event, step.number == 3 { break }
        }
        var numbers: [Int] = []
        for try await event in part.events() {
            if case .step(let step) = event { numbers.append(step.number) }
        }
        #expect(part.totalSteps > 64 && (numbers.first ?? 0) > 3 && numbers.last == part.totalSteps)
        for file in ["adapter/adapter_model.safetensors", "best/adapter_model.safetensors"] {
            let (a, b) = (folder.appending(path: "whole/" + file), folder.appending(path: "part/" + file))
            #expect(try Data(contentsOf: a) == Data(contentsOf: b), "\(file)")
        }
        let best = try await part.best(options: TinyModels.options(home: folder))
        #expect(best.width == model.width)
    }

    private static func validate(_ trainer: Trainer, _ triplets: [TrainingTriplet]) throws -> Trainer.Outcome {
        let squares = try triplets.flatMap { [$0.reference, $0.left, $0.right] }.map { path in
            trainer.model.preprocessing.applied(to: try Image.decode(contentsOfFile: path.bytes).image)
        }
        func role(_ role: Int) -> [Image] { triplets.indices.map { squares[3 * $0 + role] } }
        return try trainer.validate(
            TripletBatch(
                references: Tensor(role(0)), left: Tensor(role(1)), right: Tensor(role(2)),
                rightPreferred: triplets.map(\.rightPreferred)))
    }

    /// Makes runs of ten triplets with three to validate on and a checkpoint every other step, by the names of their folders.
    static func runs(
        of model: PerceptualModel, _ options: TrainingOptions, in folder: URL
    ) throws -> (String) throws -> TrainingRun {
        let (training, validation) = (try triplets(10, in: folder), try triplets(3, in: folder, seed: 2))
        var settings = TrainingRun.Settings()
        settings.stepsBetweenCheckpoints = 2
        return { [settings] name in
            try TrainingRun(
                model, options, training: training, validation: validation, folder: folder.appending(path: name),
                settings: settings)
        }
    }

    /// Stops the run "part" after a step and takes it up again; its files must become those of "whole", which is over.
    /// - Returns: the run that was taken up.
    @discardableResult
    static func expectSame(
        _ files: [String], after stop: Int, in folder: URL, _ run: (String) throws -> TrainingRun
    ) throws -> TrainingRun {
        #expect(throws: Stop.self) {
            try run("part").run { event in
                if case .step(let step) = event, step.number == stop { throw Stop() }
            }
        }
        let resumed = try run("part")
        // What came after the last checkpoint is lost, and done again.
        #expect(resumed.trainer.steps == stop / 2 * 2)
        try resumed.run()
        for file in files {
            let (a, b) = ("whole/" + file, "part/" + file)
            #expect(
                try Data(contentsOf: folder.appending(path: a)) == Data(contentsOf: folder.appending(path: b)),
                "\(file)")
        }
        // A run that is over stays as it is.
        try run("part").run { _ in Issue.record("a run that is over went on") }
        return resumed
    }

    @Test("A run that was stopped anywhere resumes to the very same files", arguments: [1, 3, 4])
    func resuming(stop: Int) async throws {
        let model = try await TrainingTests.model(["dino"])
        try Fixtures.withTemporaryFolder { folder in
            let run = try Self.runs(of: model, Self.options(), in: folder)
            try run("whole").run()
            try Self.expectSame(
                ["checkpoint.safetensors", "adapter/adapter_model.safetensors", "best/adapter_model.safetensors"],
                after: stop, in: folder, run)
            let steps = try String(contentsOf: folder.appending(path: "part/log.jsonl"), encoding: .utf8)
                .split(separator: "\n").count
            #expect(steps == 9)
        }
    }

    @Test("A run ends when validation no longer gets better")
    func patience() async throws {
        let model = try await TrainingTests.model(["dino"])
        try Fixtures.withTemporaryFolder { folder in
            var options = Self.options(epochs: 30)
            // So small a step that nothing changes.
            options.adam.learningRate = 1e-12
            var settings = TrainingRun.Settings()
            settings.patience = 2
            let triplets = try Self.triplets(4, in: folder)
            let run = try TrainingRun(
                model, options, training: triplets, validation: triplets, folder: folder.appending(path: "run"),
                settings: settings)
            var epochs = 0
            try run.run { if case .validated = $0 { epochs += 1 } }
            #expect(epochs > 1 && epochs < 11)
        }
    }

    @Test("Settings of another run, missing images and an empty set are refused")
    func refused() async throws {
        let model = try await TrainingTests.model(["dino"])
        try Fixtures.withTemporaryFolder { folder in
            var triplets = try Self.triplets(5, in: folder)
            let place = folder.appending(path: "run")
            try TrainingRun(model, Self.options(epochs: 1), training: triplets, folder: place).run()
            let other = try #require(throws: DreamSimError.self) {
                try TrainingRun(model, Self.options(epochs: 3), training: triplets, folder: place)
            }
            #expect(other.kind == .badCheckpoint && other.reason.contains("other settings"))
            let empty = try #require(throws: DreamSimError.self) {
                try TrainingRun(model, Self.options(), training: [], folder: place)
            }
            #expect(empty.kind == .badBatch)
            let nowhere = try #require(throws: DreamSimError.self) {
                try TrainingRun(model, Self.options(), training: triplets, folder: URL(filePath: "/proc/run"))
            }
            #expect(nowhere.kind == .unwritable && nowhere.subject == "/proc/run")
            triplets.append(
                TrainingTriplet(
                    reference: ImagePath("/nowhere.png"), left: triplets[0].left, right: triplets[0].right,
                    rightPreferred: 0))
            let error = try #require(throws: DreamSimError.self) {
                try TrainingRun(model, Self.options(), training: triplets, folder: folder.appending(path: "other"))
            }
            #expect(error.kind == .unreadable && error.reason.contains("/nowhere.png"))
            #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "other").path))
            let others = try #require(throws: DreamSimError.self) {
                try TrainingRun(model, Self.options(epochs: 1), training: triplets.dropLast(2), folder: place)
            }
            #expect(others.kind == .badCheckpoint && others.reason.contains("other triplets"))
        }
    }
}
