import DreamSim
import DreamSimNetworks
import DreamSimTraining
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// What a run tells of itself, and what it does with triplets that cannot be read.
@Suite("Records of runs", .serialized)
struct TrainingRunRecordTests {
    private struct Stop: Error {}

    static func log(_ folder: URL) throws -> [[String: Any]] {
        try String(contentsOf: folder.appending(path: "log.jsonl"), encoding: .utf8).split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    @Test("TensorBoard's events tell every step once a start, and every validation")
    func events() async throws {
        try await TrainingRunTests.withTriplets(8) { model, triplets, folder in
            let place = folder.appending(path: "run")
            func run() throws -> TrainingRun {
                try TrainingRun(
                    model, TrainingRunTests.options(), training: triplets, validation: triplets, folder: place)
            }
            #expect(throws: Stop.self) {
                try run().run { if case .step(let step) = $0, step.number == 3 { throw Stop() } }
            }
            try run().run()
            let starts = try EventFileTests.files(place).map(EventFileTests.read)
            #expect(starts.count == 2)
            // The third step came after the last checkpoint, and is taken again.
            #expect(starts.map { $0[1].step } == [0, 3] && starts.allSatisfy { $0[1].sessionStatus == 1 })
            let log = try Self.log(place)
            for (kind, tag) in [("step", "train"), ("validation", "validation")] {
                let told = starts.flatMap { $0 }.filter { $0.scalars["loss/\(tag)"] != nil }
                var latest: [UInt64: EventFileTests.Event] = [:]
                for event in told { latest[event.step ?? 0] = event }
                let lines = log.filter { $0["kind"] as? String == kind }
                #expect(lines.count == (kind == "step" ? 4 : 3) && latest.count == lines.count)
                for line in lines {
                    let step = try #require(line["step"] as? Int)
                    let (loss, agreement) = (line["loss"] as? Double, line["agreement"] as? Double)
                    let event = try #require(latest[UInt64(step)])
                    #expect(loss != nil && event.scalars["loss/\(tag)"] == loss.map(Float.init))
                    #expect(agreement != nil && event.scalars["agreement/\(tag)"] == agreement.map(Float.init))
                    let speed = event.scalars["speed/images_per_second"] ?? 0
                    #expect((speed > 0) == (kind == "step"))
                }
            }
        }
    }

