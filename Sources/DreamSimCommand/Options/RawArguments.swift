public import ArgumentParser
public import DreamSim
import Foundation

/// The command line as the system gave it; bytes that are not UTF-8 survive, see `ImagePath`.
enum RawArguments {
    static func all() -> [String] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            CommandLine.unsafeArgv[index].map { argument in
                ImagePath.text(UnsafeRawBufferPointer(start: argument, count: strlen(argument)))
            }
        }
    }
}

extension RawArguments {
    /// The value of an option that takes one, such as of `--index`; nil where it is not given.
    static func value(of option: String) -> String? {
        let all = all()
        for (place, argument) in all.enumerated() {
            if argument == option { return place + 1 < all.count ? all[place + 1] : nil }
            if argument.hasPrefix(option + "=") { return String(argument.dropFirst(option.count + 1)) }
        }
        return nil
    }
}

extension ImagePath: ExpressibleByArgument {
    /// Takes a path from the command line.
    public init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self.init(argument)
    }

    /// Completed with the names of files.
    public static var defaultCompletionKind: CompletionKind { .file() }
}

extension Precision: ExpressibleByArgument {}
