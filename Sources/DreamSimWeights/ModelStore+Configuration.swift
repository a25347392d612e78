public import Foundation

extension ModelStore {
    /// Where files are kept and how they are fetched.
    public struct Configuration: Sendable {
        /// The folder of everything that is kept: `DREAMSIM_HOME`, else `$XDG_CACHE_HOME/dreamsim`, else `~/.cache/dreamsim`.
        public var home: URL
        /// A folder of the user's own weights, laid out as the reference's `cache_dir`; searched first, never written.
        public var weightsFolder: URL?
        /// Whether the network is out of bounds: `DREAMSIM_OFFLINE=1`.
        public var isOffline = false
        /// A base address to take files from instead of their own: `DREAMSIM_MIRROR`. `base/name` is asked for, where the
        /// name is the last component of the original address. https, or http on this machine itself.
        public var mirror: URL?
        /// The Python with pip: `DREAMSIM_PYTHON`, else `python3`.
        public var python = "python3"
        /// How long nothing may arrive before a download counts as stalled.
        public var stallTimeout: Duration = .seconds(60)
        /// How often a download is tried after a passing fault.
        public var attempts = 4
        /// The pause before the second attempt; it doubles each time.
        public var retryDelay: Duration = .seconds(1)
        /// The proxy for https, and the hosts it is not for: `HTTPS_PROXY`, `NO_PROXY`.
        package var proxy = ProxySettings()
        /// A file of trusted certificates: `SSL_CERT_FILE`.
        package var certificates: String?
        /// How the disk is written; tests put faults here.
        package var disk = Disk.system

        /// Everything in one folder, no mirror, no proxy.
        public init(home: URL, weightsFolder: URL? = nil) {
            self.home = home
            self.weightsFolder = weightsFolder
        }

        /// The settings of the environment's variables; empty ones count as absent.
        /// - Throws: `.configuration` for a mirror or a proxy that cannot be used, or an unclear `DREAMSIM_OFFLINE`.
        public static func fromEnvironment(
            _ environment: [String: String] = ProcessInfo.processInfo.environment
        ) throws(DreamSimError) -> Configuration {
            func value(_ names: String...) -> String? {
                names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
            }
            let home: URL
            if let path = value("DREAMSIM_HOME") {
                home = URL(filePath: path)
            } else if let path = value("XDG_CACHE_HOME"), path.hasPrefix("/") {
                home = URL(filePath: path).appending(path: "dreamsim")
            } else {
                let user = value("HOME").map { URL(filePath: $0) } ?? URL(filePath: NSHomeDirectory())
                home = user.appending(path: ".cache/dreamsim")
            }
            var configuration = Configuration(home: home.absoluteURL)
            switch value("DREAMSIM_OFFLINE")?.lowercased() {
            case nil, "0", "false", "no": break
            case "1", "true", "yes": configuration.isOffline = true
            case let other?:
                throw DreamSimError(.badSetting, "DREAMSIM_OFFLINE", "'\(other)' is neither 1 nor 0")
            }
            if let text = value("DREAMSIM_MIRROR") {
                guard let url = URL(string: text), RemotePolicy.isAllowed(url) else {
                    throw DreamSimError(
                        .badSetting, "DREAMSIM_MIRROR",
                        "'\(text)' cannot be used: give https://host/folder (http only for this machine itself)")
                }
                configuration.mirror = url
            }
            configuration.python = value("DREAMSIM_PYTHON") ?? configuration.python
            configuration.proxy = try ProxySettings(
                proxy: value("https_proxy", "HTTPS_PROXY"), exceptions: value("no_proxy", "NO_PROXY"))
            configuration.certificates = value("SSL_CERT_FILE")
            return configuration
        }
    }
}
