import Foundation

/// The files of weights that a model or a metric needs, and where they can be had.
package struct WeightNeeds: Sendable, Hashable {
    /// What needs them.
    package let name: String
    /// The files, as paths inside a weights folder or absolute paths; of each, all that would do, the best first.
    package let files: [[String]]
    /// Where they can be fetched.
    package let sources: [WeightSource]
    /// The license of the weights, as their publishers state it.
    package let license: String

    /// Says what is needed.
    package init(name: String, files: [[String]], sources: [WeightSource], license: String) {
        self.name = name
        self.files = files
        self.sources = sources
        self.license = license
    }

    /// Where each file is.
    /// - Throws: `DreamSimError` with `.weightsMissing`, naming each file that is not there.
    func located(in store: ModelStore) throws(DreamSimError) -> [URL] {
        let found = files.map { alternatives in alternatives.lazy.compactMap { Self.locate($0, in: store) }.first }
        let missing = zip(files, found).filter { $0.1 == nil }.map { $0.0.joined(separator: " or ") }
        guard missing.isEmpty else {
            throw DreamSimError(.weightsMissing, name, "not found: \(missing.joined(separator: ", "))")
        }
        return found.compactMap { $0 }
    }

    /// Where a file is; nil when it is not there.
    static func locate(_ path: String, in store: ModelStore) -> URL? {
        guard path.hasPrefix("/") else { return store.locate(path) }
        return FileManager.default.fileExists(atPath: path) ? URL(filePath: path) : nil
    }

    /// Whether all files are on this machine.
    package func isReady(in store: ModelStore) -> Bool { (try? located(in: store)) != nil }

    /// Whether what was found of a file matters: not when the file is for others, or missing where another one does.
    package func isNeeded(_ result: VerificationResult, in store: ModelStore) -> Bool {
        guard let alternatives = files.first(where: { $0.contains(result.path) }) else { return false }
        return result.outcome != .missing || !alternatives.contains { Self.locate($0, in: store) != nil }
    }

    /// Fetches what is missing.
    /// - Throws: `DreamSimError` with `.weightsMissing`, saying what to fetch by hand and where to put it, when fetching
    ///   is not allowed or fails; `.unreadable` where what lies in a file's place is none.
    package func fetch(
        _ store: ModelStore, report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void = { _ in }
    ) async throws {
        let missing = files.filter { !$0.contains { Self.locate($0, in: store) != nil } }
        for path in missing.joined() { try store.checkPlace(of: path) }
        guard !sources.isEmpty else {
            throw DreamSimError(
                .weightsMissing, name,
                advice(
                    store,
                    because:
                        "there is no known source of \(missing.map { $0.joined(separator: " or ") }.joined(separator: ", "))"
                ))
        }
        do {
            for source in sources {
                if needs(source, store) {
                    try await store.fetch(source) { report(.fetching($0)) }
                } else {
                    store.removeLeftovers(of: source)
                }
            }
        } catch {
            throw DreamSimError(.weightsMissing, name, advice(store, because: "\(error)"))
        }
    }

    /// Whether a source has a file for which nothing that is here would do.
    private func needs(_ source: WeightSource, _ store: ModelStore) -> Bool {
        let offered = Set(source.items.flatMap { item in [item.path] + item.alternatives.map(\.path) })
        return files.contains { alternatives in
            !offered.isDisjoint(with: alternatives)
                && !alternatives.contains { Self.locate($0, in: store) != nil }
        }
    }

    /// What to do when the files are not there: what to fetch, where to put it, and what can be had now.
    func advice(_ store: ModelStore, because reason: String) -> String {
        var lines = ["its weights are not on this machine and could not be fetched: \(reason)"]
        if !sources.isEmpty {
            lines.append("Fetch by hand, and unpack where it is a zip file:")
            lines += sources.map { "    \($0.place)" }
            lines.append("into \(store.weightsFolder.path)")
            lines.append("or into a folder of your own, given as the weights folder. Needed are:")
            lines += files.map { "    \($0.joined(separator: " or "))" }
        }
        let ready = Catalog.ready(in: store)
        lines.append(
            ready.isEmpty
                ? "No model's weights are here yet. 'lite' needs only a Python package index."
                : "Ready to use now: " + ready.map(\.name).joined(separator: ", "))
        return lines.joined(separator: "\n")
    }
}

extension Catalog {
    /// The weights of every model and of every metric that needs some.
    package static var needs: [WeightNeeds] { all.map(\.needs) + MetricCatalog.all.compactMap(\.needs) }

    /// The weights of a model or a metric of that name; nil when there is none, or when it needs none.
    package static func needs(of name: String) -> WeightNeeds? {
        needs.first { $0.name == name }
    }
}
