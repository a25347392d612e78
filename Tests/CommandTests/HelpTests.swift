import Foundation
import Testing

@Suite("Help")
struct HelpTests {
    /// What `--experimental-dump-help` says of a command.
    private struct Command: Decodable {
        struct Argument: Decodable {
            let kind: String
            let abstract: String?
            let valueName: String?
        }
        let commandName: String
        let abstract: String?
        let arguments: [Argument]?
        let subcommands: [Command]?

        /// The command and everything below it, each with its path, but for the parser's own `help`.
        func all(_ path: [String] = []) -> [(path: [String], command: Command)] {
            let path = path + [commandName]
            return [(path, self)]
                + (subcommands ?? []).filter { $0.commandName != "help" }.flatMap { $0.all(path) }
        }
    }

    private struct Dump: Decodable { let command: Command }

    private static let home = FileManager.default.temporaryDirectory
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/help")

    private static func commands() throws -> [(path: [String], command: Command)] {
        let run = try CommandRun(["--experimental-dump-help"], home: home)
        return try JSONDecoder().decode(Dump.self, from: Data(run.output.utf8)).command.all()
    }

    @Test("Every help text is as it was recorded; DREAMSIM_RENEW_HELP=1 records it anew")
    func snapshot() throws {
        let renews = ProcessInfo.processInfo.environment["DREAMSIM_RENEW_HELP"] == "1"
        var expected: Set<String> = []
        for (path, _) in try Self.commands() {
            let file = Self.folder.appending(path: path.joined(separator: "-") + ".txt")
            expected.insert(file.lastPathComponent)
            let run = try CommandRun(
                path.dropFirst() + ["--help"], home: Self.home, environment: ["COLUMNS": "100"])
            #expect(run.code == 0)
            if renews {
                try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
                try Data(run.output.utf8).write(to: file)
            }
            let recorded = try? String(contentsOf: file, encoding: .utf8)
            #expect(
                run.output == recorded,
                "the help differs from Tests/Fixtures/help/\(file.lastPathComponent); DREAMSIM_RENEW_HELP=1 records it")
        }
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)) == expected)
    }

    @Test("Every command has one sentence, every option at most twelve words, and a period ends both")
    func words() throws {
        let commands = try Self.commands()
        #expect(commands.count > 20)
        for (path, command) in commands {
            let name = path.joined(separator: " ")
            let abstract = command.abstract ?? ""
            #expect(abstract.hasSuffix(".") && !abstract.dropLast().contains(". "), "\(name): \(abstract)")
            for argument in command.arguments ?? [] {
                let text = argument.abstract ?? ""
                // What stands in parentheses after the sentence is a default.
                let sentence = text.replacing(#/ \(default: [^)]*\)$/#, with: "")
                #expect(!sentence.isEmpty && sentence.hasSuffix("."), "\(name) \(argument.valueName ?? ""): \(text)")
                #expect(sentence.split(separator: " ").count <= 12, "\(name) \(argument.valueName ?? ""): \(text)")
            }
        }
    }
}
