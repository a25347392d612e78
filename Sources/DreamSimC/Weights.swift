// The header names and documents these functions.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase

public import CDreamSim
import DreamSim
import Foundation

@c @implementation
public func dreamsim1_list(
    _ options: UnsafePointer<CChar>?, _ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(list, "list")
        let listing = MetricCatalog.listing(in: ModelStore(try store(options)))
        give(
            try JSON.line(
                listing.map { entry in
                    Listed(
                        name: entry.name, summary: entry.summary, kind: entry.kind, ready: entry.isReady,
                        license: Catalog.needs(of: entry.name)?.license)
                }), place)
    }
}

/// What can be loaded.
private struct Listed: Encodable {
    let name, summary: String
    let kind: MetricListing.Kind
    let ready: Bool
    /// Of the weights, where there are some.
    let license: String?
}

@c @implementation
public func dreamsim1_pull(
    _ name: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?, _ listener: UnsafePointer<dreamsim1_listener>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let needs = try needs(of: text(name, "name"))
        let (store, listener) = (ModelStore(try store(options)), Listener(listener))
        // Such as ssim's, which has none.
        guard !needs.files.isEmpty else { return }
        try wait(listener) { try await needs.fetch(store) { listener.event($0) } }
        try listener.check()
    }
}

/// What became of a file of weights.
private struct Verified: Encodable {
    let model, file, outcome: String
    let isGood: Bool
    let sha256: String?
}

@c @implementation
public func dreamsim1_verify(
    _ name: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?,
    _ results: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(results, "results")
        let store = ModelStore(try store(options))
        let all =
            name == nil
            ? Catalog.needs.filter { !$0.sources.isEmpty && $0.isReady(in: store) }
            : [try needs(of: text(name, "name"))]
        let found = try all.flatMap { needs in
            try needs.sources.flatMap { try store.verify($0) }.filter { needs.isNeeded($0, in: store) }.map {
                Verified(
                    model: needs.name, file: $0.path, outcome: "\($0.outcome)", isGood: $0.isGood, sha256: $0.sha256)
            }
        }
        give(try JSON.line(found), place)
    }
}

private func store(_ pointer: UnsafePointer<CChar>?) throws -> ModelStore.Configuration {
    var options = try Options(pointer)
    let store = try options.store()
    try options.finish()
    return store
}

private func needs(of name: String) throws -> WeightNeeds {
    if let needs = Catalog.needs(of: name) { return needs }
    guard MetricCatalog.names.contains(name) else {
        throw badArgument("'\(name)'", "is no model or metric of the catalog; list them")
    }
    return WeightNeeds(name: name, files: [], sources: [], license: "")
}
