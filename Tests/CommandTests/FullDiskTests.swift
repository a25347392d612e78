import Foundation
import TestSupport
import Testing

/// What is written beside an index, on a disk that is full and one that cannot be written.
@Suite("The command: full and read-only disks")
struct FullDiskTests {
    /// Runs `body` with an index of synthetic vectors: of files that do not exist.
    private static func withIndex(_ body: (URL, URL) throws -> Void) throws {
        try Fixtures.withTemporaryFolder { home in
            let index = home.appending(path: "index")
            let run = try CommandRun(
                [
                    "bench-search", "--vectors", "2000", "--width", "48", "--distribution", "subjects", "--runs", "1",
                    "--queries", "1", "--quiet", "--index", index.path,
                ], home: home)
            #expect(run.code == 0, "\(run.error)")
            try body(home, index)
        }
    }

    /// A small disk of one's own needs rights that not every machine gives; then there is nothing to see.
    private static func hasRun(_ run: CommandRun) -> Bool { ![1, 77, 127].contains(run.code) }

    static let outputs: [[String]] = [
        ["index", "export", "DISK/out"], ["index", "export", "DISK/out.safetensors"],
        ["index", "export", "DISK/out.csv"], ["index", "export", "DISK/out.ndjson"],
        ["cluster", "--html", "DISK/out.html", "--quiet"],
        ["map", "-o", "DISK/out.png", "--quiet", "--size", "3000"], ["map", "--html", "DISK/out.html", "--quiet"],
        ["dedupe", "--tier", "near", "--near-distance", "0.05", "--html", "DISK/out.html", "--quiet"],
        ["search", "--id", "1", "-k", "400", "--html", "DISK/out.html", "--quiet"],
    ]

    /// Runs a command on a disk of its own, for which DISK stands in its arguments. The code is 55 where the command ended
    /// with 2, as it must.
    /// - Parameters:
    ///   - mount: what the disk is like.
    ///   - before: what is done on the disk first.
    ///   - after: what is looked at when the command is over.
    private static func run(
        _ arguments: [String], home: URL, index: URL, mount: String, before: String = ":", after: String = ":",
        environment: [String: String] = [:]
    ) throws -> (run: CommandRun, disk: String) {
        let disk = home.appending(path: "disk").path
        let command = arguments.map { $0.replacing("DISK", with: disk) } + ["--index", index.path]
        let run = try CommandRun(
            script: """
                unshare -m bash -c '
                    mkdir "$DISK" && mount -t tmpfs -o \(mount) none "$DISK" || exit 77
                    \(before)
                    "$DREAMSIM" "$@" > /dev/null; code=$?
                    \(after)
                    [ $code = 2 ] && exit 55; exit 56' bash "$@" || exit $?
                """, command, home: home, environment: environment.merging(["DISK": disk]) { $1 })
        return (run, disk)
    }

    @Test("A full disk leaves nothing half written, and what was there before as it was", arguments: outputs)
    func full(arguments: [String]) throws {
        try Self.withIndex { home, index in
            let isFolder = arguments.contains("DISK/out")
            let (run, disk) = try Self.run(
                arguments, home: home, index: index, mount: "size=24k",
                before: #"[ -z "$OLD" ] || { echo old > "$DISK/$OLD" && touch -d @5 "$DISK/$OLD"; }"#,
                after: """
                    for file in $(find "$DISK" -mindepth 1 -printf "%P\\n"); do
                        echo "$file" $(cat "$DISK/$file")
                    done
                    """,
                environment: ["OLD": isFolder ? "" : Self.name(arguments)])
            guard Self.hasRun(run) else { return }
            #expect(run.code == 55, "\(run.error)")
            #expect(run.error.contains("No space left on device") && run.error.contains(disk), "\(run.error)")
            #expect(run.output == (isFolder ? "" : "\(Self.name(arguments)) old\n"))
            #expect(try CommandRun(["index", "check", "--index", index.path], home: home).code == 0)
        }
    }

    private static func name(_ arguments: [String]) -> String {
        arguments.first { $0.hasPrefix("DISK/") }.map { String($0.dropFirst(5)) } ?? ""
    }

    @Test("A disk that cannot be written is named", arguments: outputs)
    func readOnly(arguments: [String]) throws {
        try Self.withIndex { home, index in
            let (run, disk) = try Self.run(arguments, home: home, index: index, mount: "ro")
            guard Self.hasRun(run) else { return }
            #expect(run.code == 55, "\(run.error)")
            // Foundation, which makes folders, has words of its own.
            #expect(run.error.contains(/[Rr]ead[- ]only/) && run.error.contains(disk), "\(run.error)")
        }
    }

    @Test("A graph that does not fit its disk leaves the index as it was, and fits when there is room")
    func graph() throws {
        try Self.withIndex { home, index in
            let run = try CommandRun(
                script: """
                    unshare -m bash -c '
                        mkdir "$DISK" && mount -t tmpfs -o size=50m none "$DISK" || exit 77
                        cp -r "$1" "$DISK/i" && i="$DISK/i"
                        "$DREAMSIM" index check --index "$i" --quiet > /dev/null || exit 60
                        used=$(df -k --output=used "$DISK" | tail -1); mount -o remount,size=$((used + 40))k "$DISK" || exit 77
                        "$DREAMSIM" index graph --index "$i" --quiet; [ $? = 2 ] || exit 61
                        [ -z "$(ls -A "$i" | grep -E "part|graph")" ] || exit 62
                        "$DREAMSIM" search --id 1 --index "$i" -k 3 --quiet || exit 63
                        mount -o remount,size=50m "$DISK" || exit 77
                        "$DREAMSIM" index graph --index "$i" --quiet || exit 64
                        cp "$i/neighbors.graph" "$DISK/before"
                        used=$(df -k --output=used "$DISK" | tail -1); mount -o remount,size=$((used + 40))k "$DISK" || exit 77
                        "$DREAMSIM" index graph --index "$i" --links 20 --quiet; [ $? = 2 ] || exit 65
                        cmp "$i/neighbors.graph" "$DISK/before" || exit 66
                        mount -o remount,ro "$DISK" || exit 77
                        "$DREAMSIM" search --id 1 --index "$i" -k 3 --approximate --quiet || exit 67
                        "$DREAMSIM" index check --recall --index "$i" --quiet || exit 68
                        "$DREAMSIM" index graph --index "$i" --quiet; [ $? = 2 ] || exit 69
                        "$DREAMSIM" index graph --delete --index "$i" --quiet; [ $? = 2 ] || exit 70
                        exit 55' bash "$@" || exit $?
                    """, [index.path], home: home, environment: ["DISK": home.appending(path: "disk").path])
            guard Self.hasRun(run) else { return }
            #expect(run.code == 55, "\(run.error)")
            #expect(run.error.components(separatedBy: "No space left on device").count == 3, "\(run.error)")
            #expect(run.error.components(separatedBy: "Read-only file system").count == 3, "\(run.error)")
        }
    }

    @Test("What a killed writer of a graph left goes with the next update")
    func killed() throws {
        try SearchCommandTests.withIndex { bench, index in
            let part = index + "/.dreamsim-killed.part"
            try Data(count: 5000).write(to: URL(filePath: part))
            #expect(try bench.run(["index", "check", "--index", index]).code == 0)
            #expect(FileManager.default.fileExists(atPath: part))
            #expect(try bench.run(["index", "--index", index]).code == 0)
            #expect(!FileManager.default.fileExists(atPath: part))
        }
    }
}
