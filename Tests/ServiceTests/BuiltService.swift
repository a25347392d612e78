import DreamSimWeights
import Foundation
import TestSupport

/// The built command as a service on a free port, in a process of its own.
struct BuiltService {
    let process: ChildProcess
    let service: RunningService
    private let errors: URL

    /// Starts `dreamsim serve` and waits until requests are taken; blocks.
    /// - Parameters:
    ///   - home: the folder of everything that it writes.
    ///   - isReady: whether it is to say of itself that nothing is wrong.
    init(_ options: [String], home: URL, isReady: Bool = true) throws {
        let errors = home.appending(path: "errors")
        // The command lies beside the test bundle.
        let executable = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "dreamsim")
        process = try ChildProcess(
            ["/bin/bash", "-c", "exec 2>\"$ERRORS\"; exec \"$@\"", "bash", executable.path, "serve"] + options,
            environment: [
                "DREAMSIM_HOME": home.path, "DREAMSIM_OFFLINE": "1", "PATH": "/usr/bin:/bin", "ERRORS": errors.path,
            ],
            output: home.appending(path: "output"))
        self.errors = errors
        var port: Int?
        while port == nil {
            port = Self.text(errors).firstMatch(of: #/http://127\.0\.0\.1:(\d+)//#).flatMap { Int($0.1) }
            usleep(10_000)
        }
        service = RunningService(port: port ?? 0)
        while try isReady && service.get("/readyz").status != 200 { usleep(10_000) }
    }

    /// What it has written to standard error.
    var log: String { Self.text(errors) }

    private static func text(_ file: URL) -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }

    /// Tells it to stop, and waits for that.
    func stop() -> ChildProcess.Ending {
        kill(process.identifier, SIGTERM)
        return process.wait()
    }
}
