import Foundation

/// A file that was read ahead, on any thread.
struct PreparedFile: Sendable {
    enum Result: Sendable {
        /// The index has this content already; with its fingerprint where the index had none.
        case known(row: Int, Fingerprint?)
        /// The preprocessed image, and what is noted about the content.
        case fresh(Image, ImageContent)
        case failed(String)
        /// What was wrong is the process's fault, and not the file's.
        case passed(String)
    }

    let path: ImagePath
    let status: FileStatus
    let result: Result

    /// Reads a file; decodes it when its content is new, or lacks a fingerprint.
    /// - Parameters:
    ///   - decoding: how the file becomes pixels.
    ///   - prepare: prepares the image for the model; takes what errors call it.
    init(
        _ path: ImagePath, _ status: FileStatus, _ decoding: DecodingOptions, _ known: KnownContents,
        prepare: (Image, String) throws -> Image
    ) {
        self.path = path
        self.status = status
        do {
            let bytes = try RegularFile.read(rawPath: path.bytes, byteLimit: decoding.byteLimit)
            let digest = Data(SHA256Digest.bytes(of: bytes))
            let found = try known.find(bytes: digest)
            if let found, found.hasFingerprint {
                result = .known(row: found.row, nil)
                return
            }
            let (image, info) = try Image.decode(bytes, name: "\(path)", options: decoding)
            if let found {
                result = .known(row: found.row, Fingerprint(image))
                return
            }
            result = .fresh(
                try prepare(image, "\(path)"),
                ImageContent(
                    bytes: digest, pixels: image.digest, size: bytes.count, width: image.width, height: image.height,
                    format: info.format, fingerprint: Fingerprint(image)))
        } catch let error as DreamSimError {
            result = error.isResumable ? .passed(error.reason) : .failed(error.reason)
        } catch {
            result = .failed("\(error)")
        }
    }
}

extension Image {
    /// SHA-256 of the width, the height and the pixels.
    var digest: Data {
        var hash = SHA256Digest()
        hash.update("\(width)x\(height)\n".utf8)
        hash.update(pixels)
        return Data(hash.bytes())
    }
}

extension FileStatus {
    /// Looks at a file, links followed; nil when it cannot be looked at.
    init?(_ path: ImagePath) {
        var status = stat()
        guard path.withCString({ stat($0, &status) }) == 0 else { return nil }
        // Times that do not fit are far from any that a camera or a disk knows.
        func nanoseconds(_ time: timespec) -> Int64 {
            Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue &+ Int64(time.tv_nsec)
        }
        self.init(
            size: Int64(status.st_size), modified: nanoseconds(status.modified), changed: nanoseconds(status.changed))
    }
}