    @Test("A run that stops between a validation and its checkpoint has each validation in its log once")
    func validationsOnce() async throws {
        try await TrainingRunTests.withTriplets(8) { model, triplets, folder in
            func lines(_ place: URL) throws -> [String] {
                try Self.log(place).filter { $0["kind"] as? String == "validation" }
                    .map { "\($0["epoch"] ?? "") \($0["loss"] ?? "")" }
            }
            func run(_ place: URL) throws -> TrainingRun {
                var settings = TrainingRun.Settings()
                settings.stepsBetweenCheckpoints = 1
                return try TrainingRun(
                    model, TrainingRunTests.options(), training: triplets, validation: triplets, folder: place,
                    settings: settings)
            }
            let (whole, place) = (folder.appending(path: "whole"), folder.appending(path: "run"))
            try run(whole).run()
            let expected = try lines(whole)
            #expect(expected.count == 3)
            // As far as the first epoch's validation; then the checkpoint of before it is put back, as if the next had not been
            // written any more.
            let checkpoint = place.appending(path: "checkpoint.safetensors")
            var before: Data?
            #expect(throws: Stop.self) {
                try run(place).run {
                    if case .step(let step) = $0, step.number == 2 { before = try? Data(contentsOf: checkpoint) }
                    if case .validated(epoch: 1, _, _) = $0 { throw Stop() }
                }
            }
            try #require(before).write(to: checkpoint)
            try run(place).run()
            #expect(try lines(place) == expected)
        }
    }

    @Test("The report is there after each epoch, fetches nothing, runs nothing, and shows what the log says")
    func report() async throws {
        try await TrainingRunTests.withTriplets(8) { model, triplets, folder in
            let place = folder.appending(path: "run")
            var settings = TrainingRun.Settings()
            settings.data = "<script>alert(1)</script>.csv"
            var afterFirst = ""
            try TrainingRun(
                model, TrainingRunTests.options(), training: triplets, validation: Array(triplets.prefix(3)),
                folder: place, settings: settings
            ).run { event in
                if case .validated(1, _, _) = event {
                    afterFirst = try String(contentsOf: place.appending(path: "report.html"), encoding: .utf8)
                }
            }
            let page = try String(contentsOf: place.appending(path: "report.html"), encoding: .utf8)
            #expect(afterFirst.contains("2 of 4 steps are done") && page.contains("4 of 4 steps are done"))
            #expect(page.contains("default-src 'none'") && !page.contains("<script"))
            #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;.csv") && !page.contains("nan"))
            #expect(page.contains("<td>best so far") || page.contains("<b>best so far</b>"))
            for setting in ["rank", "batch size", "adam: learning rate", "triplets together", model.stamp.weights] {
                #expect(page.contains(setting), "\(setting)")
            }
            // One dot for each validation in both drawings.
            #expect(page.components(separatedBy: "class=\"dot held\"").count == 7)
            let validations = try Self.log(place).filter { $0["kind"] as? String == "validation" }
            let last = try #require(validations.last?["loss"] as? Double)
            #expect(page.contains(String(format: "%.4g", last)))
        }
    }

    @Test("Triplets that cannot be read are left out when asked, told of, and the rest is learnt as if it were all")
    func skipping() async throws {
        let model = try await TrainingTests.model(["dino"])
        try Fixtures.withTemporaryFolder { folder in
            let good = try TrainingRunTests.triplets(8, in: folder)
            let held = try TrainingRunTests.triplets(3, in: folder, seed: 2)
            let broken = folder.appending(path: "broken.png")
            try Data("no image".utf8).write(to: broken)
            func bad(_ path: String, _ line: Int) -> TrainingTriplet {
                TrainingTriplet(
                    reference: good[0].reference, left: good[0].left, right: ImagePath(path), rightPreferred: 1,
                    place: "votes.csv, line \(line)")
            }
            let table = [good[0], bad(broken.path, 3)] + good[1..<5] + [bad("/nowhere.png", 8)] + good[5...]
            var settings = TrainingRun.Settings()
            settings.skipsUnreadable = true
            func run(_ name: String, _ training: [TrainingTriplet], _ validation: [TrainingTriplet]) throws
                -> TrainingRun
            {
                try TrainingRun(
                    model, TrainingRunTests.options(), training: training, validation: validation,
                    folder: folder.appending(path: name), settings: settings)
            }
            let whole = try run("whole", table, held + [bad("/nowhere.png", 99)])
            #expect(whole.skipped.map(\.role) == [.training, .training, .validation])
            #expect(whole.skipped.map(\.place) == ["votes.csv, line 3", "votes.csv, line 8", "votes.csv, line 99"])
            #expect(whole.skipped[0].reason.contains("broken.png") && whole.skipped[1].reason.contains("/nowhere.png"))
            #expect(whole.training == good && whole.validation == held && whole.stepsPerEpoch == 2)
            try whole.run()
            // Taken up again, it tells of them once.
            try run("whole", table, held + [bad("/nowhere.png", 99)]).run()
            let skipped = try Self.log(folder.appending(path: "whole")).filter { $0["kind"] as? String == "skipped" }
            #expect(skipped.map { $0["place"] as? String } == whole.skipped.map(\.place))
            let page = try String(contentsOf: folder.appending(path: "whole/report.html"), encoding: .utf8)
            #expect(page.contains("3 triplets left out") && page.contains("votes.csv, line 99"))
            try run("clean", good, held).run()
            let checkpoints = try ["whole", "clean"].map {
                try Data(contentsOf: folder.appending(path: $0 + "/checkpoint.safetensors"))
            }
            #expect(checkpoints[0] == checkpoints[1])

            let none = try #require(throws: DreamSimError.self) { try run("none", [bad("/nowhere.png", 2)], []) }
            #expect(none.kind == .badBatch && none.reason.contains("/nowhere.png"))
            settings.skipsUnreadable = false
            let missing = try #require(throws: DreamSimError.self) { try run("missing", table, []) }
            #expect(missing.kind == .unreadable && missing.subject == "votes.csv, line 8")
            #expect(missing.reason.contains("/nowhere.png") && missing.reason.contains("skip unreadable ones"))
            let damaged = try #require(throws: DreamSimError.self) {
                try run("damaged", good + [bad(broken.path, 3)], []).run()
            }
            #expect(damaged.kind == .unreadable && damaged.subject == "votes.csv, line 3")
        }
    }

    @Test("A run that diverges ends with an error, and its last checkpoint is sound")
    func diverging() async throws {
        try await TrainingRunTests.withTriplets(8) { model, triplets, folder in
            var options = TrainingRunTests.options(epochs: 5)
            options.adam.learningRate = 1e30
            var settings = TrainingRun.Settings()
            settings.stepsBetweenCheckpoints = 1
            let place = folder.appending(path: "run")
            func run() throws {
                try TrainingRun(model, options, training: triplets, folder: place, settings: settings).run()
            }
            let error = try #require(throws: DreamSimError.self) { try run() }
            #expect(error.kind == .diverged && error.subject.hasPrefix("step "))
            let kept = try Trainer(model, resuming: place.appending(path: "checkpoint.safetensors"))
            #expect(kept.steps >= 1 && error.subject == "step \(kept.steps + 1)")
            // Given again it says the same.
            let again = try #require(throws: DreamSimError.self) { try run() }
            #expect(again.kind == .diverged && again.subject == error.subject)
        }
    }
}
