import Foundation

/// What the built command says of itself, by `--experimental-dump-help`.
struct HelpDump: Decodable {
    /// A command.
    struct Command: Decodable {
        struct Argument: Decodable {
            let kind: String
            let abstract: String?
            let valueName: String?
            let defaultValue: String?
            let names: [Name]?

            /// The option as it is written, such as `--format`; nil for an operand.
            var option: String? {
                guard kind == "option" || kind == "flag" else { return nil }
                let long = names?.first { $0.kind == "long" }
                return long.map { "--\($0.name)" } ?? names?.first.map { "-\($0.name)" }
            }
        }
        struct Name: Decodable {
            let kind: String
            let name: String
        }
        let commandName: String
        let abstract: String?
        let arguments: [Argument]?
        let subcommands: [Command]?

        /// The names of all options, such as `--format` and `-o`.
        var options: Set<String> {
            Set((arguments ?? []).flatMap { $0.names ?? [] }.map { ($0.kind == "long" ? "--" : "-") + $0.name })
        }

        /// The command and everything below it, each with its path, but for the parser's own `help`.
        func all(_ path: [String] = []) -> [(path: [String], command: Command)] {
            let path = path + [commandName]
            return [(path, self)]
                + (subcommands ?? []).filter { $0.commandName != "help" }.flatMap { $0.all(path) }
        }
    }

    let command: Command

    /// All commands, each with its path.
    static func commands() throws -> [(path: [String], command: Command)] {
        let run = try CommandRun(["--experimental-dump-help"], home: FileManager.default.temporaryDirectory)
        return try JSONDecoder().decode(HelpDump.self, from: Data(run.output.utf8)).command.all()
    }
}
