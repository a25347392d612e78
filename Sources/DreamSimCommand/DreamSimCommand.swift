import ArgumentParser
import Dispatch
import DreamSim
import Foundation

/// The command `dreamsim`. Each subcommand has its file in `Subcommands`; to add one, add its file and its line here.
struct DreamSimCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dreamsim",
        abstract: "Measure how alike images look to people.",
        discussion: """
            DreamSim (arXiv 2306.09344) compares images as people do: by what they show, how it is laid out and what \
            colors it has. Distances run from 0 (the same) upwards; lower is more alike.

            EXAMPLES
              dreamsim compare original.jpg edited.jpg other.jpg
              dreamsim vote reference.png a.png b.png
              dreamsim embed photos/ -o embeddings.npy
              dreamsim index photos/
              dreamsim metrics
              dreamsim heatmap original.jpg edited.jpg -o difference.png
              dreamsim models list

            EXIT CODES
              0    done
              1    done, and a value is above --fail-above or below --fail-below
              2    something failed: an image, the weights, writing; the message says what and what to do
              64   the command line was not understood
              130  interrupted

            Data goes to standard output, everything else to standard error. The environment variables DREAMSIM_HOME, \
            DREAMSIM_MIRROR, DREAMSIM_OFFLINE, DREAMSIM_THREADS and DREAMSIM_SIMD are explained in \
            'dreamsim help models'.
            """,
        version: Version.current,
        subcommands: [
            // Comparing.
            Compare.self, Vote.self, Embed.self,
            // Collections.
            Index.self, Search.self, Dedupe.self, Cluster.self, MapCommand.self,
            // Where and why.
            HeatmapCommand.self, Foreground.self, Sensitivity.self,
            // People's judgments.
            Evaluate.self, Calibrate.self, Train.self,
            // Images made.
            Invert.self,
            // The service.
            Serve.self,
            // What there is, and how fast.
            Metrics.self, Models.self, Bench.self, BenchSearch.self,
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
            Terminal.exit(.trouble)
        }
        Task {
            await run()
            exit(EXIT_SUCCESS)
        }
        dispatchMain()
    }

    private static func run() async {
        do {
            var command = try DreamSimCommand.parseAsRoot(RawArguments.all())
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            TimingsTable.show()
        } catch {
            finish(error)
        }
    }

    /// Ends the program with the code and the message that belong to an error.
    private static func finish(_ error: any Error) -> Never {
        switch DreamSimCommand.exitCode(for: error) {
        case .failure where !(error is ExitCode):
            Terminal.error("\(error)")
            Terminal.exit(.trouble)
        default:
            // Requests for help, faults of the command line, and codes that a subcommand chose.
            DreamSimCommand.exit(withError: error)
        }
    }
}
