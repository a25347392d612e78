import ArgumentParser
import DreamSim
import Foundation

/// Settings of `serve` that are no options: those of a file and of the environment become options here, so that each is read
/// and checked in one way. An option comes before the environment, and that before the file.
///
/// swift-configuration reads such files too, but each option would have to be declared a second time for it, and it does not
/// say of a key that nothing asks for it.
enum ServiceConfiguration {
    /// An option as the parser describes it.
    struct Option: Decodable {
        struct Name: Decodable { let kind, name: String }
        let kind: String
        var names: [Name]?
        let isRepeating: Bool
        let defaultValue: String?

        /// The long names, without dashes; a flag may have a second one that turns it off.
        var longNames: [String] { (names ?? []).filter { $0.kind == "long" }.map(\.name) }
        var name: String { longNames.first ?? "" }
        var variable: String { "DREAMSIM_" + name.uppercased().replacing("-", with: "_") }
    }

    /// A setting that was given.
    struct Setting {
        let option: Option
        let values: [String]
        /// An option, a variable or a file.
        let source: String

        /// The setting as options.
        /// - Throws: `ValidationError` for a flag that is neither on nor off.
        func arguments() throws -> [String] {
            guard option.kind == "flag" else { return values.map { "--\(option.name)=\($0)" } }
            switch values.last ?? "" {
            case "true", "1": return ["--\(option.name)"]
            case "false", "0": return option.longNames.dropFirst().prefix(1).map { "--\($0)" }
            default: throw ValidationError("\(source): \(option.name) must be true or false")
            }
        }
    }

    /// What has names of its own in the environment, which all subcommands heed, and what is about this run only.
    static let ownVariables: Set<String> = ["mirror", "offline", "threads"]
    static let runOnly: Set<String> = ["config", "print-config", "help", "version", "timings"]

    /// All options of `serve`.
    static func options() -> [Option] {
        struct Dump: Decodable {
            struct Command: Decodable { let arguments: [Option]? }
            let command: Command
        }
        let dump = try? JSONDecoder().decode(Dump.self, from: Data(Serve._dumpHelp().utf8))
        var options = (dump?.command.arguments ?? []).filter { !$0.name.isEmpty }
        // What turns a flag off is told as a flag of its own.
        for off in options where off.name.hasPrefix("no-") {
            guard let place = options.firstIndex(where: { "no-" + $0.name == off.name }) else { continue }
            options[place].names = (options[place].names ?? []) + (off.names ?? [])
            options.removeAll { $0.name == off.name }
        }
        return options
    }

    /// The command line with what file and environment add; any other subcommand's stays as it is.
    /// - Throws: `ValidationError` for a file that cannot be read or has settings that do not exist.
    static func expand(_ arguments: [String]) throws -> [String] {
        guard arguments.first == "serve", !arguments.contains("--help"), !arguments.contains("-h") else {
            return arguments
        }
        let added = try settings(arguments, ProcessInfo.processInfo.environment).filter { $0.source != optionSource }
        return try ["serve"] + added.flatMap { try $0.arguments() } + arguments.dropFirst()
    }

    static let optionSource = "option"

    /// What is given, and where.
    static func settings(_ arguments: [String], _ environment: [String: String]) throws -> [Setting] {
        let options = options()
        var settings = given(arguments, options)
        var seen = Set(settings.map(\.option.name))
        func value(_ name: String) -> String? { settings.last { $0.option.name == name }?.values.last }
        let path = value("config") ?? environment["DREAMSIM_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        for option in options where !seen.contains(option.name) && !runOnly.contains(option.name) {
            guard !ownVariables.contains(option.name), let text = environment[option.variable], !text.isEmpty else {
                continue
            }
            let values =
                option.isRepeating && option.name != "metric" ? text.split(separator: ",").map(String.init) : [text]
            settings.append(Setting(option: option, values: values, source: option.variable))
            seen.insert(option.name)
        }
        guard let path else { return settings }
        for setting in try ServiceConfigurationFile.read(path, options.filter { !runOnly.contains($0.name) })
        where !seen.contains(setting.option.name) { settings.append(setting) }
        return settings
    }

    /// The value of a setting, also where others are wrong; nil where it is not given.
    static func value(of name: String, _ arguments: [String]) -> String? {
        let environment = ProcessInfo.processInfo.environment
        if let settings = try? settings(arguments, environment) {
            return settings.last { $0.option.name == name }?.values.last
        }
        let options = options()
        return given(arguments, options).last { $0.option.name == name }?.values.last
            ?? options.first { $0.name == name }.flatMap { environment[$0.variable] }
    }

    /// What the command line gives.
    private static func given(_ arguments: [String], _ options: [Option]) -> [Setting] {
        var settings: [Setting] = []
        var rest = arguments.dropFirst().prefix { $0 != "--" }
        while let argument = rest.popFirst() {
            let sides = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let option = options.first { option in
                (option.names ?? []).contains { ($0.kind == "long" ? "--" : "-") + $0.name == sides[0] }
            }
            guard let option else { continue }
            var text = sides.count > 1 ? sides[1] : ""
            if option.kind == "flag" {
                text = option.longNames.dropFirst().contains { "--" + $0 == sides[0] } ? "false" : "true"
            } else if sides.count == 1, let next = rest.popFirst() {
                text = next
            }
            let before = settings.firstIndex { $0.option.name == option.name }
            let values = (before.map { settings.remove(at: $0).values } ?? []) + [text]
            settings.append(
                Setting(option: option, values: option.isRepeating ? values : [text], source: optionSource))
        }
        return settings
    }

    /// Where what a message speaks of was given, when that was no option.
    static func origin(of message: String, _ arguments: [String]) -> String? {
        guard let settings = try? settings(arguments, ProcessInfo.processInfo.environment) else { return nil }
        let names = Set(message.matches(of: /--[a-z-]+/).map { String($0.output.dropFirst(2)) })
        let found = settings.first { $0.source != optionSource && names.contains($0.option.name) }
        return found.map { "--\($0.option.name) comes from \($0.source)" }
    }
}
