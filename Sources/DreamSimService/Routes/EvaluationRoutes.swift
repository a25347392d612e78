import Foundation
import Hummingbird

/// Reports of evaluations, as `dreamsim evaluate --output` writes them.
enum EvaluationRoutes {
    static let all: [Route] = [
        Route(
            method: .get, path: "/v1/evaluations", summary: "List the evaluation reports.", tag: "Evaluations",
            answers: [
                .json(
                    Schema.object([
                        "evaluations": Schema.array(
                            Schema.object(["name": Schema.string, "bytes": Schema.integer, "modified": Schema.string]))
                    ]), "The reports, by their names.")
            ],
            problems: [.notFound, .loading, .unavailable], handle: list),
        Route(
            method: .get, path: "/v1/evaluations/{name}",
            summary: "One report, without its single judgments.", tag: "Evaluations",
            parameters: [Parameter(name: "name", kind: .text, summary: "The report's name.", isInPath: true)],
            answers: [.json(Schema.anything, "The report as it was written.")],
            problems: [.notFound, .loading, .unavailable], handle: report),
    ]

    private static let largest = 64 << 20

    private struct Entry: Encodable {
        let name: String
        let bytes: Int
        let modified: String
    }

    private static func folder(_ call: Call) throws(Problem) -> URL {
        guard let folder = call.core.served.reports else {
            throw Problem(.notFound, "the service has no reports", advice: "start it with a folder of reports")
        }
        return folder
    }

    /// The reports of the folder; blocks. Symbolic links are no reports.
    private static func entries(_ folder: URL) throws -> [(entry: Entry, url: URL)] {
        let keys: Set<URLResourceKey> = [.isRegularFileKey, .fileSizeKey, .contentModificationDateKey]
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: Array(keys))
        return files.compactMap { url -> (Entry, URL)? in
            guard url.pathExtension == "json", let values = try? url.resourceValues(forKeys: keys),
                values.isRegularFile == true
            else { return nil }
            let modified = values.contentModificationDate?.formatted(.iso8601) ?? ""
            let name = url.deletingPathExtension().lastPathComponent
            return (Entry(name: name, bytes: values.fileSize ?? 0, modified: modified), url)
        }.sorted { $0.0.name < $1.0.name }
    }

    private static func unfinished(_ name: String) -> String {
        "the report '\(name.prefix(200))' is no whole JSON: it is being written, or was cut short"
    }

    /// Why reports cannot be answered; nil when nothing is to be said. Looks at the ends of files only; blocks.
    static func fault(_ folder: URL) -> String? {
        guard let all = try? entries(folder) else { return "the folder of reports cannot be read" }
        let broken = all.first { found in
            guard let file = try? FileHandle(forReadingFrom: found.url) else { return true }
            defer { try? file.close() }
            try? file.seek(toOffset: UInt64(max(0, found.entry.bytes - 64)))
            let end = (try? file.read(upToCount: 64)) ?? Data()
            return end.last { !UInt8.isSpace($0) } != UInt8(ascii: "}")
        }
        return broken.map { unfinished($0.entry.name) }
    }

    private static func list(_ call: Call) async throws -> Response {
        let folder = try folder(call)
        return try await call.core.engine().files.run {
            do {
                return try .json(["evaluations": entries(folder).map(\.entry)])
            } catch {
                throw Problem.unavailable("the folder of reports", error, in: folder)
            }
        }
    }

    private static func report(_ call: Call) async throws -> Response {
        let (folder, name) = (try folder(call), call.text("name") ?? "")
        return try await call.core.engine().files.run {
            let all: [(entry: Entry, url: URL)]
            do { all = try entries(folder) } catch {
                throw Problem.unavailable("the folder of reports", error, in: folder)
            }
            guard let found = all.first(where: { $0.entry.name == name }) else {
                throw Problem(.notFound, "there is no report '\(name.prefix(200))'")
            }
            guard found.entry.bytes <= largest else {
                throw Problem(.tooLarge, "the report passes the limit of \(largest) bytes")
            }
            let object: Any
            do {
                // Data's own reading never frees what it takes for an empty file.
                object = try JSONSerialization.jsonObject(with: RegularFile.read(found.url, byteLimit: largest))
            } catch {
                throw Problem.passing(.unavailable, unfinished(name), retryAfter: 10)
            }
            guard var report = object as? [String: Any] else {
                throw Problem(.notFound, "'\(name.prefix(200))' is not an evaluation report")
            }
            report["items"] = nil
            return .bytes(
                Array(try JSONSerialization.data(withJSONObject: report, options: [.sortedKeys])), "application/json")
        }
    }
}

extension UInt8 {
    /// Whether JSON passes over it between values.
    fileprivate static func isSpace(_ byte: UInt8) -> Bool { [9, 10, 13, 32].contains(byte) }
}
