import Foundation
import TestSupport
import Testing

/// Folders and files that another user may not read or write. The tests' own user is often root, who may do everything.
@Suite("The command: permissions")
struct PermissionTests {
    static let isPossible =
        geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")
    static let needs: Comment = "SKIPPED: needs root, and setpriv of util-linux"

    /// A bench that everybody may read, with an index; what is written by others goes to its folder `open`.
    private struct Shelf {
        let bench: CommandTests.Bench
        let index: String

        func path(_ name: String) -> String { bench.home.appending(path: name).path }

        func allow(_ mode: Int, _ path: String) throws {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }

        /// Runs the command as nobody.
        func run(_ arguments: [String], environment: [String: String] = [:]) throws -> CommandRun {
            let run = try CommandRun(
                script: #"exec setpriv --reuid=65534 --regid=65534 --clear-groups "$DREAMSIM" "$@""#, arguments,
                home: bench.home, environment: environment)
            // Foundation's own words name neither the place nor what to do.
            #expect(!run.error.contains("The file ") && !run.error.contains("You don"), "\(run.error)")
            return run
        }
    }

    private static func withShelf(_ body: (Shelf) throws -> Void) throws {
        try CommandTests.withBench { bench in
            let index = bench.home.appending(path: "i").path
            // The model's weights lie in the bench, where everybody may read.
            let weights = bench.home.appending(path: "dino.pth")
            try FileManager.default.copyItem(at: Fixtures.file("tiny/dino.pth"), to: weights)
            let model = bench.home.appending(path: "model.json")
            let text = try String(contentsOf: model, encoding: .utf8)
            try Data(text.replacing(Fixtures.file("tiny/dino.pth").path, with: weights.path).utf8).write(to: model)
            let made = try bench.run(["index", bench.images.path, "--index", index] + bench.model)
            #expect(made.code == 0, "\(made.error)")
            let shelf = Shelf(bench: bench, index: index)
            try FileManager.default.createDirectory(
                atPath: shelf.path("open"), withIntermediateDirectories: true)
            try shelf.allow(0o755, bench.home.path)
            try shelf.allow(0o777, shelf.path("open"))
            try body(shelf)
        }
    }

