import ArgumentParser
import DreamSimRetrieval
import DreamSimService
import Foundation
import Logging

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve metrics and searches over HTTP, with a web page.",
        discussion: """
            The service listens on the loopback interface only, unless --host names another address; it then needs a token \
            ('Authorization: Bearer TOKEN'). Uploads are not stored. /v1/openapi.json documents every route. SIGTERM shuts the \
            service down gracefully.

            EXAMPLES
              dreamsim serve --metric vits14-focus,ssim,lpips-alex
              dreamsim serve --index photos.index --reports reports/ --port 9000
              dreamsim serve --triplets photos/triplets.csv
              dreamsim serve --host 0.0.0.0 --token-file token.txt --allow-host images.example.org
              curl -F reference=@a.jpg -F image=@b.jpg -F image=@c.jpg http://127.0.0.1:8080/v1/compare
            """)

    @Option(help: ArgumentHelp("Address to listen on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("Port; 0 chooses a free one.", valueName: "n"))
    var port = 8080

    @Option(help: ArgumentHelp("File with the token (also DREAMSIM_TOKEN).", valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(help: ArgumentHelp("Additional host name to accept (repeatable).", valueName: "name"))
    var allowHost: [String] = []

    @Option(help: ArgumentHelp("Folder whose files requests may name.", valueName: "dir"), completion: .directory)
    var allowRoot: String?

    @Option(name: .customLong("index"), help: ArgumentHelp("Index to serve.", valueName: "dir"), completion: .directory)
    var index: String?

    @Option(help: ArgumentHelp("Folder of evaluation reports to serve.", valueName: "dir"), completion: .directory)
    var reports: String?

    @OptionGroup(title: "Voting room") var voting: VotingOptions

    @OptionGroup var batch: BatchOptions

    @Option(help: ArgumentHelp("Maximum number of images in progress.", valueName: "n"))
    var queue = 256

    @OptionGroup(title: "Limits (also DREAMSIM_MAX_CONNECTIONS and so on)") var limits: ServiceLimitOptions

    @OptionGroup var log: LogOptions

    @OptionGroup var metrics: MetricOptions

    func validate() throws {
        var checked = ServiceLimits()
        try limits.apply(to: &checked)
        guard (0...65535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
        guard (1...100_000).contains(queue) else { throw ValidationError("--queue must be from 1 to 100000") }
        guard metrics.mask.mask == nil, metrics.resize.side == nil else {
            throw ValidationError("--mask and --resize are of a comparison; requests give resize=SIDE")
        }
    }

    func run() async throws {
        var settings = ServiceSettings()
        (settings.host, settings.port, settings.hostNames) = (host, port, allowHost)
        settings.token = try token()
        settings.root = allowRoot.map { URL(filePath: $0) }
        settings.index = index.map { URL(filePath: $0) }
        settings.reports = reports.map { URL(filePath: $0) }
        settings.votingRoom = try voting.room(root: settings.root)
        settings.store = try metrics.model.store.configuration()
        settings.limits.batch = batch.size
        settings.limits.acceptedImages = queue
        settings.limits.images = min(settings.limits.images, queue)
        try limits.apply(to: &settings.limits)
        let logger = log.logger
        let service = try PerceptualService(settings, logger: logger) { try await load() }
        let address = host.contains(":") ? "[\(host)]" : host
        try await service.run { [log] port in
            let text = "listening on http://\(address):\(port)/"
            // One line in any case: whoever starts a service has to learn its port.
            if log.isForPrograms {
                logger.log(level: log.quiet ? .error : .info, "\(text)")
            } else {
                Terminal.note(text)
            }
        }
    }

    /// The token of the file, else of the environment.
    private func token() throws -> String? {
        guard let tokenFile else { return ProcessInfo.processInfo.environment["DREAMSIM_TOKEN"] }
        guard let text = try? String(contentsOf: URL(filePath: tokenFile), encoding: .utf8) else {
            throw ValidationError("--token-file \(tokenFile): cannot be read as text")
        }
        return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    }

    private func load() async throws -> PerceptualService.Metrics {
        let loaded = try await metrics.load(quiet: log.quiet || log.isForPrograms).metrics
        guard let index else { return PerceptualService.Metrics(loaded) }
        let indexed = try IndexReader(URL(filePath: index)).settings
        guard !loaded.contains(where: { ($0 as? any EmbeddingMetric)?.stamp.agrees(with: indexed.stamp) == true })
        else {
            return PerceptualService.Metrics(loaded)
        }
        let model = try await indexed.loadModel(
            options: indexed.loadingOptions(metrics.model.store.configuration()), quiet: log.quiet || log.isForPrograms)
        return PerceptualService.Metrics(loaded, others: [model])
    }
}
