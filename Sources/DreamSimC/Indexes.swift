// The header names and documents these functions.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase

public import CDreamSim
import DreamSim
import DreamSimRetrieval
import Foundation

let indexes = HandleTable<ImageIndex>("index")

@c @implementation
public func dreamsim1_index_open(
    _ folder: UnsafePointer<CChar>?, _ model: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?,
    _ listener: UnsafePointer<dreamsim1_listener>?, _ index: UnsafeMutablePointer<dreamsim1_index>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(index, "index")
        let folder = URL(filePath: try text(folder, "folder"))
        let model = try model.map { try text($0, "model") }
        let listener = Listener(listener)
        var options = try Options(options)
        let vectors = try options.choice("vectors", VectorPrecision.self)
        let loading = try options.loading()
        try options.finish()
        if let model { try options.checkGiven(on: [model]) }
        let opened = try wait(listener) {
            try await ImageIndex.open(at: folder, model: model, precision: vectors, options: loading) {
                listener.event($0)
            }
        }
        try options.checkGiven(on: [opened.model.card.name])
        place.pointee = indexes.add(opened)
    }
}

@c @implementation
public func dreamsim1_index_release(
    _ index: dreamsim1_index, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) { try indexes.release(index) }
}

/// What a program needs to know of an index.
private struct IndexDescription: Encodable {
    let folder, model: String
    let stamp: ModelStamp
    let images: Int
}

@c @implementation
public func dreamsim1_index_describe(
    _ index: dreamsim1_index, _ description: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(description, "description")
        let index = try indexes.value(index)
        try give(
            json: IndexDescription(
                folder: index.folder.path, model: index.model.card.name, stamp: index.model.stamp,
                images: index.count), place)
    }
}

@c @implementation
public func dreamsim1_index_update(
    _ index: dreamsim1_index, _ paths: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int,
    _ options: UnsafePointer<CChar>?, _ listener: UnsafePointer<dreamsim1_listener>?,
    _ report: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(report, "report")
        let index = try indexes.value(index)
        // None: those of the updates before.
        let roots = count == 0 ? [] : try DreamSimC.paths(paths, count)
        let listener = Listener(listener)
        var options = try Options(options)
        var indexing = IndexingOptions()
        indexing.included = try options.texts("include")
        indexing.excluded = try options.texts("exclude")
        indexing.followsLinks = try options.boolean("followLinks")
        indexing.batch = try options.count("batch", in: 1...1024) ?? indexing.batch
        indexing.retriesFailures = try options.boolean("retry") ?? false
        indexing.rereads = try options.boolean("reread") ?? false
        indexing.prunes = try options.boolean("prune") ?? false
        try options.finish()
        let result = try index.update(roots, indexing, isCancelled: { listener.isCancelled }) { event in
            switch event {
            case .progress(let done, let total): listener.progress(done, of: total)
            case .failure(let image, let reason): listener.failure("\(image): \(reason)")
            case .note(let text): listener.note(text)
            case .finished: break
            }
        }
        try listener.check()
        try give(json: result, place)
    }
}

@c @implementation
public func dreamsim1_index_search(
    _ index: dreamsim1_index, _ image: UnsafePointer<dreamsim1_image>?, _ options: UnsafePointer<CChar>?,
    _ report: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(report, "report")
        let index = try indexes.value(index)
        let images = try Images(image, 1, "image")
        var options = try Options(options)
        let count = try options.count("count", in: 1...100_000) ?? 10
        var filter = SearchFilter()
        filter.folders = try options.paths("folders") ?? []
        let method: SearchMethod = try options.boolean("approximate") == true ? .approximate() : .exact
        try options.finish()
        let reader = try IndexReader(index.folder)
        let prepared = try images.prepared(0, for: index.model)
        let query = try SearchQuery(vector: index.model.embed(preprocessed: [prepared])[0].finite().values)
        let hits = try reader.search([query], count: count, filter: filter, method: method)[0]
        let name = images.paths?.first ?? ImagePath("image")
        try give(json: SearchReport(reader, [(name, [], hits)], method: method, failures: []), place)
    }
}

@c @implementation
public func dreamsim1_index_duplicates(
    _ index: dreamsim1_index, _ options: UnsafePointer<CChar>?, _ listener: UnsafePointer<dreamsim1_listener>?,
    _ report: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(report, "report")
        let index = try indexes.value(index)
        let listener = Listener(listener)
        var options = try Options(options)
        let tier = try options.choice("tier", DuplicateTier.self) ?? .reencoded
        let (near, scene) = (
            try options.number("nearDistance", in: 0...2), try options.number("sceneDistance", in: 0...2)
        )
        let rules = try options.texts("keep") ?? []
        let keep = rules.compactMap(KeepRule.init)
        guard keep.count == rules.count else {
            let known = KeepRule.allCases.map(\.rawValue).joined(separator: ", ")
            throw badArgument("option 'keep'", "must be rules of \(known)")
        }
        let folders = try options.paths("folders") ?? []
        let preferred = try options.paths("prefer") ?? []
        try options.finish()
        let reader = try IndexReader(index.folder)
        var wanted = DuplicateOptions(
            tier: tier, thresholds: try reader.duplicateThresholds(for: tier, in: index.store, near: near, scene: scene)
        )
        (wanted.keep, wanted.folders, wanted.preferred) = (keep, folders, preferred)
        let result = try reader.duplicates(wanted) { listener.progress($0, of: $1) }
        try listener.check()
        try give(json: result, place)
    }
}
