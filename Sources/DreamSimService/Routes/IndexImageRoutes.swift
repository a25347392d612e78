import DreamSimRetrieval
import Foundation
import HTTPTypes
import Hummingbird

/// The images of an index: to page through, to add, to remove.
enum IndexImageRoutes {
    static let all: [Route] = [
        Route(
            method: .get, path: "/v1/indexes/{name}/images", summary: "List the files of an index, page by page.",
            tag: "Index",
            parameters: [
                IndexRoutes.name,
                Parameter(
                    name: "after", kind: .integer(0...Int(Int32.max)),
                    summary: "The number of the file that the page comes after, as the one before says in next.",
                    standard: 0),
                Parameter(
                    name: "limit", kind: .integer(1...1000), summary: "The number of files of a page.", standard: 100),
            ],
            answers: [
                .json(
                    Schema.object(["images": Schema.array(shape), "next?": Schema.integer]),
                    "The files, in the order in which they came into the index; next is missing in the last page.")
            ],
            problems: IndexRoutes.problems, handle: list),
        Route(
            method: .post, path: "/v1/indexes/{name}/images",
            summary: "Add images to an index. They are kept, and on the disk when the answer comes.", tag: "Index",
            parameters: [IndexRoutes.name],
            images: [Route.ImageField(name: "image", count: 1...128, summary: "The images.")],
            answers: [
                .json(
                    Schema.object([
                        "images": Schema.array(shape), "failures": Schema.array(Schema.reference("failure")),
                    ]),
                    "The files that are in the index now; images that cannot be used are named apart. When none can be, the answer is a problem."
                )
            ],
            problems: IndexRoutes.problems + [.readOnly], handle: add),
        Route(
            method: .delete, path: "/v1/indexes/{name}/images/{id}",
            summary: "Remove a file from an index, and from the disk if it was added by a request.", tag: "Index",
            parameters: [
                IndexRoutes.name,
                Parameter(
                    name: "id", kind: .integer(1...Int(Int32.max)), summary: "The file's number.", isInPath: true),
            ],
            answers: [.json(Schema.object(["removed": Schema.integer]), "The number of the file that is gone.")],
            problems: IndexRoutes.problems + [.readOnly], handle: remove),
    ]

    private static let shape = Schema.object([
        "id": Schema.integer, "image": Schema.string, "bytes": Schema.integer, "modified": Schema.string,
        "width?": Schema.integer, "height?": Schema.integer, "format?": Schema.string, "thumbnail?": Schema.string,
        "error?": Schema.string,
    ])

    private struct Entry: Encodable {
        let id: Int64
        let image: ImagePath
        let bytes: Int64
        let modified: String
        let width, height: Int?
        let format, thumbnail, error: String?

        init(_ file: IndexedFile, _ shown: ShownPaths, _ call: Call) {
            (id, image, bytes) = (file.id, shown(file.path), file.size)
            modified = file.modified.formatted(.iso8601)
            (width, height, format) = (file.content?.width, file.content?.height, file.content?.format)
            thumbnail = file.content == nil ? nil : IndexRoutes.thumbnail(of: file.id, call)
            error = file.error
        }
    }

    private static func list(_ call: Call) async throws -> Response {
        struct Page: Encodable {
            let images: [Entry]
            let next: Int64?
        }
        let (engine, index) = (try call.core.engine(), try IndexRoutes.index(call))
        let (after, limit) = (call.integer("after") ?? 0, call.integer("limit") ?? 100)
        let settings = call.core.settings
        return try await engine.searches.run(for: call.client) {
            let reader = try index.reader()
            let files = try reader.files(after: Int64(after), limit: limit + 1)
            let shown = try ShownPaths(reader, settings)
            return try .json(
                Page(
                    images: files.prefix(limit).map { Entry($0, shown, call) },
                    next: files.count > limit ? files[limit - 1].id : nil))
        }
    }

    // MARK: Changing

    /// The index that a call changes, and the folder in which what is added to it is kept.
    /// - Throws: `Problem` where requests change nothing.
    private static func changeable(_ call: Call) throws(Problem) -> (index: ServedIndex, folder: URL) {
        let index = try IndexRoutes.index(call)
        guard let folder = call.core.settings.additions else {
            throw Problem(
                .readOnly, "requests do not change this service's indexes",
                advice: "allow it in the service's settings (allow-changes)")
        }
        return (index, folder.appending(path: index.name).standardizedFileURL)
    }

    private static func add(_ call: Call) async throws -> Response {
        struct Added: Encodable {
            let images: [Entry]
            let failures: [ComparisonReport.Failure]
        }
        let engine = try call.core.engine()
        let (index, folder) = try changeable(call)
        let reader = try await engine.searches.run(for: call.client) { try index.reader() }
        guard let model = engine.model(reader.settings.stamp) else {
            throw Problem(
                .incomparable, "the index was made with \(reader.settings.stamp.model), which is not loaded",
                advice: "start the service with that model")
        }
        let uploads = try await call.uploads()["image"] ?? []
        let admission = try engine.batcher.admit(uploads.count, of: call.client)
        // Decoded once within the service's limits, so that nothing is kept that passes them.
        let prepared = try await engine.prepare(uploads, for: [model], admission)
        let usable = zip(uploads, prepared).map { upload, result in result.map { _ in upload } }
        let (images, failures) = try Problem.usable(usable, of: uploads)
        try engine.reserve([Engine.Demand(model, images: images.count)], admission)
        let additions = IndexAdditions(index, reader.settings, folder)
        let paths = try await index.changes.run {
            let kept = try await engine.images.run(for: call.client) { try additions.keep(images) }
            do {
                try await engine.batcher.perform(admission) { try additions.embed(kept.paths, with: model) }
            } catch {
                additions.discard(kept.new)
                throw error
            }
            return kept.paths
        }
        let settings = call.core.settings
        return try await engine.searches.run(for: call.client) {
            index.refresh()
            let reader = try index.reader()
            let shown = try ShownPaths(reader, settings)
            let files = try paths.compactMap { try reader.file(at: $0) }
            return try .json(Added(images: files.map { Entry($0, shown, call) }, failures: failures))
        }
    }

    private static func remove(_ call: Call) async throws -> Response {
        let engine = try call.core.engine()
        let ((index, folder), id) = (try changeable(call), Int64(call.integer("id") ?? 0))
        return try await index.changes.run {
            try await engine.files.run(for: call.client) {
                index.refresh()
                let reader = try index.reader()
                guard let file = try reader.file(id: id) else {
                    throw Problem(.notFound, "the index has no file of number \(id)")
                }
                try IndexAdditions(index, reader.settings, folder).remove(file)
                return try .json(["removed": id])
            }
        }
    }
}
