import Foundation
import TestSupport
import Testing

/// What `bench` times.
@Suite("The command bench")
struct BenchCommandTests {
    @Test("bench times a model and says on what", arguments: ["json", "csv", "table"])
    func bench(format: String) throws {
        try CommandTests.withBench { bench in
            let arguments = ["bench", "--batch-size", "2", "--runs", "3", "--threads", "1"] + bench.model
            let run = try bench.run(arguments + ["--format", format])
            #expect(run.code == 0 && run.output.contains("tiny"), "\(run.error)")
            let one = try bench.run(arguments + ["--seconds-per-image"])
            let seconds = try #require(Double(one.output.dropLast()))
            #expect(seconds > 0)
            let hardware = try bench.run(["models", "info", "--hardware"], environment: ["DREAMSIM_SIMD": "baseline"])
            #expect(hardware.output.contains("kernels     baseline"))
            for (name, value) in [("DREAMSIM_SIMD", "sse9"), ("DREAMSIM_THREADS", "0"), ("DREAMSIM_THREADS", "two")] {
                let refused = try bench.run(["metrics"], environment: [name: value])
                #expect(refused.code == 64 && refused.error.contains("\(name) is '\(value)'"), "\(refused.error)")
            }
        }
    }

    @Test("bench times a metric and its gradient, for the image that moves and for both")
    func benchGradients() throws {
        try CommandTests.withBench { bench in
            for (option, work) in [([], "value"), (["image"], "gradient"), (["both"], "both gradients")] {
                let run = try bench.run(
                    ["bench", "--metric", "ssim", "--size", "32", "--runs", "2", "--format", "json"]
                        + option.flatMap { ["--gradient", $0] })
                #expect(run.code == 0, "\(run.error)")
                #expect(try run.json()["work"] as? String == work)
                #expect(try run.json()["secondsPerPair"] as? Double ?? 0 > 0)
            }
            let small = try bench.run(["bench", "--metric", "ssim", "--size", "8", "--gradient", "image"])
            #expect(small.code == 2 && small.error.contains("11x11"), "\(small.error)")
            let alone = try bench.run(["bench", "--gradient", "image"] + bench.model)
            #expect(alone.code == 64 && alone.error.contains("--metric"), "\(alone.error)")
        }
    }
}
