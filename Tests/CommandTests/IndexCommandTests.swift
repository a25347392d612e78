import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// `dreamsim index` as people run it, and as they stop it.
@Suite("The command: index")
struct IndexCommandTests {
    /// Fills the bench's folder with small images, every `broken`-th of them no image.
    static func fill(_ bench: CommandTests.Bench, _ count: Int, broken: Int) throws {
        for number in 0..<count {
            let url = bench.images.appending(path: "p\(number).bmp")
            try (number % broken == broken - 1 ? Data("broken".utf8) : bitmap(number)).write(to: url)
        }
    }

    /// A Windows bitmap of 8 x 8 pixels.
    private static func bitmap(_ seed: Int) -> Data {
        func number(_ value: Int, _ bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8(value >> (8 * $0) & 255) } }
        let header =
            [0x42, 0x4D] + number(54 + 192, 4) + number(0, 4) + number(54, 4) + number(40, 4) + number(8, 4)
            + number(8, 4) + number(1, 2) + number(24, 2) + number(0, 4) + number(192, 4) + number(0, 16)
        var generator = SeededGenerator(state: UInt64(seed))
        return Data(header + (0..<192).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    /// Every table of an index and its vectors' bytes, without the names and times of files of the index itself.
    static func dump(_ index: URL) throws -> String {
        let child = Process()
        child.executableURL = URL(filePath: "/usr/bin/env")
        child.arguments = [
            "sqlite3", index.appending(path: "index.sqlite").path,
            "SELECT id, hex(path), size, modified, row, error FROM file; SELECT row, hex(bytes), hex(pixels), checksum FROM content;"
                + "SELECT * FROM dead; SELECT stamp, rows FROM setting; SELECT hex(path) FROM root;",
        ]
        let pipe = Pipe()
        child.standardOutput = pipe
        try child.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        child.waitUntilExit()
        let names = try FileManager.default.contentsOfDirectory(atPath: index.path).filter { $0.hasSuffix(".bin") }
        #expect(names.count == 1 && !text.isEmpty)
        return text + (try Data(contentsOf: index.appending(path: names[0])).dropFirst(4096).base64EncodedString())
    }

    static let hasSQLite = ["/usr/bin/sqlite3", "/usr/local/bin/sqlite3", "/opt/homebrew/bin/sqlite3"].contains {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test("An index without images says where it looked, and for what")
    func empty() throws {
        try CommandTests.withBench { bench in
            let folder = bench.home.appending(path: "notes")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data("text".utf8).write(to: folder.appending(path: "a.txt"))
            let run = try bench.run(["index", folder.path, "--index", bench.image("i")] + bench.model)
            #expect(run.code == 0 && run.error.contains("no image was found in \(folder.path); looked for are .avif"))
        }
    }

    @Test("index tells what it did, says 2 for what cannot be read, and finds its model again")
    func index() throws {
        try CommandTests.withBench { bench in
            try Data("no image".utf8).write(to: bench.images.appending(path: "bad.jpg"))
            let index = bench.home.appending(path: "i").path
            let first = try bench.run(
                ["index", bench.images.path, "--index", index, "--format", "json"] + bench.model)
            #expect(first.code == 2 && first.error.contains("bad.jpg"), "\(first.error)")
            let report = try first.json()
            #expect(
                report["added"] as? Int == 3 && report["images"] as? Int == 3 && report["isComplete"] as? Bool == true)
            #expect((report["failures"] as? [[String: Any]])?.count == 1)
            let again = try bench.run(["index", "--index", index])
            #expect(again.code == 0 && again.output.contains("3 unchanged"), "\(again.error)")
            let other = try bench.run(["index", bench.images.path, "--index", index, "--no-normalize"] + bench.model)
            #expect(other.code == 2 && other.error.contains("normalized, not raw"), "\(other.error)")
            let none = try bench.run(["index", "--index", bench.home.appending(path: "none").path])
            #expect(none.code == 64)
        }
    }

    @Test("An index that is killed again and again ends as one that was left in peace", .enabled(if: hasSQLite))
    func killed() throws {
        let rounds = ProcessInfo.processInfo.environment["DREAMSIM_KILL_ROUNDS"].flatMap { Int($0) } ?? 12
        try CommandTests.withBench { bench in
            try Self.fill(bench, 400, broken: 100)
            let arguments = ["index", bench.images.path, "--quiet", "--threads", "2"] + bench.model
            let peaceful = bench.home.appending(path: "peaceful")
            let start = ContinuousClock.now
            #expect(try bench.run(arguments + ["--index", peaceful.path]).code == 2)
            let whole = (ContinuousClock.now - start) / .seconds(1)
            let expected = try Self.dump(peaceful)
            var generator = SeededGenerator(state: 5)
            var (killed, done) = (0, 0)
            var index = bench.home.appending(path: "killed0")
            while killed < rounds {
                let seconds = Double.random(in: 0...(1.2 * whole), using: &generator)
                let run = try CommandRun(
                    script: #""$DREAMSIM" "$@" & p=$!; sleep $SECONDS_LEFT; kill -9 $p; wait $p; exit $?"#,
                    arguments + ["--index", index.path], home: bench.home,
                    environment: ["SECONDS_LEFT": "\(seconds)"])
                if run.code == 137 {
                    killed += 1
                } else {
                    done += 1
                    #expect(try Self.dump(index) == expected, "after \(killed) kills")
                    index = bench.home.appending(path: "killed\(done)")
                }
            }
            let last = try bench.run(arguments + ["--index", index.path])
            #expect([0, 2].contains(last.code), "\(last.error)")
            #expect(try Self.dump(index) == expected)
        }
    }

    @Test(
        "Ctrl-C and kill keep what is done, and the same command resumes", .enabled(if: hasSQLite),
        arguments: ["INT", "TERM"])
    func interrupted(signal: String) throws {
        try CommandTests.withBench { bench in
            try Self.fill(bench, 1500, broken: 100)
            let arguments = ["index", bench.images.path, "--threads", "1"] + bench.model
            let (whole, index) = (bench.home.appending(path: "whole"), bench.home.appending(path: "i"))
            #expect(try bench.run(arguments + ["--index", whole.path]).code == 2)
            let run = try CommandRun(
                script: """
                    set -m; "$DREAMSIM" "$@" & p=$!
                    until [ -e "$HOME_FOLDER/i/index.sqlite" ]; do sleep 0.02; done; sleep 0.1
                    kill -\(signal) $p; wait $p; exit $?
                    """, arguments + ["--index", index.path, "--format", "json"], home: bench.home,
                environment: ["HOME_FOLDER": bench.home.path])
            let stopped: Int32 = signal == "TERM" ? 143 : 130
            #expect(run.code == stopped || run.code == 2, "\(run.error)")
            if run.code == stopped {
                #expect(try run.json()["isComplete"] as? Bool == false)
                #expect(run.error.contains("interrupted"))
            }
            #expect([0, 2].contains(try bench.run(arguments + ["--index", index.path]).code))
            #expect(try Self.dump(index) == Self.dump(whole))
        }
    }

    @Test("A second writer is told that there is one, and searches continue meanwhile")
    func twoWriters() throws {
        try CommandTests.withBench { bench in
            let index = bench.home.appending(path: "i").path
            let run = try CommandRun(
                script: """
                    set -m; "$DREAMSIM" "$@" --watch --every 60 > "$HOME_FOLDER/out" & p=$!
                    until grep -q '3 images' "$HOME_FOLDER/out"; do sleep 0.05; done
                    "$DREAMSIM" index --index "$HOME_FOLDER/i"; [ $? = 2 ] || exit 60
                    "$DREAMSIM" search --id 1 --index "$HOME_FOLDER/i" --quiet || exit 61
                    kill -9 $p; wait $p
                    "$DREAMSIM" index --index "$HOME_FOLDER/i" || exit 62
                    exit 55
                    """, ["index", bench.images.path, "--index", index] + bench.model, home: bench.home,
                environment: ["HOME_FOLDER": bench.home.path])
            #expect(run.code == 55 && run.error.contains("another process is writing this index"), "\(run.error)")
            #expect(run.output.contains("3 unchanged"))
        }
    }

    @Test("With hardly any open files left, it works or says so", arguments: [5, 7, 9, 11, 14, 20, 24])
    func fewFiles(limit: Int) throws {
        try CommandTests.withBench { bench in
            let index = bench.home.appending(path: "i").path
            #expect(try bench.run(["index", bench.images.path, "--index", index] + bench.model).code == 0)
            for arguments in [
                ["search", bench.image("a.png"), "--index", index], ["index", "--index", index],
                ["index", "check", "--index", index], ["cluster", "--index", index, "--clusters", "2"],
            ] {
                let run = try CommandRun(
                    script: "ulimit -n \(limit); exec \"$DREAMSIM\" \"$@\"", arguments, home: bench.home)
                // The loader itself needs some.
                let isLoaded = !run.error.contains("error while loading shared libraries")
                #expect(!isLoaded || run.code == 0 || (run.code == 2 && !run.error.isEmpty), "\(run.code) \(run.error)")
            }
            #expect(try bench.run(["index", "check", "--index", index]).code == 0)
        }
    }

    @Test("A full disk and a folder that cannot be written end with a message and leave the index as it was")
    func fullDisk() throws {
        try CommandTests.withBench { bench in
            try Self.fill(bench, 3000, broken: 5000)
            let arguments = ["index", bench.images.path, "--quiet"] + bench.model
            // A small disk of one's own needs rights that not every machine gives.
            let run = try CommandRun(
                script: """
                    unshare -m bash -c '
                        mkdir -p "$DISK" && mount -t tmpfs -o size=600k none "$DISK" || exit 77
                        "$DREAMSIM" "$@" --index "$DISK/i"; code=$?
                        [ $code = 2 ] || exit $code
                        mount -o remount,size=100m "$DISK" || exit 77
                        "$DREAMSIM" "$@" --index "$DISK/i" || exit 99
                        mount -o remount,ro "$DISK" || exit 77
                        "$DREAMSIM" "$@" --index "$DISK/i"; [ $? = 2 ] || exit 98
                        exit 55' bash "$@" || exit $?
                    """, arguments, home: bench.home,
                environment: ["DISK": bench.home.appending(path: "disk").path])
            guard ![1, 77, 127].contains(run.code) else { return }
            #expect(run.code == 55, "\(run.error)")
            #expect(run.error.contains("the disk is full") || run.error.contains("No space left"), "\(run.error)")
            #expect(run.error.contains("3003 images") || run.output.contains("3003 images"), "\(run.output)")
            #expect(run.error.contains("Read-only file system") || run.error.contains("readonly"), "\(run.error)")
        }
    }
}
