import DreamSimWeights
import Foundation

/// One run of the built command, with a home of its own and without the network.
struct CommandRun {
    let code: Int32
    let output: String
    let error: String

    /// The command lies beside the test bundle.
    static let executable: URL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "dreamsim")

    /// Runs `dreamsim` and waits for its end.
    init(_ arguments: [String], home: URL, environment: [String: String] = [:]) throws {
        try self.init(script: #"exec "$DREAMSIM" "$@""#, arguments, home: home, environment: environment)
    }

    /// Runs a shell script in which `$DREAMSIM` is the command, for pipes and names that are not UTF-8.
    init(script: String, _ arguments: [String] = [], home: URL, environment: [String: String] = [:]) throws {
        let name = UUID().uuidString
        let (out, err) = (home.appending(path: name + ".out"), home.appending(path: name + ".err"))
        let child = try ChildProcess(
            ["/bin/bash", "-c", "exec 2>\"$ERRORS\"\n" + script, "bash"] + arguments,
            environment: [
                "DREAMSIM_HOME": home.path, "DREAMSIM_OFFLINE": "1", "PATH": "/usr/bin:/bin", "ERRORS": err.path,
                "DREAMSIM": Self.executable.path,
            ].merging(environment) { $1 },
            output: out)
        switch child.wait() {
        case .exited(let code): self.code = code
        case .killed(let signal): code = 128 + signal
        }
        output = String(decoding: (try? Data(contentsOf: out)) ?? Data(), as: UTF8.self)
        error = String(decoding: (try? Data(contentsOf: err)) ?? Data(), as: UTF8.self)
    }

    /// The output as a JSON object.
    func json() throws -> [String: Any] {
        guard let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] else {
            throw CocoaError(.coderInvalidValue)
        }
        return object
    }
}
