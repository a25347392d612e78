import DreamSimCheckpoints
import Foundation

/// An export that is read piece by piece: entries with their vectors.
struct InterchangeSource {
    let stamp: InterchangeStamp
    private let next: () throws -> (entry: InterchangeEntry, vector: [Float])?

    /// The next entry; nil at the end.
    func read() throws -> (entry: InterchangeEntry, vector: [Float])? { try next() }

    /// Opens an export.
    /// - Parameters:
    ///   - url: a folder or a file.
    ///   - format: its layout; nil to tell it by the name.
    ///   - given: what the vectors are, when the export does not say it, or says it wrongly.
    /// - Throws: `DreamSimError`: `.badRequest` for a layout that cannot be told, `.missing` without a stamp, `.unreadable`,
    ///   `.damaged`.
    init(_ url: URL, format: InterchangeFormat?, stamp given: InterchangeStamp?) throws {
        switch try format ?? Self.format(of: url) {
        case .npy: (stamp, next) = try Self.numpy(url, given)
        case .safetensors: (stamp, next) = try Self.safetensors(url, given)
        case .csv: (stamp, next) = try Self.csv(url, given)
        case .ndjson: (stamp, next) = try Self.lines(url, given)
        }
    }

    private typealias Reading = () throws -> (entry: InterchangeEntry, vector: [Float])?