    @Test(
        "A service whose index or folder cannot be written takes no changes, and says so at its start",
        .enabled(if: isPossible, needs))
    func changes() throws {
        try Self.withShelf { shelf in
            let closed = shelf.path("closed")
            try FileManager.default.createDirectory(atPath: closed, withIntermediateDirectories: true)
            try shelf.allow(0o755, closed)
            let serve = ["serve", "--print-config", "--index", "shown=\(shelf.index)", "--allow-changes"]
            let index = try shelf.run(serve + [shelf.path("open/added")])
            #expect(index.code == 2 && index.error.contains("change the index 'shown', which cannot be written"))
            try shelf.allow(0o777, shelf.index)
            let files = try shelf.run(serve + [shelf.path("open/added")])
            #expect(files.code == 2 && files.error.contains("no right to write it"), "\(files.error)")
            for name in try FileManager.default.contentsOfDirectory(atPath: shelf.index) {
                try shelf.allow(0o666, "\(shelf.index)/\(name)")
            }
            let folder = try shelf.run(serve + [shelf.path("closed/added")])
            #expect(
                folder.code == 2 && folder.error.contains("closed/added/shown: was to keep added images, but cannot be")
            )
            #expect(folder.error.contains("Permission denied"), "\(folder.error)")
            let both = try shelf.run(serve + [shelf.path("open/added")])
            #expect(both.code == 0, "\(both.error)")
            #expect(
                !FileManager.default.fileExists(atPath: shelf.path("open/added")), "nothing is made before it is needed"
            )
        }
    }

    @Test("An index that may only be read is searched, and not written", .enabled(if: isPossible, needs))
    func readOnlyIndex() throws {
        try Self.withShelf { shelf in
            let stranger = shelf.path("gray.png")
            try FileManager.default.copyItem(at: Fixtures.file("formats/gray.png"), to: URL(filePath: stranger))
            let before = try IndexCommandTests.dump(URL(filePath: shelf.index))
            for arguments in [["search", "--id", "1"], ["search", stranger], ["dedupe"], ["index", "check"]] {
                let run = try shelf.run(arguments + ["--index", shelf.index])
                #expect(run.code == 0 && !run.output.isEmpty, "\(arguments) \(run.error)")
            }
            for arguments in [["index"], ["index", "graph"]] {
                let run = try shelf.run(arguments + ["--index", shelf.index])
                #expect(run.code == 2 && run.output.isEmpty, "\(run.error)")
                #expect(run.error.contains(shelf.index) && run.error.contains("Permission denied"), "\(run.error)")
                #expect(run.error.contains("check the folder's permissions"), "\(run.error)")
            }
            #expect(try IndexCommandTests.dump(URL(filePath: shelf.index)) == before)
            let new = try shelf.run(
                ["index", shelf.bench.images.path, "--index", shelf.path("new")] + shelf.bench.model)
            #expect(new.code == 2 && new.error.contains("\(shelf.path("new")): cannot be made: Permission denied;"))
        }
    }

    @Test(
        "An index that may not be read is not said to be missing", .enabled(if: isPossible, needs),
        arguments: [0o000, 0o444, 0o711])
    func unreadableIndex(mode: Int) throws {
        try Self.withShelf { shelf in
            for name in try FileManager.default.contentsOfDirectory(atPath: shelf.index) {
                try shelf.allow(0o600, shelf.index + "/" + name)
            }
            try shelf.allow(mode, shelf.index)
            for arguments in [["search", "--id", "1"], ["index"], ["dedupe"], ["map"], ["index", "check"]] {
                let run = try shelf.run(arguments + ["--index", shelf.index])
                #expect(run.code == 2 && run.output.isEmpty, "\(arguments) \(run.error)")
                #expect(run.error.contains(shelf.index) && run.error.contains("permissions"), "\(run.error)")
                #expect(!run.error.contains("not an index"), "\(run.error)")
            }
        }
    }

    @Test(
        "Images and folders that may not be read are listed, and the rest is indexed", .enabled(if: isPossible, needs)
    )
    func unreadableImages() throws {
        try Self.withShelf { shelf in
            let images = shelf.bench.images
            for (name, mode) in [("closed", 0o000), ("blind", 0o444)] {
                let folder = images.appending(path: name)
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try FileManager.default.copyItem(
                    at: Fixtures.file("formats/gray.png"), to: folder.appending(path: "\(name).png"))
                try shelf.allow(mode, folder.path)
            }
            try shelf.allow(0o600, shelf.bench.image("a.png"))
            let index = shelf.path("open/i")
            let arguments = ["index", images.path, "--index", index, "--format", "json"] + shelf.bench.model
            let run = try shelf.run(arguments)
            #expect(run.code == 2, "\(run.error)")
            #expect(try run.json()["images"] as? Int == 2)
            for reason in [
                "a.png: cannot open it: Permission denied", "/closed: cannot be listed: Permission denied",
                "/blind: cannot be entered: Permission denied",
            ] { #expect(run.error.contains(reason), "\(run.error)") }
            // Once it may be read, it is there; and what may no longer be looked at is not dropped.
            try shelf.allow(0o644, shelf.bench.image("a.png"))
            try shelf.allow(0o755, images.path + "/blind")
            #expect(try shelf.run(arguments).json()["images"] as? Int == 4)
            try shelf.allow(0o444, images.path)
            let blind = try shelf.run(arguments)
            let report = try blind.json()
            #expect(report["images"] as? Int == 4 && report["dropped"] as? Int == 0, "\(blind.error)")
            let named = [images.path + "/b.jpg", "--index", index] + shelf.bench.model
            let file = try shelf.run(["index"] + named)
            #expect(file.code == 2 && file.error.contains("b.jpg: cannot be found: Permission denied"), "\(file.error)")
            #expect(file.output.contains("4 images"), "\(file.output)")
        }
    }

    @Test(
        "An output that cannot be written is named, with what to do", .enabled(if: isPossible, needs),
        arguments: FullDiskTests.outputs)
    func unwritableOutput(arguments: [String]) throws {
        try Self.withShelf { shelf in
            let closed = shelf.path("closed")
            try FileManager.default.createDirectory(atPath: closed, withIntermediateDirectories: true)
            let run = try shelf.run(arguments.map { $0.replacing("DISK", with: closed) } + ["--index", shelf.index])
            #expect(run.code == 2, "\(run.error)")
            #expect(run.error.contains(closed) && run.error.contains("Permission denied"), "\(run.error)")
            #expect(run.error.contains("permissions"), "\(run.error)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: closed).isEmpty)
        }
    }

    @Test(
        "A cache that may only be read serves, and one that is empty is done without", .enabled(if: isPossible, needs))
    func readOnlyCache() throws {
        try Self.withShelf { shelf in
            let stranger = shelf.path("gray.png")
            try FileManager.default.copyItem(at: Fixtures.file("formats/gray.png"), to: URL(filePath: stranger))
            let search = ["search", stranger, "--index", shelf.index]
            let warm = try shelf.run(search)
            #expect(warm.code == 0 && !warm.error.contains("could not be kept"), "\(warm.error)")
            let cold = shelf.path("cold")
            try FileManager.default.createDirectory(atPath: cold, withIntermediateDirectories: true)
            let first = try shelf.run(search, environment: ["DREAMSIM_HOME": cold])
            #expect(first.code == 0 && first.output == warm.output, "\(first.error)")
            #expect(first.error.contains("could not be kept") && first.error.contains(cold), "\(first.error)")
            try shelf.allow(0o700, cold)
            let unreadable = try shelf.run(search, environment: ["DREAMSIM_HOME": cold])
            #expect(unreadable.code == 0 && unreadable.output == warm.output, "\(unreadable.error)")
        }
    }
}
