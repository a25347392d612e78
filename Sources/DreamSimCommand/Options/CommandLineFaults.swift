import ArgumentParser
import DreamSim
import Foundation

/// Faults of the command line that the argument parser tells of badly, or not at all.
enum CommandLineFaults {
    /// A fault that is seen before anything is parsed: a file whose name is read as options, an unknown subcommand.
    static func first(_ arguments: [String]) -> ValidationError? {
        let options = arguments.prefix { $0 != "--" }
        // Read as short options, `-photo.jpg` asks for help.
        if let file = options.first(where: {
            $0.hasPrefix("-") && $0.contains(".") && FileManager.default.fileExists(atPath: $0)
        }) {
            return ValidationError("'\(file)' is read as options; write './\(file)' for the file")
        }
        let names = DreamSimCommand.configuration.subcommands.map { $0._commandName } + ["help"]
        guard let name = arguments.first, !name.hasPrefix("-"), name != "help" else { return nil }
        guard !names.contains(name) else { return nil }
        let near = NearMatches.of(name, among: names, within: max(1, name.count / 3)).first
        return ValidationError("there is no subcommand '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
    }

    /// Variables that are to choose threads or kernels and name none that there are. Ignored, they would seem to be heeded.
    /// - Throws: `ValidationError`.
    static func checkEnvironment(_ arguments: [String]) throws {
        // Help and the version are shown in any case.
        guard let name = arguments.first, !name.hasPrefix("-"), name != "help" else { return }
        let variables = ProcessInfo.processInfo.environment
        if let threads = variables["DREAMSIM_THREADS"], !(1...1024).contains(Int(threads) ?? 0) {
            throw ValidationError("DREAMSIM_THREADS is '\(threads)'; give a number from 1 to 1024, or unset it")
        }
        let kernels = HardwareReport().availableKernels
        if let wanted = variables["DREAMSIM_SIMD"], !kernels.contains(wanted) {
            throw ValidationError(
                "DREAMSIM_SIMD is '\(wanted)'; this processor has \(kernels.joined(separator: ", ")), or unset it")
        }
    }

    /// An option that the subcommand does not have. The parser tells of it only where nothing else is wrong.
    static func unknownOption(_ arguments: [String]) -> ValidationError? {
        guard let (names, rest) = options(arguments) else { return nil }
        for argument in rest.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
            let name = String(argument.prefix { $0 != "=" })
            guard !names.contains(name) else { continue }
            let near = NearMatches.of(name, among: names, within: max(1, name.count / 3)).first
            return ValidationError("unknown option '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
        }
        return nil
    }

    /// The long options of the subcommand that arguments name, and what comes after it.
    static func options(_ arguments: [String]) -> (names: [String], rest: ArraySlice<String>)? {
        guard let dump = try? JSONSerialization.jsonObject(with: Data(DreamSimCommand._dumpHelp().utf8)),
            var command = (dump as? [String: Any])?["command"] as? [String: Any]
        else { return nil }
        var rest = arguments[...]
        func subcommand(_ name: String?) -> [String: Any]? {
            (command["subcommands"] as? [[String: Any]])?.first { $0["commandName"] as? String == name }
        }
        while let next = subcommand(rest.first) { (command, rest) = (next, rest.dropFirst()) }
        if let next = subcommand(command["defaultSubcommand"] as? String) { command = next }
        let names = (command["arguments"] as? [[String: Any]] ?? []).flatMap { $0["names"] as? [[String: Any]] ?? [] }
            .compactMap { $0["kind"] as? String == "long" ? ($0["name"] as? String).map { "--" + $0 } : nil }
        return (names, rest)
    }
}
