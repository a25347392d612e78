import ArgumentParser
import DreamSim

/// How many threads compute.
struct ThreadOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Number of threads (also DREAMSIM_THREADS).", valueName: "n"))
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
    }

    func apply() {
        if let threads { PerceptualModel.threads = threads }
    }
}

/// How many images pass a model together.
struct BatchOptions: ParsableArguments {
    @Option(name: .customLong("batch-size"), help: ArgumentHelp("Images per forward pass.", valueName: "n"))
    var size = 8

    func validate() throws {
        guard (1...1024).contains(size) else { throw ValidationError("--batch-size must be from 1 to 1024") }
    }
}
