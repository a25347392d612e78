import DreamSimCheckpoints
import Foundation

/// A model on Hugging Face's hub, named `hf:OWNER/NAME@REVISION`. Its files are kept in the weights folder under
/// `hf/OWNER/NAME/REVISION`; what is there once is not asked for again, so that also `main` stays what it was.
package struct HuggingFaceRepository: Hashable, Sendable {
    package let owner: String
    package let name: String
    /// A commit, a tag or a branch.
    package let revision: String

    private static let prefix = "hf:"
    /// Which files a repository has, of which commit.
    private static let listingFile = "repository.json"

    /// Whether a name is meant as one.
    package static func isMeant(_ text: String) -> Bool { text.hasPrefix(prefix) }

    /// Reads a name.
    /// - Throws: `DreamSimError` with `.unknownModel` when it is none.
    package init(_ text: String) throws(DreamSimError) {
        func fault(_ reason: String) -> DreamSimError {
            DreamSimError(.unknownModel, "'\(text)'", reason + "; a repository is named hf:OWNER/NAME@REVISION")
        }
        guard Self.isMeant(text) else { throw fault("does not begin with hf:") }
        let parts = text.dropFirst(Self.prefix.count).split(separator: "@", omittingEmptySubsequences: false)
        let path = parts.first?.split(separator: "/", omittingEmptySubsequences: false).map(String.init) ?? []
        guard path.count == 2, parts.count <= 2 else { throw fault("has not one owner and one name") }
        (owner, name, revision) = (path[0], path[1], parts.count == 2 ? String(parts[1]) : "main")
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
        for part in [owner, name, revision] {
            guard let first = part.first, first != ".", part.count <= 96, part.allSatisfy(allowed.contains) else {
                throw fault("'\(part)' is no name of an owner, a repository or a revision")
            }
        }
    }

    /// The name as it was read.
    package var text: String { "\(Self.prefix)\(owner)/\(name)@\(revision)" }

    private func path(_ file: String) -> String { "hf/\(owner)/\(name)/\(revision)/\(file)" }

    /// What the hub is asked for: `HF_ENDPOINT`, as its own tools have it, or the hub itself.
    private static var endpoint: String {
        let text = ProcessInfo.processInfo.environment["HF_ENDPOINT"] ?? ""
        return text.isEmpty ? "https://huggingface.co" : text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private func source(_ file: String, license: String) throws(DreamSimError) -> WeightSource {
        let address =
            file == Self.listingFile
            ? "\(Self.endpoint)/api/models/\(owner)/\(name)/revision/\(revision)"
            : "\(Self.endpoint)/\(owner)/\(name)/resolve/\(revision)/\(file)"
        guard let url = URL(string: address), RemotePolicy.isAllowed(url) else {
            throw DreamSimError(
                .badSetting, "HF_ENDPOINT",
                "'\(Self.endpoint)' cannot be used: give https://host (http only for this machine)")
        }
        return WeightSource(
            location: .https(url), packaging: .plain, items: [WeightSource.Item(member: nil, path: path(file))],
            license: license, page: "https://huggingface.co/\(owner)/\(name)")
    }

    /// What the hub says of the repository.
    private struct Listing: Decodable {
        struct File: Decodable { let rfilename: String }
        struct Card: Decodable {
            let license: String?
            init(from decoder: any Decoder) throws {
                // Some cards list several.
                let container = try decoder.container(keyedBy: Key.self)
                license = try? container.decodeIfPresent(String.self, forKey: .license)
            }
            private enum Key: CodingKey { case license }
        }
        let siblings: [File]
        let cardData: Card?

        var names: [String] { siblings.map(\.rfilename) }
    }

    private func listing(in store: ModelStore) throws(DreamSimError) -> Listing? {
        guard let url = store.locate(path(Self.listingFile)) else { return nil }
        do {
            return try JSONDecoder().decode(Listing.self, from: RegularFile.read(url, byteLimit: 16 << 20))
        } catch {
            throw DreamSimError(
                .badConfiguration, url.path, "does not say which files \(text) has: \(error.plainReason); remove it")
        }
    }

    /// The model, from the files of the repository that describe it.
    /// - Throws: `DreamSimError` with `.weightsMissing` when they have not been fetched, `.badConfiguration` when they
    ///   describe no transformer of a known family.
    package func description(in store: ModelStore) throws(DreamSimError) -> ModelDescription {
        guard let listing = try listing(in: store), store.locate(path(PretrainedFolder.configurationFile)) != nil else {
            throw DreamSimError(
                .weightsMissing, text, "is not on this machine; fetch it, or give the folder of a copy as the model")
        }
        let folder = PretrainedFolder(name: name, path: path, locate: { store.locate(path($0)) })
        let license = listing.cardData?.license ?? "not stated"
        let described = try folder.description(offered: listing.names, license: license)
        let files = described.parts.flatMap(\.files).flatMap { [$0.path] + ($0.shards ?? []) }
        var sources: [WeightSource] = []
        for file in files { sources.append(try source(String(file.dropFirst(path("").count)), license: license)) }
        return ModelDescription(
            name: name, summary: "\(text), untuned", parts: described.parts, sources: sources, license: license,
            remarks: described.remarks)
    }

    /// Fetches the files that describe the model; its weights are fetched as any model's.
    /// - Throws: `DreamSimError` with `.weightsMissing`, saying what to do by hand.
    package func fetchDescription(
        _ store: ModelStore, report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void = { _ in }
    ) async throws {
        func fetch(_ file: String) async throws {
            guard store.locate(path(file)) == nil else { return }
            do {
                try await store.fetch(try source(file, license: "not stated")) { report(.fetching($0)) }
            } catch {
                throw DreamSimError(
                    .weightsMissing, text,
                    "its description is not on this machine and could not be fetched: \(error)\nWhere the repository asks "
                        + "for an agreement, accept it on https://huggingface.co/\(owner)/\(name), fetch the files there, and "
                        + "give their folder as the model")
            }
        }
        try await fetch(Self.listingFile)
        guard let names = try listing(in: store)?.names else { return }
        for file in [PretrainedFolder.configurationFile, PretrainedFolder.preprocessorFile] where names.contains(file) {
            try await fetch(file)
        }
        let index = PretrainedFolder.weightFiles.first(where: names.contains)
        if let index, index.hasSuffix(ShardIndex.suffix) { try await fetch(index) }
    }
}
