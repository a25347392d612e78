import DreamSimCheckpoints
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

@Suite("Recognizing formats")
struct FormatTests {
    @Test("the content decides, not the extension")
    func extensionsLie() throws {
        try Fixtures.withTemporaryFolder { folder in
            for (name, format) in [
                ("tiny/dino.safetensors", Checkpoint.Format.safetensors), ("tiny/dino.pth", .torchZip),
                ("tiny/dino_legacy.pth", .torchLegacy), ("checkpoints/version1.npy", .numpyArray),
                ("checkpoints/stored.npz", .numpyArchive), ("checkpoints/nested3.pkl", .pickledArrays),
                ("checkpoints/linear.onnx", .onnx),
            ] {
                for disguise in ["x.png", "x.pth.tar", "x"] {
                    let url = folder.appending(path: "\(format)-\(disguise)")
                    try FileManager.default.copyItem(at: Fixtures.file(name), to: url)
                    let checkpoint = try Checkpoint(contentsOf: url)
                    #expect(checkpoint.format == format)
                    #expect(checkpoint.url == url)
                }
            }
        }
    }

    @Test("files that are often met in the place of a checkpoint get their own advice")
    func strangers() throws {
        var tar = [UInt8](repeating: 0, count: 1024)
        tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
        let cases: [([UInt8], DreamSimError.Kind, String)] = [
            (Array("\n <!DOCTYPE html><title>404".utf8), .malformed, "web page, the download failed"),
            (Array("\u{FEFF}<HTML>".utf8) + [0, 0, 0, 0], .malformed, "web page, the download failed"),
            (Array("version https://git-lfs.github.com/spec/v1".utf8), .malformed, "Git LFS"),
            (tar, .unsupported, "tar file"),
            ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0], .unsupported, "gzip"),
            ([0x80, 9, 0, 0, 0, 0, 0, 0, 0, 0], .unsupported, "protocol 9"),
            ([0x89] + Array("HDF\r\n".utf8) + [0, 0, 0, 0], .unsupported, "HDF5"),
            (Array("an ordinary text, long enough".utf8), .malformed, "no other known format"),
            (ZipBuilder([ZipBuilder.Member("a.txt", [1])]).build(), .unsupported, "unpack it"),
            (ZipBuilder([]).build(), .unsupported, "unpack it"),
            (ZipBuilder([ZipBuilder.Member("data.pkl", [1])]).build(), .malformed, "no folder"),
        ]
        for (bytes, kind, reason) in cases {
            let error = try failure(of: bytes)
            #expect(error.kind == kind && error.reason.contains(reason), "\(error)")
        }
    }

    @Test("a TorchScript archive is refused with the advice to save the state_dict")
    func torchScript() throws {
        let error = try #require(throws: DreamSimError.self) { try fixture("script.pt") }
        #expect(error.kind == .unsupported)
        #expect(error.reason.contains("TorchScript") && error.reason.contains("state_dict"))
    }

    @Test("what is no regular file is unreadable, without waiting for a writer")
    func irregular() throws {
        try Fixtures.withTemporaryFolder { folder in
            let pipe = folder.appending(path: "pipe")
            #expect(mkfifo(pipe.path, 0o600) == 0)
            for url in [folder, pipe, URL(filePath: "/dev/zero"), folder.appending(path: "missing")] {
                let error = try #require(throws: DreamSimError.self) { try Checkpoint(contentsOf: url) }
                #expect(error.kind == .unreadable)
            }
        }
    }

    @Test("errors name the file")
    func path() throws {
        let error = try failure(of: [1])
        #expect(error.subject.hasSuffix("weights.bin"))
        #expect("\(error)".contains("weights.bin"))
    }
}
