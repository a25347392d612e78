import ArgumentParser
import Dispatch
import DreamSim
import Foundation

/// The command `dreamsim`. Each subcommand has its file in `Subcommands`; to add one, add its file and its line here.
/// Each states its name: every start reads all names, and making them from the names of types takes milliseconds.
struct DreamSimCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dreamsim",
        abstract: "Compare images by perceptual similarity.",
        discussion: """
            DreamSim (arXiv 2306.09344) is a learned metric of how similar two images look to people: it weighs content, \
            layout and color. Distances start at 0 (identical); lower is more similar.

            EXAMPLES
              dreamsim compare original.jpg edited.jpg other.jpg
              dreamsim vote reference.png a.png b.png
              dreamsim embed photos/ -o embeddings.npy
              dreamsim index photos/
              dreamsim metrics
              dreamsim heatmap original.jpg edited.jpg -o difference.png
              dreamsim models list

            EXIT CODES
              0    success
              1    success, but a value is beyond a threshold (--fail-above, --fail-below, --threshold-from)
              2    failure: an image, the weights or an output; the message states the remedy
              64   usage error
              130  interrupted by Ctrl-C; 143 by kill

            Data goes to standard output, everything else to standard error. The environment variables DREAMSIM_HOME, \
            DREAMSIM_MIRROR, DREAMSIM_OFFLINE, DREAMSIM_THREADS and DREAMSIM_SIMD are explained in \
            'dreamsim help models'.
            """,
        version: Version.current,
        subcommands: [
            // Comparing.
            Compare.self, Vote.self, Embed.self,
            // Collections.
            Index.self, Search.self, Dedupe.self, Cluster.self, MapCommand.self, SetsCommand.self,
            // Explaining.
            HeatmapCommand.self, Foreground.self, CutoutCommand.self, Sensitivity.self,
            // Human judgments.
            Evaluate.self, Calibrate.self, Train.self,
            // Synthesis.
            Invert.self,
            // The service.
            Serve.self,
            // Listing and benchmarks.
            Metrics.self, Models.self, Cache.self, Bench.self, BenchSearch.self,
        ])
}

/// The program.
@main
enum Program {
    static func main() {
        // Before anything waits: the libraries that wake who waits cannot do without files of their own, and crash.
        guard OpenFiles.suffice else {
            Terminal.error(
                "fewer than \(OpenFiles.least) more files can be opened by this process, which it needs; raise the limit, "
                    + "as with 'ulimit -n 1024'")
            Terminal.exit(.failed)
        }
        // libvips loads all modules that it finds, with some forty libraries, and all but one, which is loaded when it is
        // needed, are of formats that are never read here; where there is no folder it finds none. Who has named one gets
        // what is there. Now, because no other thread reads the environment yet.
        setenv("VIPSHOME", "/dev/null", 0)
        setFonts()
        // Tells the service to read settings again; before it heeds that, it must not end by it.
        if CommandLine.arguments.dropFirst().first == "serve" { signal(SIGHUP, SIG_IGN) }
        // What reads few images would wait for their library; it loads while options are read and weights are found.
        if let name = CommandLine.arguments.dropFirst().first,
            ["compare", "vote", "embed", "heatmap", "cutout"].contains(name)
        {
            Vips.begin()
        }
        Task {
            await run()
            exit(EXIT_SUCCESS)
        }
        dispatchMain()
    }

    /// Where the system has no fonts, text is drawn with those that a package lays beside the program or its libraries.
    private static func setFonts() {
        guard access("/etc/fonts/fonts.conf", R_OK) != 0,
            let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        else { return }
        let folder = URL(filePath: program).deletingLastPathComponent()
        for place in ["fonts/fonts.conf", "../lib/fonts/fonts.conf"] {
            let file = folder.appending(path: place).standardizedFileURL.path
            if access(file, R_OK) == 0 { setenv("FONTCONFIG_FILE", file, 0) }
        }
    }

    private static func run() async {
        let arguments = RawArguments.all()
        if let fault = CommandLineFaults.first(arguments) { finish(fault) }
        let expanded: [String]
        do {
            try CommandLineFaults.checkEnvironment(arguments)
            expanded = try ServiceConfiguration.expand(arguments)
        } catch {
            // How a subcommand is used says nothing of the environment or of a file.
            Terminal.error("\(error)")
            Terminal.exit(.misused)
        }
        do {
            var command = try DreamSimCommand.parseAsRoot(expanded)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            TimingsTable.show()
        } catch  where DreamSimCommand.exitCode(for: error) == .validationFailure {
            if let origin = ServiceConfiguration.origin(of: DreamSimCommand.message(for: error), arguments) {
                Terminal.note(origin)
            }
            finish(CommandLineFaults.unknownOption(arguments) ?? error)
        } catch {
            finish(error)
        }
    }

    /// Ends the program with the code and the message that belong to an error.
    private static func finish(_ error: any Error) -> Never {
        switch DreamSimCommand.exitCode(for: error) {
        case .failure where !(error is ExitCode):
            Terminal.error("\(error)")
            Terminal.exit(.failed)
        case .validationFailure where Terminal.isForPrograms:
            Terminal.error(DreamSimCommand.message(for: error))
            Terminal.exit(.misused)
        default:
            // Requests for help, faults of the command line, and codes that a subcommand chose.
            DreamSimCommand.exit(withError: error)
        }
    }
}
