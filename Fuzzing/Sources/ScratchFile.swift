import CFuzzer
import DreamSimSupport
import Foundation

@testable import DreamSimCheckpoints

/// A file that each execution fills anew, for readers that take no bytes.
enum ScratchFile {
    /// Below TMPDIR, which Scripts/fuzz.sh makes and removes.
    static let folder: URL = {
        let url = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(getpid())")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }()

    /// Writes a file; one of that name is replaced.
    static func write(_ bytes: some Collection<UInt8>, name: String = "input") -> URL {
        let url = folder.appending(path: name)
        let descriptor = open(url.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0, WholeBytes.append(Array(bytes), to: descriptor) else {
            fatalError("\(url.path): cannot be written: \(String(cString: strerror(errno)))")
        }
        close(descriptor)
        return url
    }
}

extension MappedFile {
    /// Maps bytes for as long as `body` runs. What lies between their end and the end of the page is marked, so that
    /// AddressSanitizer reports a reader that goes there.
    static func with(_ bytes: some Collection<UInt8>, _ body: (MappedFile) throws -> Void) throws {
        let file = try MappedFile(ScratchFile.write(bytes))
        guard let base = file.bytes.baseAddress else { return try body(file) }
        let end = base + file.bytes.count
        let left = (4096 - file.bytes.count % 4096) % 4096
        __asan_poison_memory_region(end, left)
        defer { __asan_unpoison_memory_region(end, left) }
        try body(file)
    }
}
