import DreamSimCodecs
import DreamSimImages
import DreamSimSupport
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Files are read once and written whole")
struct FileTests {
    static func error(_ body: () throws(DreamSimError) -> Void) -> DreamSimError? {
        do throws(DreamSimError) {
            try body()
            return nil
        } catch { return error }
    }

    @Test("The content tells the format, not the extension") func wrongExtension() throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "image.png")
            try FileManager.default.copyItem(at: Fixtures.file("formats/baseline420.jpg"), to: url)
            let (image, info) = try Image.decode(contentsOf: url)
            #expect(info.format == .jpeg)
            #expect(image == (try Image(contentsOf: Fixtures.file("formats/baseline420.jpg"))))
        }
    }

    @Test(
        "A folder, a device and a missing file are refused by name",
        arguments: [("/tmp", "folder"), ("/dev/zero", "device"), ("/nowhere/x.png", "No such file")])
    func notRegular(path: String, word: String) throws {
        let found = try #require(Self.error { () throws(DreamSimError) in _ = try Image(contentsOfFile: path) })
        #expect(found.kind == .unreadable)
        #expect(found.subject == path)
        #expect(found.reason.contains(word))
    }

    @Test("A pipe without a writer is refused at once", .timeLimit(.minutes(1))) func pipe() throws {
        try Fixtures.withTemporaryFolder { folder in
            let path = folder.appending(path: "pipe.png").path
            try #require(mkfifo(path, 0o600) == 0)
            let found = Self.error { () throws(DreamSimError) in _ = try Image(contentsOfFile: path) }
            #expect(found?.kind == .unreadable)
            #expect(found?.reason.contains("pipe") == true)
        }
    }

    @Test("A web address is refused") func webAddress() throws {
        let url = try #require(URL(string: "https://example.com/a.png"))
        #expect(Self.error { () throws(DreamSimError) in _ = try Image(contentsOf: url) }?.kind == .unreadable)
        #expect(Self.error { () throws(DreamSimError) in _ = try Image(contentsOfFile: "") }?.kind == .unreadable)
        #expect(Self.error { () throws(DreamSimError) in _ = try Image(contentsOfFile: "a\0b") }?.kind == .unreadable)
    }

    @Test("A name that is not UTF-8 is read, as raw bytes and as a URL") func rawName() throws {
        try Fixtures.withTemporaryFolder { folder in
            let name = Array(folder.path.utf8) + Array("/b".utf8) + [0xFF, 0xFE] + Array("d 100%.png".utf8)
            let bytes = try Builders.bytes("formats/tiny.png")
            let file = try #require(fopen(name.map { CChar(bitPattern: $0) } + [0], "w"))
            #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
            fclose(file)
            let expected = try Image(decoding: bytes, name: "tiny")
            #expect(try Image(contentsOfFile: name) == expected)
            let url = try #require(URL(string: "file://" + folder.path + "/b%FF%FEd%20100%25.png"))
            #expect(try Image(contentsOf: url) == expected)
        }
    }

    @Test(
        "Names with spaces, percent signs and letters of every script work",
        arguments: ["a b.png", "100%.png", "50%41.png", "日本 é.png", "#?.png"])
    func oddNames(name: String) throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(component: name)
            let image = Image(width: 3, height: 2, filledWith: RGB(0x123456))
            try image.write(to: url)
            #expect(FileManager.default.fileExists(atPath: folder.path + "/" + name))
            #expect(try Image(contentsOf: url) == image)
            #expect(try Image(contentsOf: URL(filePath: folder.path + "/" + name)) == image)
        }
    }

    @Test("A file that changes while it is read decodes or throws", .timeLimit(.minutes(1))) func changing() throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "busy.png")
            let versions = [try Builders.bytes("formats/rgb.png"), try Builders.bytes("formats/tiny.png")]
            let data = versions.map { Data($0) }
            try data[0].write(to: url)
            let images = try versions.map { try Image(decoding: $0, name: "version") }
            DispatchQueue.concurrentPerform(iterations: 2) { worker in
                for i in 0..<200 {
                    if worker == 0 {
                        try? data[i % 2].write(to: url)
                    } else {
                        let found = Self.error { () throws(DreamSimError) in
                            let image = try Image(contentsOf: url)
                            #expect(images.contains(image))
                        }
                        if let found {
                            #expect([.unreadable, .truncated, .malformed, .unsupported].contains(found.kind))
                        }
                    }
                }
            }
        }
    }

    @Test("PNG keeps every pixel; JPEG comes close") func roundTrip() throws {
        let image = try Image(contentsOf: Fixtures.file("formats/rgb.png"))
        #expect(try Image(decoding: image.pngData(), name: "png") == image)
        let jpeg = try Image(decoding: image.jpegData(quality: 95), name: "jpeg")
        let error = zip(jpeg.pixels, image.pixels).reduce(0.0) { $0 + abs(Double($1.0) - Double($1.1)) }
        #expect(error / Double(image.pixels.count) < 6)
        #expect(try image.jpegData(quality: 20).count < image.jpegData(quality: 90).count)
        #expect(throws: DreamSimError.self) { try image.jpegData(quality: 0) }
    }

    @Test("Writing replaces a file whole and leaves nothing else") func atomicWrite() throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "out.PNG")
            let first = Image(width: 5, height: 4, filledWith: .black)
            let second = Image(width: 2, height: 9, filledWith: RGB(9, 8, 7))
            try first.write(to: url)
            try second.write(to: url)
            #expect(try Image(contentsOf: url) == second)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.PNG"])
        }
    }

    @Test(
        "An unknown extension, a missing folder and a folder in the way are refused",
        arguments: ["a.gif", "a", "missing/a.png", "folder.png"])
    func refusedWrites(name: String) throws {
        try Fixtures.withTemporaryFolder { folder in
            try FileManager.default.createDirectory(
                at: folder.appending(path: "folder.png"), withIntermediateDirectories: false)
            let image = Image(width: 1, height: 1, filledWith: .white)
            let found = try #require(
                Self.error { () throws(DreamSimError) in try image.write(to: folder.appending(component: name)) })
            #expect(found.kind == (name.hasSuffix("png") ? .unwritable : .unsupported))
            #expect(found.subject.contains(folder.lastPathComponent))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["folder.png"])
        }
    }

    @Test("Many threads decode at once with equal results") func threads() throws {
        let paths = ["baseline420.jpg", "rgb.png", "lossy.webp", "rgb.tif", "frame.gif", "rgb.bmp"]
        let expected = try paths.map { try Image(contentsOf: Fixtures.file("formats/\($0)")) }
        DispatchQueue.concurrentPerform(iterations: 60) { i in
            let image = try? Image(contentsOf: Fixtures.file("formats/\(paths[i % paths.count])"))
            #expect(image == expected[i % paths.count])
        }
    }
}
