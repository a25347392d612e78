package import Foundation

/// What exported vectors are: without it they cannot be compared with anything, and are not imported.
package struct InterchangeStamp: Sendable, Codable {
    /// The version of the format.
    var version = 1
    /// What made the vectors.
    package var stamp: ModelStamp
    /// By which name or file the model is found.
    package var source: String
    /// Which feature of it was asked for by name.
    package var feature: String?
    /// The updates that took the place of the model's own.
    package var adapter: TuningFiles?
    /// The head that followed the model.
    package var head: TuningFiles?
    /// The number of components.
    package var width: Int
    /// How the vectors are kept.
    package var precision: VectorPrecision
    /// How many there are; nil when that is not known.
    var rows: Int?
    /// The folders that were indexed, as `ImagePath.text` writes them.
    var roots: [String]?
    /// Which of their files were wanted, where that was said.
    var selections: [String: ImageFinder.Options]?

    /// Describes vectors that are to go into an index with these settings.
    package init(_ settings: IndexSettings) {
        (stamp, source, feature) = (settings.stamp, settings.source, settings.feature)
        (adapter, head) = (settings.adapter, settings.head)
        (width, precision) = (settings.width, settings.precision)
    }

    /// The settings of an index of such vectors.
    package var settings: IndexSettings {
        IndexSettings(
            stamp: stamp, source: source, feature: feature, adapter: adapter, head: head, width: width,
            precision: precision)
    }

    /// Reads a stamp that an export wrote.
    /// - Throws: `DreamSimError` with `.missing`, `.damaged` or `.newerVersion`.
    package init(contentsOf url: URL) throws {
        guard let data = try? RegularFile.read(url, byteLimit: 1 << 20) else {
            throw DreamSimError(
                .missing, url.path,
                "cannot be read; vectors are only imported with what made them: name an exported stamp, or the model")
        }
        self = try Self(data, path: url.path)
    }

    init(_ data: Data, path: String) throws {
        struct Version: Decodable { var version: Int }
        if let found = try? JSONDecoder().decode(Version.self, from: data).version, found > 1 {
            throw DreamSimError(
                .newerVersion, path, "has version \(found) of the format and this program knows 1; use a newer one")
        }
        guard let decoded = try? JSONDecoder().decode(Self.self, from: data), (1...1 << 20).contains(decoded.width)
        else {
            throw DreamSimError(.damaged, path, "is not the stamp of an exported index")
        }
        self = decoded
    }
}

/// What an export says about each vector.
struct InterchangeEntry: Codable, Sendable, Equatable {
    /// The file, as `ImagePath.text` writes it.
    var imagePath: String
    /// SHA-256 of the file and of its pixels, in hexadecimal.
    var sha256, pixelsSHA256: String?
    var fileSize: Int64?
    /// Nanoseconds since 1970.
    var modified, changed: Int64?
    var width, height: Int?
    var format: String?
    /// The CRC-32 of the vector as it is stored.
    var crc32: UInt32?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case imagePath = "image_path"
        case sha256
        case pixelsSHA256 = "pixels_sha256"
        case fileSize = "file_size"
        case modified, changed, width, height, format, crc32
    }

    /// The fields in the order of their keys, for CSV.
    var fields: [String] {
        func text(_ value: (some CustomStringConvertible)?) -> String { value.map { "\($0)" } ?? "" }
        return [
            imagePath, text(sha256), text(pixelsSHA256), text(fileSize), text(modified), text(changed), text(width),
            text(height), text(format), text(crc32),
        ]
    }

    /// Everything that the index keeps about an image; nil when something is missing.
    var details: (content: ImageContent, status: FileStatus)? {
        guard let bytes = sha256.flatMap(Data.init(hexadecimal:)),
            let pixels = pixelsSHA256.flatMap(Data.init(hexadecimal:)),
            bytes.count == 32, pixels.count == 32, let fileSize, fileSize >= 0, let modified, let changed,
            let width, width > 0, let height, height > 0, let format = format.flatMap(ImageFormat.init(rawValue:))
        else { return nil }
        return (
            ImageContent(
                bytes: bytes, pixels: pixels, size: Int(fileSize), width: width, height: height, format: format),
            FileStatus(size: fileSize, modified: modified, changed: changed)
        )
    }
}

extension InterchangeEntry {
    /// Reads a line of JSON; other tools call the path otherwise.
    init(line: [UInt8]) throws {
        struct Path: Decodable {
            var imagePath: String?
            var image: String?
            var path: String?

            enum CodingKeys: String, CodingKey {
                case imagePath = "image_path"
                case image, path
            }
        }
        let decoder = JSONDecoder()
        let data = Data(line)
        if let whole = try? decoder.decode(Self.self, from: data) {
            self = whole
            return
        }
        let paths = try decoder.decode(Path.self, from: data)
        guard let path = paths.imagePath ?? paths.image ?? paths.path else {
            throw DecodingError.valueNotFound(
                String.self, DecodingError.Context(codingPath: [], debugDescription: "no image_path"))
        }
        self.init(imagePath: path)
    }
}
