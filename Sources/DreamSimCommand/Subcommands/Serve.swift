import ArgumentParser
import DreamSimRetrieval
import DreamSimService
import Foundation

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve metrics and searches over HTTP, with a web page.",
        discussion: """
            The service listens on the loopback interface only, unless --host names another address; it then needs a token \
            ('Authorization: Bearer TOKEN'). Uploads are not stored, unless --allow-changes keeps what is added to an index. \
            /v1/openapi.json documents every route. SIGTERM shuts the service down gracefully; SIGHUP makes it read tokens, \
            indexes and reports again.

            Every option can also stand in the file of --config, as in {"port": 9000, "index": {"photos": "photos.index"}}, and in \
            the environment, as in DREAMSIM_PORT=9000. Options come before the environment, and that before the file.

            EXAMPLES
              dreamsim serve --metric vits14-focus,ssim,lpips-alex
              dreamsim serve --index photos.index --reports reports/ --port 9000
              dreamsim serve --index photos=photos.index --index logos=logos.index
              dreamsim serve --triplets photos/triplets.csv
              dreamsim serve --metric vits14-focus --cutout
              dreamsim serve --host 0.0.0.0 --token-file token.txt --allow-host images.example.org
              dreamsim serve --trust-proxy 127.0.0.1 --allow-host images.example.org --base-path /tools/dreamsim
              dreamsim serve --config dreamsim.json --print-config
              curl -F reference=@a.jpg -F image=@b.jpg -F image=@c.jpg http://127.0.0.1:8080/v1/compare
            """)

    @OptionGroup(title: "Address and access") var address: ServiceAddressOptions

    @OptionGroup(title: "Indexes and files") var served: ServedIndexOptions

    @OptionGroup(title: "Voting room") var voting: VotingOptions

    @OptionGroup var batch: BatchOptions

    @Option(help: ArgumentHelp("Maximum number of images in progress.", valueName: "n"))
    var queue = 256

    @Flag(help: "Serve cutouts, made with the saliency detector.")
    var cutout = false

    @OptionGroup(title: "Limits") var limits: ServiceLimitOptions

    @Option(help: ArgumentHelp("File of settings (.json).", valueName: "file"), completion: .file(extensions: ["json"]))
    var config: String?

    @Flag(help: "Print all settings and where they come from, and exit.")
    var printConfig = false

    @OptionGroup var log: LogOptions

    @OptionGroup var metrics: MetricOptions

    func validate() throws {
        guard (1...100_000).contains(queue) else { throw ValidationError("--queue must be from 1 to 100000") }
        guard metrics.mask.mask == nil, metrics.resize.side == nil else {
            throw ValidationError("--mask and --resize are of a comparison; requests give resize=SIDE")
        }
    }

    func run() async throws {
        let settings = try settings()
        if printConfig {
            try settings.check()
            return Terminal.write(ServiceConfiguration.table(limits.texts(settings.limits)))
        }
        address.warnings.forEach { log.warn($0) }
        let logger = log.logger
        let service = try PerceptualService(settings, logger: logger, reload: Self.settingsAgain) { try await load() }
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        let path = address.basePath.split(separator: "/").map { "/" + $0 }.joined()
        // Before the port is open, and before weights are fetched for minutes.
        for folder in served.folders { _ = try IndexReader(folder) }
        try await service.run { [log] port in
            if !log.quiet { log.tell("port \(port) is open; metrics are being loaded") }
        } isReady: { [log] port in
            // One line in any case: whoever starts a service has to learn its port.
            log.tell("listening on http://\(host):\(port)\(path)/")
        }
    }

    /// The settings that options, environment and file make.
    func settings() throws -> ServiceSettings {
        var settings = ServiceSettings()
        try address.apply(to: &settings)
        served.apply(to: &settings)
        settings.votingRoom = try voting.room(root: settings.root)
        settings.store = try metrics.model.store.configuration()
        settings.limits.batch = batch.size
        settings.limits.acceptedImages = queue
        limits.apply(to: &settings.limits)
        settings.limits.images = min(settings.limits.images, queue)
        return settings
    }

    /// The same, from the files as they are now. The voting room is not opened a second time.
    private static func settingsAgain() throws -> ServiceSettings {
        let arguments = try ServiceConfiguration.expand(RawArguments.all()).dropFirst()
        var command: Serve
        do { command = try parse(Array(arguments)) } catch {
            throw DreamSimError(.badSetting, "settings", message(for: error))
        }
        command.address.warnings.forEach { command.log.warn($0) }
        (command.voting.triplets, command.voting.votes) = (nil, nil)
        return try command.settings()
    }

    private func load() async throws -> PerceptualService.Metrics {
        let isQuiet = log.quiet || log.isForPrograms
        let loaded = try await metrics.load(quiet: isQuiet).metrics
        var others: [any EmbeddingMetric] = []
        for folder in served.folders {
            let indexed = try IndexReader(folder).settings
            let known = loaded.compactMap { $0 as? any EmbeddingMetric } + others
            if known.contains(where: { $0.stamp.agrees(with: indexed.stamp) }) { continue }
            others.append(
                try await indexed.loadModel(
                    options: indexed.loadingOptions(metrics.model.store.configuration()), quiet: isQuiet))
        }
        let detector = cutout ? try await metrics.model.store.loadDetector(quiet: isQuiet) : nil
        return PerceptualService.Metrics(loaded, others: others, detector: detector)
    }
}
