import Foundation
import TestSupport
import Testing

/// What public reports on other programs showed, tried on the command: options that do nothing, silence, and false advice.
@Suite("The command: reported faults")
struct ReportedFaultTests {
    @Test("An option of models is refused where none of the metrics is one")
    func modelOptions() throws {
        try CommandTests.withBench { bench in
            let pair = [bench.image("a.png"), bench.image("a.png"), "--metric", "mse"]
            for option in [
                ["--adapter", "none"], ["--head", "x"], ["--feature", "cls"], ["--side", "28"], ["--fit", "pad"],
            ] {
                let run = try bench.run(["compare"] + pair + option)
                #expect(
                    run.code == 64 && run.error.contains("\(option[0]) is for models, and mse is none"), "\(run.error)")
            }
            for precision in ["int16", "int8"] {
                let run = try bench.run(["compare"] + pair + ["--precision", precision])
                #expect(
                    run.code == 64 && run.error.contains("--precision is for models, LPIPS and DISTS, and mse is none"),
                    "\(run.error)")
            }
            let refused = try bench.run(
                ["compare"] + pair.dropLast() + ["lpips-alex", "--precision", "int8", "--offline"])
            #expect(refused.code != 0 && refused.error.contains("lpips-alex computes in float32 or int16"))
            #expect(try bench.run(["compare"] + pair + ["--parity", "reference"]).output.contains("EXIF ignored"))
        }
    }

    @Test("A value that is not zero does not look like one")
    func small() throws {
        try CommandTests.withBench { bench in
            let copy = bench.home.appending(path: "close.bmp")
            // A bitmap and the same but for one step in one of 40,000 values.
            func bitmap(_ last: UInt8) -> Data {
                func number(_ value: Int, _ bytes: Int) -> [UInt8] {
                    (0..<bytes).map { UInt8(value >> (8 * $0) & 255) }
                }
                let size = 120 * 112 * 3
                let header =
                    [0x42, 0x4D] + number(54 + size, 4) + number(0, 4) + number(54, 4) + number(40, 4) + number(120, 4)
                    + number(112, 4) + number(1, 2) + number(24, 2) + number(0, 4) + number(size, 4) + number(0, 16)
                return Data(header + [UInt8](repeating: 90, count: size - 1) + [last])
            }
            let first = bench.home.appending(path: "first.bmp")
            try bitmap(90).write(to: first)
            try bitmap(91).write(to: copy)
            let run = try bench.run(["compare", first.path, copy.path, first.path, "--metric", "mse"])
            #expect(run.output.contains("<0.00001  ") && run.output.contains(" 0.00000  "), "\(run.output)")
        }
    }

    @Test("A day that is in no calendar is refused, and a folder that the index does not know is named")
    func filters() throws {
        try CommandTests.withBench { bench in
            let index = ["--index", bench.home.appending(path: "i").path]
            #expect(try bench.run(["index", bench.images.path, "--model", "pdq"] + index).code == 0)
            let run = try bench.run(["search", bench.image("a.png"), "--since", "2024-02-30"] + index)
            #expect(run.code == 64 && run.error.contains("--since"))
            #expect(try bench.run(["search", bench.image("a.png"), "--since", "2024-02-29"] + index).code == 0)
            let nowhere = try bench.run(["search", bench.image("a.png"), "--in", "nowhere"] + index)
            #expect(nowhere.error.contains("nowhere: the index \(index[1]) knows no file in it"), "\(nowhere.error)")
        }
    }

    @Test("An index says what it was made with when something else is named, and has no weights where there are none")
    func otherModel() throws {
        try CommandTests.withBench { bench in
            let index = ["--index", bench.home.appending(path: "i").path]
            let made = try bench.run(["index", bench.images.path, "--model", "pdq"] + index)
            #expect(made.output.contains("model pdq, vectors in float16"), "\(made.output)")
            let run = try bench.run(["index", "--model", "vits14-focus"] + index)
            #expect(run.code == 2 && run.error.contains("the index was made with pdq"), "\(run.error)")
        }
    }

    @Test("Duplicates that are gone are told of; a move of nothing leaves no folder and offers no undo")
    func moves() throws {
        try CommandTests.withBench { bench in
            let index = ["--index", bench.home.appending(path: "i").path]
            let copy = bench.image("copy.png")
            try FileManager.default.copyItem(atPath: bench.image("a.png"), toPath: copy)
            #expect(try bench.run(["index", bench.images.path, "--model", "pdq"] + index).code == 0)
            let inside = try bench.run(["dedupe", "--apply", bench.image("moved")] + index)
            #expect(inside.code == 2 && inside.error.contains("which is indexed"), "\(inside.error)")
            let moved = bench.home.appending(path: "moved").path
            let first = try bench.run(["dedupe", "--apply", moved] + index)
            #expect(first.code == 0 && first.error.contains("--undo"), "\(first.error)")
            let again = try bench.run(["dedupe", "--apply", moved] + index)
            #expect(
                again.code == 2 && again.error.contains("holds duplicates that were moved before"), "\(again.error)")
            let other = bench.home.appending(path: "other").path
            let nothing = try bench.run(["dedupe", "--apply", other] + index)
            #expect(nothing.error.contains("no longer there") && nothing.error.contains("0 files were moved"))
            #expect(!nothing.error.contains("--undo") && !FileManager.default.fileExists(atPath: other))
            let undone = try bench.run(["dedupe", "--undo", moved + "/undo.json"] + index)
            #expect(
                undone.error.contains("'dreamsim index --index \(index[1])' brings it up to date"), "\(undone.error)")
        }
    }

    @Test("An output in a folder that is not there, or of a wrong kind, is refused before the work")
    func outputs() throws {
        try CommandTests.withBench { bench in
            let index = ["--index", bench.home.appending(path: "i").path]
            #expect(try bench.run(["index", bench.images.path, "--model", "pdq"] + index).code == 0)
            for command in [["dedupe"], ["cluster"], ["search", bench.image("a.png")], ["map"]] {
                for page in [bench.home.appending(path: "none/a.html").path, bench.home.appending(path: "a.txt").path] {
                    let run = try bench.run(command + ["--html", page] + index)
                    #expect(
                        run.code == 64 && run.output.isEmpty && run.error.contains("--html \(page)"), "\(run.error)")
                }
            }
        }
    }

    @Test("Caches are listed, and pruned by how long they were not used")
    func caches() throws {
        try CommandTests.withBench { bench in
            let home = bench.home.appending(path: "cached")
            for (name, days) in [
                ("merged/a.safetensors", 40), ("merged/b.safetensors", 1), ("evaluations/c.values", 90),
            ] {
                let url = home.appending(path: name)
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(count: 1000).write(to: url)
                var times = [timespec](repeating: timespec(), count: 2)
                for i in 0..<2 { times[i].tv_sec = time(nil) - 86_400 * days }
                #expect(utimensat(AT_FDCWD, url.path, &times, 0) == 0)
            }
            let environment = ["DREAMSIM_HOME": home.path]
            let listed = try bench.run(["cache"], environment: environment)
            #expect(listed.code == 0 && listed.output.contains("merged") && listed.output.contains("2 kB"))
            #expect(
                try bench.run(["cache", "--prune"], environment: environment).error.contains("2 files were removed"))
            let left = try bench.run(["cache", "--format", "json"], environment: environment).output
            #expect(left.contains("b.safetensors") && !left.contains("a.safetensors") && !left.contains("c.values"))
        }
    }
}