    private static func format(of url: URL) throws -> InterchangeFormat {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw DreamSimError(.missing, url.path, "is not there")
        }
        if isFolder.boolValue { return .npy }
        guard let format = InterchangeFormat(rawValue: url.pathExtension.lowercased()), format != .npy else {
            throw DreamSimError(
                .badRequest, url.path,
                "is not a folder of .npy files and does not end in .safetensors, .csv or .ndjson; state its format"
                    + (url.pathExtension == "parquet" ? "; Parquet is not read: convert it to NDJSON" : ""))
        }
        return format
    }

    private static func numpy(_ url: URL, _ given: InterchangeStamp?) throws -> (InterchangeStamp, Reading) {
        let stamp = try given ?? InterchangeStamp(contentsOf: url.appending(path: InterchangeFiles.stampName))
        let folder = url.appending(path: "img_emb")
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
            .filter { $0.hasPrefix("img_emb_") && $0.hasSuffix(".npy") }
        guard !names.isEmpty else {
            throw DreamSimError(
                .missing, folder.path, "holds no img_emb_0.npy; is it an export, or a clip-retrieval folder?")
        }
        // 0, 1 … 10, not 0, 1, 10.
        let pieces = names.compactMap { Int($0.dropFirst(8).dropLast(4)) }.sorted()
        var left = pieces[...]
        var current: Reading?
        return (
            stamp,
            {
                while true {
                    if let found = try current?() { return found }
                    guard let piece = left.popFirst() else { return nil }
                    let lines = url.appending(path: "metadata/metadata_\(piece).ndjson")
                    let parquet = url.appending(path: "metadata/metadata_\(piece).parquet")
                    if !FileManager.default.fileExists(atPath: lines.path),
                        FileManager.default.fileExists(atPath: parquet.path)
                    {
                        throw DreamSimError(
                            .unreadable, parquet.path,
                            "Parquet is not read; convert it: pandas.read_parquet(…).to_json('metadata_\(piece).ndjson', "
                                + "orient='records', lines=True)")
                    }
                    let array = folder.appending(path: "img_emb_\(piece).npy")
                    current = try matrix(array, tensor: nil, metadata: lines, width: stamp.width).next
                }
            }
        )
    }

    private static func safetensors(_ url: URL, _ given: InterchangeStamp?) throws -> (InterchangeStamp, Reading) {
        let metadata = try Checkpoint(contentsOf: url).metadata
        guard
            let stamp = try given
                ?? metadata[InterchangeFiles.stampKey].map({ try InterchangeStamp(Data($0.utf8), path: url.path) })
        else {
            throw DreamSimError(
                .missing, url.path,
                "does not say what made its vectors, and they are only imported with that: name an exported stamp, or the model"
            )
        }
        let (next, rows) = try matrix(
            url, tensor: InterchangeFiles.tensor, metadata: InterchangeFiles.metadata(besideSafetensors: url),
            width: stamp.width)
        guard stamp.rows == nil || given != nil || stamp.rows == rows else {
            throw DreamSimError(.damaged, url.path, "holds \(rows) vectors where it says \(stamp.rows ?? 0)")
        }
        return (stamp, next)
    }

    /// Rows of a matrix beside lines of JSON.
    private static func matrix(
        _ url: URL, tensor name: String?, metadata: URL, width: Int
    ) throws -> (next: Reading, rows: Int) {
        let checkpoint = try Checkpoint(contentsOf: url)
        guard let stored = checkpoint[name ?? checkpoint.names.first ?? ""] else {
            throw DreamSimError(.unreadable, url.path, "holds no tensor '\(name ?? "array")'")
        }
        guard stored.shape.rank == 2, stored.shape[1] == width else {
            throw DreamSimError(
                .incompatible, url.path, "holds vectors of shape \(stored.shape), where they should be [rows, \(width)]"
            )
        }
        guard [.float16, .float32].contains(stored.elementType) else {
            throw DreamSimError(
                .unreadable, url.path, "holds \(stored.elementType.rawValue); save the vectors as float16 or float32")
        }
        // Windows on the file where it holds the numbers as they are wanted, which writers see to.
        let half = stored.half
        let single = half == nil ? try stored.load() : nil
        let lines = try RecordFile(metadata)
        var row = 0
        return (
            {
                let line = try lines.next()
                guard row < stored.shape[0] else {
                    guard line == nil else {
                        throw DreamSimError(
                            .damaged, metadata.path, "has more lines than \(url.path) has vectors, \(row)")
                    }
                    return nil
                }
                guard let line else {
                    throw DreamSimError(
                        .damaged, metadata.path,
                        "has \(row) lines where \(url.path) has \(stored.shape[0]) vectors; export the index again")
                }
                let range = (row * width)..<((row + 1) * width)
                row += 1
                let vector =
                    half?.withUnsafeBufferPointer { $0[range].map { HalfRounding.widen($0) } }
                    ?? single?.withUnsafeBufferPointer { Array($0[range]) } ?? []
                return (try entry(line, lines), vector)
            }, stored.shape[0]
        )
    }

    private static func csv(_ url: URL, _ given: InterchangeStamp?) throws -> (InterchangeStamp, Reading) {
        let stamp = try given ?? InterchangeStamp(contentsOf: InterchangeFiles.stamp(beside: url))
        let records = try RecordFile(url)
        let names = try records.nextFields() ?? []
        let first = InterchangeEntry.CodingKeys.allCases.count
        let expected = InterchangeEntry.CodingKeys.allCases.map(\.rawValue) + (0..<stamp.width).map { "v\($0)" }
        guard names == expected else {
            throw DreamSimError(
                .damaged, url.path,
                "does not begin with the columns \(expected.prefix(first).joined(separator: ",")),v0 … v\(stamp.width - 1)"
            )
        }
        return (
            stamp,
            {
                guard let fields = try records.nextFields() else { return nil }
                func damaged(_ what: String) -> DreamSimError {
                    DreamSimError(.damaged, url.path, "line \(records.line): \(what)")
                }
                guard fields.count == expected.count else {
                    throw damaged("\(fields.count) fields where there should be \(expected.count)")
                }
                let vector = fields[first...].compactMap { Float($0) }
                guard vector.count == stamp.width else { throw damaged("a field of the vector is not a number") }
                func integer<I: FixedWidthInteger>(_ index: Int) -> I? { I(fields[index]) }
                func text(_ index: Int) -> String? { fields[index].isEmpty ? nil : fields[index] }
                return (
                    InterchangeEntry(
                        imagePath: fields[0], sha256: text(1), pixelsSHA256: text(2), fileSize: integer(3),
                        modified: integer(4), changed: integer(5), width: integer(6), height: integer(7),
                        format: text(8), crc32: integer(9)), vector
                )
            }
        )
    }

    private static func lines(_ url: URL, _ given: InterchangeStamp?) throws -> (InterchangeStamp, Reading) {
        struct Vector: Decodable { var vector: [Float] }
        let stamp = try given ?? InterchangeStamp(contentsOf: InterchangeFiles.stamp(beside: url))
        let lines = try RecordFile(url)
        return (
            stamp,
            {
                guard let line = try lines.next() else { return nil }
                guard let vector = try? JSONDecoder().decode(Vector.self, from: Data(line)).vector,
                    vector.count == stamp.width
                else {
                    throw DreamSimError(
                        .damaged, url.path, "line \(lines.line): no \"vector\" of \(stamp.width) numbers")
                }
                return (try entry(line, lines), vector)
            }
        )
    }

    private static func entry(_ line: [UInt8], _ lines: RecordFile) throws -> InterchangeEntry {
        guard let entry = try? InterchangeEntry(line: line) else {
            throw DreamSimError(.damaged, lines.url.path, "line \(lines.line): no JSON with an \"image_path\"")
        }
        return entry
    }
}
