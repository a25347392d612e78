import DreamSimImages
import Foundation
import TestSupport
import Testing

@Suite("Inversion by command")
struct InvertCommandTests {
    @Test(
        "invert writes the image, a strip, a curve and a report, and repeats",
        arguments: ["pixels", "pyramid", "fourier", "network"])
    func outputs(parameterization: String) throws {
        try MapCommandTests.withPair { bench, a, _, _ in
            func path(_ name: String) -> String { bench.home.appending(path: name).path }
            let common = [
                "invert", a, "--metric", "2*mse + l1", "--as", parameterization, "--steps", "5", "--size", "48",
            ]
            let run = try bench.run(
                common + [
                    "-o", path("o.png"), "--sheet", path("s.jpg"), "--curve", path("c.svg"), "--json", path("r.json"),
                ])
            #expect(run.code == 0 && run.output.isEmpty && run.error.contains("the loss"), "\(run.error)")
            let image = try Image(contentsOf: bench.home.appending(path: "o.png"))
            #expect(image.width == 48 && image.height == 32)
            #expect(try Image(contentsOf: bench.home.appending(path: "s.jpg")).width > 900)
            #expect(try String(contentsOfFile: path("c.svg"), encoding: .utf8).contains("</svg>"))
            let json = try JSONSerialization.jsonObject(with: Data(contentsOf: bench.home.appending(path: "r.json")))
            let report = try #require(json as? [String: Any])
            #expect(report["metric"] as? String == "2*mse + l1" && (report["losses"] as? [Double])?.count == 5)
            let again = try bench.run(common + ["-o", path("again.png"), "--quiet"])
            #expect(again.code == 0 && again.error.isEmpty)
            #expect(try Image(contentsOf: bench.home.appending(path: "again.png")) == image)
        }
    }

    @Test("A model, several targets with masks and weights, a start and a checkpoint go together")
    func together() throws {
        try MapCommandTests.withPair { bench, a, b, mask in
            func path(_ name: String) -> String { bench.home.appending(path: name).path }
            let arguments =
                ["invert", a, b, "-o", path("o.png"), "--mask", mask, "--mask", mask]
                + ["--weight", "2", "--weight", "1", "--from", a, "--as", "pyramid", "--steps", "4", "--size", "64"]
                + ["--shift", "2", "--crop", "0.8", "--views", "2", "--total-variation", "0.1"]
                + ["--checkpoint", path("c.safetensors")] + bench.model
            let run = try bench.run(arguments)
            #expect(run.code == 0, "\(run.error)")
            let over = try bench.run(arguments)
            #expect(over.code == 0 && over.error.contains("after step 4"), "\(over.error)")
            let other = try bench.run(arguments + ["--seed", "9"])
            #expect(other.code == 2 && other.error.contains("another file"), "\(other.error)")
        }
    }

    @Test("An interrupted run keeps what it has, and resumes")
    func interrupted() throws {
        try MapCommandTests.withPair { bench, a, _, _ in
            let script = #"""
                "$DREAMSIM" invert "$1" -o "$2/o.png" --metric mse --steps 100000 --size 256 --checkpoint "$2/c.safetensors" &
                sleep 1; kill -INT $!; wait $!
                """#
            let run = try CommandRun(script: script, [a, bench.home.path], home: bench.home)
            #expect(run.code == 130 && run.error.contains("the same command resumes it"), "\(run.error)")
            #expect(try Image(contentsOf: bench.home.appending(path: "o.png")).width == 256)
            #expect(FileManager.default.fileExists(atPath: bench.home.appending(path: "c.safetensors").path))
        }
    }

    @Test(
        "What is not understood ends with 64 and says what",
        arguments: [
            (["a.png"], "--output"), (["a.png", "-o", "a.png"], "overwrite"), (["a.png", "-o", "o.gif"], ".png"),
            (["a.png", "-o", "./a.png"], "overwrite"), (["a.png", "-o", "o.png", "--sheet", "o.png"], "overwrite"),
            (["a.png", "-o", "o.png", "--from", "o.png"], "overwrite"),
            (["a.png", "-o", "o.png", "--curve", "c.txt"], ".svg"),
            (["a.png", "-o", "o.png", "--as", "paint"], "--as"), (["a.png", "-o", "o.png", "--size", "3"], "--size"),
            (["a.png", "-o", "o.png", "--levels", "3"], "--levels"),
            (["a.png", "-o", "o.png", "--weight", "1", "--weight", "2"], "--weight"),
            (["a.png", "b.png", "c.png", "-o", "o.png", "--mask", "m.png", "--mask", "n.png"], "--mask"),
            (["a.png", "-o", "o.png", "--frames", "1"], "--frames"),
            (["a.png", "-o", "o.png", "-m", "lite", "--metric", "mse"], "--model"),
        ])
    func usage(arguments: [String], mention: String) throws {
        try Fixtures.withTemporaryFolder { home in
            let run = try CommandRun(["invert"] + arguments, home: home)
            #expect(run.code == 64 && run.output.isEmpty, "\(run.error)")
            #expect(run.error.contains(mention), "\(run.error)")
        }
    }

    @Test("What cannot be done ends with 2, says why and leaves nothing", arguments: 0..<8)
    func refused(index: Int) throws {
        try MapCommandTests.withPair { bench, a, _, _ in
            let small = bench.home.appending(path: "small.png")
            try Image(width: 9, height: 6, filledWith: .white).write(to: small)
            let cases: [(arguments: [String], mention: String)] = [
                ([a, "--metric", "psnr"], "mse"), ([a, "--metric", "mse", "--mask", small.path], "9x6"),
                ([a, "--metric", "mse + "], "WEIGHT*NAME"), ([a, "--metric", "mse+nosuch"], "nosuch"),
                ([a, "--metric", "mse", "--as", "network", "--from", small.path], "starts from noise"),
                ([a, "--metric", "mse", "--learning-rate=-1"], "learning rate"),
                ([a, "--metric", "mse", "--crop", "1.5"], "crop 1.5"),
                ([bench.home.path + "/nothing.png", "--metric", "mse"], "nothing.png"),
            ]
            let output = bench.home.appending(path: "o.png")
            let run = try bench.run(["invert", "-o", output.path] + cases[index].arguments)
            #expect(run.code == 2 && run.output.isEmpty, "\(run.error)")
            #expect(run.error.contains(cases[index].mention), "\(run.error)")
            #expect(!FileManager.default.fileExists(atPath: output.path))
        }
    }
}
