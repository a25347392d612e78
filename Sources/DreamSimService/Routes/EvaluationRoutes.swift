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
            problems: [.notFound, .loading], handle: list),
        Route(
            method: .get, path: "/v1/evaluations/{name}",
            summary: "One report, without its single judgments.", tag: "Evaluations",
            parameters: [Parameter(name: "name", kind: .text, summary: "The report's name.", isInPath: true)],
            answers: [.json(Schema.anything, "The report as it was written.")],
            problems: [.notFound, .loading], handle: report),
    ]

    private static let largest = 64 << 20

    private struct Entry: Encodable {
        let name: String
        let bytes: Int
        let modified: String
    }

    private static func folder(_ call: Call) throws(Problem) -> URL {
        guard let folder = call.core.settings.reports else {
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

    private static func list(_ call: Call) async throws -> Response {
        let folder = try folder(call)
        return try await call.core.engine().workers.run {
            try .json(["evaluations": entries(folder).map(\.entry)])
        }
    }

    private static func report(_ call: Call) async throws -> Response {
        let (folder, name) = (try folder(call), call.text("name") ?? "")
        return try await call.core.engine().workers.run {
            guard let found = try entries(folder).first(where: { $0.entry.name == name }) else {
                throw Problem(.notFound, "there is no report '\(name.prefix(200))'")
            }
            guard found.entry.bytes <= largest else {
                throw Problem(.tooLarge, "the report passes the limit of \(largest) bytes")
            }
            guard var report = try JSONSerialization.jsonObject(with: Data(contentsOf: found.url)) as? [String: Any]
            else { throw Problem(.notFound, "'\(name.prefix(200))' is not an evaluation report") }
            report["items"] = nil
            return .bytes(
                Array(try JSONSerialization.data(withJSONObject: report, options: [.sortedKeys])), "application/json")
        }
    }
}
