import DreamSimImages
import DreamSimSupport
import DreamSimWeights
import Foundation
import TestSupport
import Testing

/// `dreamsim evaluate` and `dreamsim calibrate` as people use them.
@Suite("Evaluating by command")
struct EvaluateTests {
    /// Triplets of noise: the reference, and two that differ from it by more and less.
    static func triplets(_ count: Int, side: Int, in folder: URL) throws -> String {
        var table = "ref,left,right,vote\n"
        for index in 0..<count {
            var random = SeededGenerator(state: UInt64(index))
            let pixels = (0..<(side * side * 3)).map { _ in UInt8(truncatingIfNeeded: random.next() >> 8) }
            for (name, shift) in [("ref", 0), ("left", 10 + index % 7), ("right", 13)] {
                let shifted = pixels.map { UInt8(min(255, Int($0) + shift)) }
                try Image(width: side, height: side, pixels: shifted)
                    .write(to: folder.appending(path: "\(index)-\(name).png"))
            }
            table += "\(index)-ref.png,\(index)-left.png,\(index)-right.png,\(index % 2)\n"
        }
        let url = folder.appending(path: "set.csv")
        try Data(table.utf8).write(to: url)
        return url.path
    }

    @Test("A killed run resumes, and gives what an unbroken run gives")
    func killed() throws {
        try Fixtures.withTemporaryFolder { home in
            let set = try Self.triplets(24, side: 160, in: home)
            let arguments = ["evaluate", "triplets", set, "--metric", "mse,l1", "--unrelated-pairs", "0"]
            let cache = home.appending(path: "cache").path
            let whole = try CommandRun(
                arguments + ["--no-cache", "-o", home.appending(path: "a.csv").path], home: home)
            #expect(whole.code == 0, "\(whole.error)")
            // Killed as soon as some values are kept.
            let script = """
                "$DREAMSIM" "$@" > /dev/null &
                child=$!
                for _ in $(seq 2000); do
                    lines=$(cat "$CACHE"/*.values 2> /dev/null | wc -l)
                    if [ "$lines" -ge 12 ] || ! kill -0 $child 2> /dev/null; then break; fi
                    sleep 0.002
                done
                kill -9 $child 2> /dev/null
                wait $child 2> /dev/null
                for file in "$CACHE"/*.values; do printf 'torn' >> "$file"; done
                """
            _ = try CommandRun(
                script: script, arguments + ["--cache", cache], home: home, environment: ["CACHE": cache])
            let resumed = try CommandRun(
                arguments + ["--cache", cache, "-o", home.appending(path: "b.csv").path, "--format", "json"], home: home
            )
            #expect(resumed.code == 0, "\(resumed.error)")
            let metrics = try #require(try resumed.json()["metrics"] as? [[String: Any]])
            let computed = metrics.compactMap { $0["computed"] as? Int }
            // How many were left depends on when the run was killed; some were not computed again.
            #expect(computed.count == 2 && computed.allSatisfy { $0 < 48 }, "\(computed)")
            #expect(
                try Data(contentsOf: home.appending(path: "a.csv")) == Data(contentsOf: home.appending(path: "b.csv")))
            let again = try CommandRun(arguments + ["--cache", cache, "--format", "json"], home: home).json()
            let left = try #require(again["metrics"] as? [[String: Any]]).compactMap { $0["computed"] as? Int }
            #expect(left == [0, 0])
        }
    }

    @Test(
        "Every layout of output says the direction, the count and the interval",
        arguments: ["table", "json", "csv", "ndjson"])
    func formats(format: String) throws {
        try Fixtures.withTemporaryFolder { home in
            let set = try Self.triplets(9, side: 24, in: home)
            let page = home.appending(path: "report.html")
            let run = try CommandRun(
                ["evaluate", "triplets", set, "--metric", "mse,psnr", "--format", format, "--html", page.path],
                home: home)
            #expect(run.code == 0, "\(run.error)")
            #expect(run.output.contains("higher is more alike") && run.output.contains("lower is more alike"))
            #expect(run.output.contains("2AFC") && run.output.contains("mse"))
            #expect(try String(contentsOf: page, encoding: .utf8).contains("</html>"))
            if format == "json" {
                let metrics = try #require(try run.json()["metrics"] as? [[String: Any]])
                let score = try #require(metrics[0]["score"] as? [String: Any])
                #expect(score["count"] as? Int == 9 && score["interval"] != nil)
            }
            // What was learnt is told by compare.
            let compared = try CommandRun(
                [
                    "compare", home.appending(path: "0-ref.png").path, home.appending(path: "0-left.png").path,
                    "--metric", "mse",
                ], home: home)
            #expect(
                compared.output.contains("closer than all of unrelated pairs of set (n = 36)"), "\(compared.output)")
        }
    }

    @Test("Faults of the data set end with code 2, faults of the command line with 64")
    func faults() throws {
        try Fixtures.withTemporaryFolder { home in
            let set = try Self.triplets(2, side: 24, in: home)
            func run(_ arguments: String...) throws -> CommandRun {
                try CommandRun(["evaluate"] + arguments, home: home)
            }
            let folder = try run("nights", home.path, "--metric", "mse")
            #expect(folder.code == 2 && folder.error.contains("data.csv"))
            #expect(try run("triplets", set, "--metric", "mse", "--split", "x").error.contains("no column 'split'"))
            #expect(try run("triplets", set, "--metric", "nonsense").code == 2)
            for wrong in [
                ["nights", set, "--split", "x"], ["bapps", set, "--split", "x"], ["triplets", set, "-o", "x.pdf"],
                ["triplets", set, "--metric", "mse,l1", "--profile", "p.json"], ["images", set],
                ["triplets", set, "--resamples", "0"], ["triplets", set, "--cache", "a", "--no-cache"],
            ] {
                #expect(try CommandRun(["evaluate"] + wrong, home: home).code == 64, "\(wrong)")
            }
            try FileManager.default.removeItem(at: home.appending(path: "1-left.png"))
            let skipping = try run("triplets", set, "--metric", "mse")
            #expect(skipping.code == 0 && skipping.error.contains("1 of 2 judgments are skipped"))
            let strict = try run("triplets", set, "--metric", "mse", "--strict")
            #expect(strict.code == 2 && strict.error.contains("1-left.png"))
        }
    }

    @Test("A calibrated threshold makes compare fail, in either direction", arguments: ["l1", "psnr"])
    func calibrate(metric: String) throws {
        try Fixtures.withTemporaryFolder { home in
            for (name, level) in [("a", 100), ("b", 104), ("c", 106), ("d", 140), ("e", 180)] {
                let level = UInt8(level)
                try Image(width: 16, height: 16, filledWith: RGB(level, level, level))
                    .write(to: home.appending(path: "\(name).png"))
            }
            let labels = home.appending(path: "labels.csv")
            try Data("a,b,same\na.png,b.png,1\na.png,c.png,yes\na.png,d.png,0\na.png,e.png,no\n".utf8).write(to: labels)
            func compare(_ name: String) throws -> CommandRun {
                try CommandRun(
                    [
                        "compare", home.appending(path: "a.png").path, home.appending(path: "\(name).png").path,
                        "--metric",
                        metric, "--threshold-from", "profile",
                    ], home: home)
            }
            let early = try compare("b")
            #expect(early.code == 2 && early.error.contains("calibrate"))
            let page = home.appending(path: "roc.html")
            let run = try CommandRun(
                ["calibrate", labels.path, "--metric", metric, "--target-precision", "0.99", "--html", page.path],
                home: home)
            #expect(run.code == 0 && run.output.contains("precision of at least 0.99"), "\(run.error)")
            #expect(try String(contentsOf: page, encoding: .utf8).contains("</html>"))
            #expect(try compare("c").code == 0)
            #expect(try compare("d").code == 1)
            #expect(try compare("c").output.contains("is where pairs stop being the same"))
            #expect(try CommandRun(["calibrate", labels.path, "--target-precision", "2"], home: home).code == 64)
        }
    }
}
