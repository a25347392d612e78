import DreamSimImages
import Foundation
import TestSupport
import Testing

/// `dreamsim train` as people use it.
@Suite("The command train")
struct TrainCommandTests {
    /// A table of triplets over images of a bench, with one more row.
    static func table(_ bench: CommandTests.Bench, more: [String] = []) throws -> URL {
        var rows = ["ref,left,right,vote,split"]
        let names = ["a.png", "b.jpg", "c.webp"]
        for index in 0..<8 {
            let order = [0, 1, 2].map { names[($0 + index) % 3] }
            rows.append(
                order.map { "images/\($0)" }.joined(separator: ",") + ",\(index % 2),\(index < 6 ? "train" : "val")")
        }
        let url = bench.home.appending(path: "votes.csv")
        try Data((rows + more).joined(separator: "\n").appending("\n").utf8).write(to: url)
        return url
    }

    @Test("A run keeps its report, events and cache; the second run reads the cache")
    func whole() throws {
        try CommandTests.withBench { bench in
            let table = try Self.table(bench)
            func run(_ name: String, _ more: [String] = []) throws -> CommandRun {
                try bench.run(
                    [
                        "train", table.path, "-o", bench.home.appending(path: name).path, "--epochs", "2",
                        "--batch-size", "3", "--layers", "1", "--rank", "2",
                    ] + bench.model + more)
            }
            let first = try run("one")
            #expect(first.code == 0 && first.error.contains("before training") && first.error.contains("0 images"))
            for file in ["report.html", "log.jsonl", "best/adapter_model.safetensors"] {
                #expect(FileManager.default.fileExists(atPath: bench.home.appending(path: "one/" + file).path))
            }
            let frozen = try FileManager.default.contentsOfDirectory(
                atPath: bench.home.appending(path: "frozen").path)
            #expect(frozen.count == 1 && frozen[0].hasSuffix(".rows"))
            let second = try run("two")
            #expect(second.code == 0 && second.error.contains(" 3 images are in"), "\(second.error)")
            let none = try run("none", ["--no-cache"])
            #expect(none.code == 0 && !none.error.contains("images are in"))
            let checkpoints = try ["one", "two", "none"].map {
                try Data(contentsOf: bench.home.appending(path: $0 + "/checkpoint.safetensors"))
            }
            #expect(checkpoints[1] == checkpoints[0] && checkpoints[2] == checkpoints[0])
            #expect(try run("x", ["--no-cache", "--cache", "y"]).code == 64)
            #expect(try run("x", ["--cache-limit", "0"]).code == 64)
        }
    }

    @Test("Unreadable images are errors with file and line, and are left out when asked, with a count at the end")
    func unreadable() throws {
        try CommandTests.withBench { bench in
            try Data("no image".utf8).write(to: bench.images.appending(path: "broken.png"))
            let table = try Self.table(
                bench,
                more: [
                    "images/a.png,images/broken.png,images/c.webp,1,train",
                    "images/a.png,images/b.jpg,images/gone.png,1,val",
                ])
            let arguments =
                ["train", table.path, "-o", bench.home.appending(path: "run").path, "--epochs", "1", "--rank", "2"]
                + bench.model
            let refused = try bench.run(arguments)
            #expect(refused.code == 2 && refused.error.contains("votes.csv, line 11"), "\(refused.error)")
            #expect(refused.error.contains("gone.png") && refused.error.contains("--skip-unreadable"))
            let run = try bench.run(arguments + ["--skip-unreadable", "--quiet"])
            #expect(run.code == 0, "\(run.error)")
            for text in ["votes.csv, line 10", "broken.png", "votes.csv, line 11", "left out: 2 triplets"] {
                #expect(run.error.contains(text), "\(text) in \(run.error)")
            }
        }
    }

    @Test("A folder of NIGHTS that has only tests is checked to its end, and is nothing to learn from")
    func onlyTests() throws {
        try CommandTests.withBench { bench in
            let folder = bench.home.appending(path: "nights")
            try FileManager.default.moveItem(at: bench.images, to: folder)
            try Data(
                """
                id,left_vote,right_vote,votes,ref_path,left_path,right_path,split,is_imagenet
                1,0,1,6,a.png,b.jpg,c.webp,test,True
                2,0,1,6,a.png,b.jpg,gone.png,test,True

                """.utf8
            ).write(to: folder.appending(path: "data.csv"))
            let check = try bench.run(["train", folder.path, "--check"])
            #expect(check.code == 2 && check.output.contains("gone.png"))
            #expect(
                check.output.contains("nothing in it is for learning") && check.output.contains("'test' there are 2"))
            let run = try bench.run(["train", folder.path, "-o", bench.home.appending(path: "x").path] + bench.model)
            #expect(run.code == 2 && run.error.contains("no triplet is in the split 'train'"), "\(run.error)")
        }
    }

    @Test("A full disk ends a run with advice; its last checkpoint is whole, and the same command resumes")
    func fullDisk() throws {
        try CommandTests.withBench { bench in
            let table = try Self.table(bench)
            let arguments =
                [
                    "train", table.path, "--epochs", "3", "--batch-size", "3", "--layers", "1", "--rank", "4",
                    "--checkpoint-every", "1",
                ] + bench.model
            let whole = bench.home.appending(path: "whole")
            #expect(try bench.run(arguments + ["-o", whole.path]).code == 0)
            // A small disk of one's own needs rights that not every machine gives. It has room for a run that has begun,
            // and loses more and more of it, so that the writing of each file comes to fail.
            let run = try CommandRun(
                script: """
                    unshare -m bash -c '
                        mkdir -p "$DISK" && mount -t tmpfs -o size=4m none "$DISK" || exit 77
                        for fill in $(seq 0 4 64); do
                            rm -rf "$DISK"/*
                            timeout 60 "$DREAMSIM" "$@" -o "$DISK/run" --epochs 1 --quiet || exit 96
                            rm -f "$DISK"/run/checkpoint.safetensors "$DISK"/run/events* "$DISK"/run/log.jsonl
                            head -c 8m /dev/zero > "$DISK/filler" 2>/dev/null
                            truncate -s -${fill}k "$DISK/filler"
                            timeout 60 "$DREAMSIM" "$@" -o "$DISK/run"; code=$?
                            rm -f "$DISK/filler"
                            if [ $code = 0 ]; then continue; fi
                            [ $code = 2 ] || exit $code
                            timeout 60 "$DREAMSIM" "$@" -o "$DISK/run" --quiet || exit 99
                            cmp "$DISK/run/checkpoint.safetensors" "$WHOLE/checkpoint.safetensors" || exit 98
                            echo failed at $fill
                        done
                        exit 55' bash "$@" || exit $?
                    """, arguments, home: bench.home,
                environment: ["DISK": bench.home.appending(path: "disk").path, "WHOLE": whole.path])
            guard ![1, 77, 127].contains(run.code) else { return }
            #expect(run.code == 55, "\(run.error)")
            #expect(run.output.contains("failed at"), "\(run.error)")
            #expect(run.error.contains("No space left") && run.error.contains("make room"), "\(run.error)")
        }
    }
}
