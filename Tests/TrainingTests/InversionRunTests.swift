import DreamSim
import DreamSimSupport
import DreamSimTraining
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// Whole inversions with their files.
@Suite("Inversion runs", .serialized)
struct InversionRunTests {
    static func run(
        _ folder: URL, _ name: String, _ parameterization: Parameterization = .pyramid(levels: 3), seed: UInt64 = 1,
        shift: Int = 0
    ) throws -> InversionRun {
        var options = InversionTests.options(parameterization, steps: 12)
        (options.seed, options.shift) = (seed, shift)
        var settings = InversionRun.Settings()
        settings.image = folder.appending(path: name + ".png")
        settings.checkpoint = folder.appending(path: name + ".safetensors")
        settings.stepsBetweenSaves = 4
        settings.frames = 4
        return try InversionRun(
            Inversion(of: [InversionTests.target()], by: InversionTests.mse, options), settings)
    }

    private struct Killed: Error {}

    @Test(
        "A run that was stopped anywhere, in any way, resumes to the very same result",
        arguments: [1, 4, 7], [Parameterization.pyramid(levels: 3), ParameterizationTests.network])
    func resuming(stop: Int, parameterization: Parameterization) throws {
        try Fixtures.withTemporaryFolder { folder in
            for shift in [0, 2] {
                let whole = try Self.run(folder, "whole\(shift)", parameterization, shift: shift).run()
                #expect(whole.isComplete && whole.steps == 12 && whole.losses.count == 12)
                #expect(whole.frames.map(\.step) == [0, 1, 5, 12])
                // Asked to stop: nothing is lost.
                let asked = try Self.run(folder, "asked\(shift)", parameterization, shift: shift)
                    .run { $0.step != stop }
                #expect(!asked.isComplete && asked.steps == stop && asked.losses == Array(whole.losses[..<stop]))
                // Killed: what came after the last save is lost, and done again.
                #expect(throws: Killed.self) {
                    try Self.run(folder, "killed\(shift)", parameterization, shift: shift).run {
                        if $0.step == stop { throw Killed() }
                        return true
                    }
                }
                for (name, steps) in [("asked", stop), ("killed", stop / 4 * 4)] {
                    let resumed = try Self.run(folder, "\(name)\(shift)", parameterization, shift: shift)
                    #expect(resumed.inversion.steps == steps)
                    let report = try resumed.run()
                    #expect(report.losses == whole.losses && report.image == whole.image)
                    #expect(report.frames.map(\.image) == whole.frames.map(\.image) && report.stamp == whole.stamp)
                    #expect(report.loss.end == whole.loss.end && report.bestStep == whole.bestStep)
                    #expect(try Image(contentsOf: folder.appending(path: "\(name)\(shift).png")) == whole.image)
                }
                // A run that is over stays as it is.
                let over = try Self.run(folder, "whole\(shift)", parameterization, shift: shift).run { _ in
                    Issue.record("a run that is over went on")
                    return true
                }
                #expect(over.losses == whole.losses && over.image == whole.image)
            }
        }
    }

    @Test("Checkpoints of other runs, and broken ones, are refused")
    func refused() throws {
        try Fixtures.withTemporaryFolder { folder in
            try Self.run(folder, "a").run()
            let other = try #require(throws: DreamSimError.self) { try Self.run(folder, "a", seed: 2) }
            #expect(other.kind == .badCheckpoint && other.reason.contains("other targets, metrics or settings"))
            let file = folder.appending(path: "a.safetensors")
            let whole = try Data(contentsOf: file)
            try whole.prefix(whole.count / 2).write(to: file)
            #expect(throws: (any Error).self) { try Self.run(folder, "a") }
            try Data().write(to: file)
            #expect(throws: (any Error).self) { try Self.run(folder, "a") }
        }
    }

    @Test("Frames lie closer at the beginning, and none comes twice")
    func frames() {
        #expect(InversionRun.frameSteps(4, of: 90) == [0, 10, 40, 90])
        #expect(InversionRun.frameSteps(8, of: 3) == [0, 1, 2, 3])
        #expect(InversionRun.frameSteps(2, of: 1) == [0, 1])
    }

    @Test("The report says everything that is needed to repeat it, and draws strip and curve")
    func report() throws {
        try Fixtures.withTemporaryFolder { folder in
            let report = try Self.run(folder, "a").run()
            let text = try JSON.text(report)
            for part in [
                "\"metric\" : \"mse\"", "\"learningRate\"", "\"pyramid\"", "\"levels\" : 3", "\"seed\" : 1",
                "\"stamp\"",
                "\"image 1\"", "\"fall\"", "\"losses\"", "\"isComplete\" : true",
            ] { #expect(text.contains(part), "\(part)") }
            #expect(report.loss.fall > 1 && report.loss.start == report.losses[0])
            let strip = report.strip(target: InversionTests.target().image)
            #expect(strip.width > 900 && strip.height > 300)
            let svg = report.curve.svg(title: "loss")
            #expect(svg.contains("image 1 by mse") && svg.contains("step"))
        }
    }

    @Test("The axis of a loss is logarithmic, with round marks inside it")
    func axis() {
        let narrow = LossCurve.axis(of: [0.3, 0.04])
        #expect(narrow.ticks.map(\.label) == ["0.05", "0.1", "0.2"] && narrow.low < log10(0.04))
        let wide = LossCurve.axis(of: [1, 1e-6, 0, .nan])
        #expect(wide.ticks.map(\.label).last == "1" && wide.ticks.count == 7)
        #expect(LossCurve.axis(of: []).ticks.isEmpty)
        let drawing = LossCurve(title: "t", subtitle: "s", values: [0, 0]).drawing()
        #expect(drawing.rendered().width == drawing.width)
    }
}
