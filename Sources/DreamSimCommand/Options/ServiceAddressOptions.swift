import ArgumentParser
import DreamSimService
import Foundation

/// Where `serve` listens, under which names it answers, and whom.
struct ServiceAddressOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Address to listen on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("Port; 0 chooses a free one.", valueName: "n"))
    var port = 8080

    @Option(
        help: ArgumentHelp("File of tokens, or of one (also DREAMSIM_TOKEN).", valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(help: ArgumentHelp("Additional host name to accept (repeatable).", valueName: "name"))
    var allowHost: [String] = []

    @Option(help: ArgumentHelp("Origin whose pages may use the service (repeatable).", valueName: "origin"))
    var allowOrigin: [String] = []

    @Option(help: ArgumentHelp("Proxy to believe: an address or CIDR range (repeatable).", valueName: "address"))
    var trustProxy: [String] = []

    @Option(help: ArgumentHelp("Path of the service at its site, such as /tools/dreamsim.", valueName: "path"))
    var basePath = ""

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
        if tokenFile == "" { throw ValidationError("--token-file must name a file") }
    }

    func apply(to settings: inout ServiceSettings) throws {
        (settings.host, settings.port, settings.hostNames) = (host, port, allowHost)
        (settings.allowedOrigins, settings.trustedProxies) = (allowOrigin, trustProxy)
        settings.basePath = basePath
        if let tokenFile {
            settings.tokens = try AccessToken.read(from: URL(filePath: tokenFile))
        } else {
            settings.token = ProcessInfo.processInfo.environment["DREAMSIM_TOKEN"]
        }
    }

    /// What people should know of these settings.
    var warnings: [String] {
        var warnings: [String] = []
        if let tokenFile, let mode = try? FileManager.default.attributesOfItem(atPath: tokenFile)[.posixPermissions],
            ((mode as? Int) ?? 0) & 0o044 != 0
        {
            warnings.append("\(tokenFile) can be read by other users of this machine; 'chmod 600' keeps it to you")
        }
        if tokenFile != nil, ProcessInfo.processInfo.environment["DREAMSIM_TOKEN"] != nil {
            warnings.append("DREAMSIM_TOKEN is not used, because there is a file of tokens")
        }
        if allowOrigin.contains("*") { warnings.append("--allow-origin '*' lets every web page use this service") }
        return warnings
    }
}
