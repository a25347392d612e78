import Foundation
import TestSupport
import Testing

/// The settings of `dreamsim serve`: options, environment and file.
@Suite("The settings of 'serve'")
struct ServeCommandTests {
    /// The lines of `--print-config`, as name, value and source.
    private static func table(
        _ arguments: [String], home: URL, environment: [String: String] = [:]
    ) throws -> [String: (value: String, source: String)] {
        let run = try CommandRun(
            ["serve", "--print-config"] + arguments, home: home, environment: environment)
        #expect(run.code == 0, "\(run.error)")
        var table: [String: (value: String, source: String)] = [:]
        for line in run.output.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard words.count == 2, let gap = words[1].range(of: "  ", options: .backwards) else { continue }
            table[words[0]] = (
                words[1][..<gap.lowerBound].trimmingCharacters(in: .whitespaces), String(words[1][gap.upperBound...])
            )
        }
        return table
    }

    private static func with(_ body: (URL) throws -> Void) throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        try body(home)
    }

    @Test("Options come before the environment, and that before the file; each says where it comes from")
    func precedence() throws {
        try Self.with { home in
            let (file, photos) = (home.appending(path: "dreamsim.json"), home.appending(path: "photos"))
            try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
            try Data(
                """
                {"port": 9001, "queue": 64, "max-work": 2.5, "quiet": true, "normalize": false, "allow-host": ["a.example", "b.example"],
                 "index": {"photos": "\(photos.path)"}, "metric": "mse,ssim", "mirror": "https://me:secret@mirror.example/"}
                """.utf8
            ).write(to: file)
            let table = try Self.table(
                ["--config", file.path, "--port=9003", "--max-connections", "7"], home: home,
                environment: [
                    "DREAMSIM_PORT": "9002", "DREAMSIM_QUEUE": "32", "DREAMSIM_TOKEN": "0123456789abcdef",
                    "DREAMSIM_TRUST_PROXY": "10.0.0.0/8,::1",
                ])
            func expect(_ name: String, _ value: String, _ source: String) {
                #expect(table[name]?.value == value && table[name]?.source == source, "\(name): \(table[name] as Any)")
            }
            expect("port", "9003", "option")
            expect("queue", "32", "DREAMSIM_QUEUE")
            expect("max-connections", "7", "option")
            expect("trust-proxy", "10.0.0.0/8, ::1", "DREAMSIM_TRUST_PROXY")
            for (name, value) in [
                ("max-work", "2.5"), ("quiet", "true"), ("normalize", "false"), ("allow-host", "a.example, b.example"),
                ("index", "photos=\(photos.path)"), ("metric", "mse,ssim"),
                ("mirror", "https://(hidden)@mirror.example/"),
            ] { expect(name, value, file.path) }
            expect("host", "127.0.0.1", "default")
            // What the parser knows no default of.
            expect("max-body", "67.108864", "default")
            expect("idle-timeout", "75", "default")
            expect("token", "(hidden)", "DREAMSIM_TOKEN")
            expect("offline", "true", "DREAMSIM_OFFLINE")
        }
    }

    @Test("Every limit of the service is an option")
    func limits() throws {
        try Self.with { home in
            let table = try Self.table([], home: home)
            #expect(table.filter { $0.key.hasPrefix("max-") }.count == 10)
            #expect(table.filter { $0.key.hasSuffix("-timeout") }.count == 7)
            #expect(table.filter { $0.key.hasSuffix("memory") }.count == 3)
            #expect(table.values.allSatisfy { ["default", "DREAMSIM_OFFLINE"].contains($0.source) })
        }
    }

    @Test(
        "A file that is wrong is an error that says what to do",
        arguments: [
            (#"{"prot": 1}"#, "unknown setting 'prot'; did you mean 'port'?"),
            (#"{"max-conections": 1}"#, "did you mean 'max-connections'?"),
            (#"{"token": "0123456789abcdef"}"#, "token-file"), ("[1]", "no object of JSON"), ("{", "no object of JSON"),
            (#"{"port": {"a": {"b": 1}}}"#, "'port'"), (#"{"port": [1, 2]}"#, "takes one value"),
            (#"{"port": null}"#, "'port'"), (#"{"quiet": "maybe"}"#, "quiet must be true or false"),
            (#"{"port": "many"}"#, "comes from"), (#"{"port": 70000}"#, "--port comes from"),
            (#"{"max-work": 0}"#, "--max-work comes from"), (#"{"print-config": true}"#, "unknown setting"),
            (
                "{\"port\": 9000,\n\"metric\": \"mse\",\n \"port\": 9001}",
                "'port' is given twice, in line 1 and in line 3"
            ),
            ("{\"por\\u0074\": 9000,\n\"port\": 9000}", "'port' is given twice, in line 1 and in line 2"),
            ("{\"index\": {\"a\": \"x\",\n\n\"a\": \"y\"}}", "'index/a' is given twice, in line 1 and in line 3"),
            (#"{"index": {"../x": "d"}}"#, "the index '../x' needs a name of 1 to 64"),
            (#"{"index": {"": "d"}}"#, "the index '' needs a name"),
            (#"{"index": {"a=b": "d"}}"#, "the index 'a=b' needs"),
            (#"{"allow-host": "*"}"#, "host name '*': no request could have it"),
            (#"{"allow-host": ["a.example,b.example"]}"#, "host name 'a.example,b.example': no request"),
            (#"{"allow-origin": "https://a.example,b.example"}"#, "is no origin"),
            (#"{"host": "nonsense!"}"#, "address 'nonsense!': is neither an address nor a name"),
            (#"{"reports": ""}"#, "Missing value for '--reports"),
            (#"{"allow-root": ""}"#, "Missing value for '--allow-root"),
        ])
    func badFile(_ text: String, _ expected: String) throws {
        try Self.with { home in
            let file = home.appending(path: "dreamsim.json")
            try Data(text.utf8).write(to: file)
            let run = try CommandRun(["serve", "--config", file.path, "--print-config"], home: home)
            #expect(run.code != 0 && run.error.contains(expected), "\(run.error)")
            #expect(!run.error.contains("0123456789"))
            // How other subcommands are used says nothing of a file.
            #expect(!run.error.contains("<subcommand>"), "\(run.error)")
        }
    }

    @Test("Indexes of a file are in the order in which they stand there, so that the first is used without a name")
    func order() throws {
        try Self.with { home in
            let names = ["zoo", "alpha", "mid"]
            for name in names {
                try FileManager.default.createDirectory(
                    at: home.appending(path: name), withIntermediateDirectories: true)
            }
            let file = home.appending(path: "dreamsim.json")
            let members = names.map { "\"\($0)\": \"\(home.appending(path: $0).path)\"" }.joined(separator: ", ")
            try Data("{\"index\": {\(members)}}".utf8).write(to: file)
            let table = try Self.table(["--config", file.path], home: home)
            #expect(
                table["index"]?.value == names.map { "\($0)=\(home.appending(path: $0).path)" }.joined(separator: ", "))
        }
    }

    @Test(
        "An index that is named badly is an error about its name",
        arguments: [
            ("../x=d", "'../x' is no name of an index, which has 1 to 64"), ("=d", "'' is no name of an index"),
            (".a=d", "'.a' is no name of an index"), ("a=", "must name a folder; write DIR or NAME=DIR"),
            ("", "Missing value for '--index"), ("a b=d", "'a b' is no name of an index"),
        ])
    func badIndex(_ text: String, _ expected: String) throws {
        try Self.with { home in
            let option = try CommandRun(["serve", "--print-config", "--index=\(text)"], home: home)
            #expect(option.code == 64 && option.error.contains(expected), "\(option.error)")
            guard !text.isEmpty else { return }
            let variable = try CommandRun(
                ["serve", "--print-config"], home: home, environment: ["DREAMSIM_INDEX": text])
            #expect(variable.code == 64 && variable.error.contains(expected), "\(variable.error)")
            #expect(variable.error.contains("--index comes from DREAMSIM_INDEX"), "\(variable.error)")
        }
    }

    @Test("A flag of the environment is shown as on or off")
    func flags() throws {
        try Self.with { home in
            let table = try Self.table(
                [], home: home,
                environment: [
                    "DREAMSIM_QUIET": "1", "DREAMSIM_NORMALIZE": "0", "DREAMSIM_SHOW_PATHS": "false",
                    "DREAMSIM_CUTOUT": "1",
                ])
            #expect(table["quiet"]?.value == "true" && table["quiet"]?.source == "DREAMSIM_QUIET")
            #expect(table["normalize"]?.value == "false" && table["show-paths"]?.value == "false")
            #expect(table["cutout"]?.value == "true" && table["cutout"]?.source == "DREAMSIM_CUTOUT")
        }
    }

    @Test(
        "With a log in JSON everything on standard error is an event, also what is wrong before the port is open",
        arguments: [
            ["--index", "HOME/none"], ["--index", "HOME/empty"], ["--port", "many"], ["--prot", "1"],
            ["--host", "nonsense!"],
            ["--config", "HOME/none.json"], ["--allow-changes", "HOME/x"], ["--metric", "nonsense"], ["--index", "a="],
        ])
    func events(_ options: [String]) throws {
        try Self.with { home in
            try FileManager.default.createDirectory(
                at: home.appending(path: "empty"), withIntermediateDirectories: true)
            let options = options.map { $0.replacing("HOME", with: home.path) }
            let metric = options.contains("--metric") ? [] : ["--metric", "mse"]
            for (more, environment) in [
                (["--log-format", "json"], [:]), ([], ["DREAMSIM_LOG_FORMAT": "json"]),
            ] as [([String], [String: String])] {
                let run = try CommandRun(
                    ["serve", "--port", "0"] + metric + more + options, home: home, environment: environment)
                #expect(run.code == 2 || run.code == 64, "\(run.code): \(run.error)")
                let lines = run.error.split(separator: "\n")
                let events = lines.compactMap {
                    try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                }
                #expect(events.count == lines.count && events.last?["level"] as? String == "error", "\(run.error)")
                #expect(!run.error.contains("listening on"), "\(run.error)")
                // What is known before is said before.
                if !options.contains("--metric") { #expect(!run.error.contains("is open"), "\(run.error)") }
            }
        }
    }

    @Test("A setting of the environment that is wrong is named")
    func badEnvironment() throws {
        try Self.with { home in
            for (variable, value) in [
                ("DREAMSIM_PORT", "x"), ("DREAMSIM_MAX_WORK", "-1"), ("DREAMSIM_QUIET", "perhaps"),
            ] {
                let run = try CommandRun(["serve", "--print-config"], home: home, environment: [variable: value])
                #expect(run.code != 0 && run.error.contains(variable), "\(run.error)")
            }
            let missing = try CommandRun(
                ["serve", "--print-config"], home: home, environment: ["DREAMSIM_CONFIG": home.path + "/none"])
            #expect(missing.code != 0 && missing.error.contains("cannot be read"))
            // Nothing of it reaches other subcommands.
            let other = try CommandRun(["models", "list"], home: home, environment: ["DREAMSIM_PORT": "x"])
            #expect(other.code == 0)
        }
    }

    @Test("Two indexes need names; one without is the one that is used without a name")
    func indexes() throws {
        try Self.with { home in
            for name in ["a", "b=c", "d"] {
                try FileManager.default.createDirectory(
                    at: home.appending(path: name), withIntermediateDirectories: true)
            }
            let (a, d) = (home.appending(path: "a").path, home.appending(path: "d").path)
            let twice = try CommandRun(["serve", "--print-config", "--index", a, "--index", d], home: home)
            #expect(twice.code != 0 && twice.error.contains("--index is given twice without a name"))
            #expect(twice.error.contains("NAME=DIR"))
            let named = try CommandRun(["serve", "--print-config", "--index", a, "--index", "d=\(d)"], home: home)
            #expect(named.code == 0, "\(named.error)")
            let same = try CommandRun(
                ["serve", "--print-config", "--index", "d=\(a)", "--index", "d=\(d)"], home: home)
            #expect(same.code == 2 && same.error.contains("is given twice"))
            // A path with a slash before the sign is one.
            let path = try CommandRun(["serve", "--print-config", "--index", home.path + "/b=c"], home: home)
            #expect(path.code == 0, "\(path.error)")
        }
    }

    @Test("A file of tokens that others can read is said, and one that only its owner can read is not")
    func permissions() throws {
        try Self.with { home in
            let file = home.appending(path: "tokens")
            try Data("anna 0123456789abcdef\n".utf8).write(to: file)
            for (mode, isSaid) in [(0o644, true), (0o640, true), (0o600, false)] {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
                // Ends at once, because nothing can be listened on.
                let run = try CommandRun(
                    ["serve", "--host", "192.0.2.1", "--token-file", file.path, "--metric", "mse"], home: home)
                #expect(run.code == 2, "\(run.error)")
                #expect(run.error.contains("can be read by other users") == isSaid, "\(run.error)")
            }
        }
    }
}
