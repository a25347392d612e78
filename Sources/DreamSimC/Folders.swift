// The header names and documents these functions.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase

public import CDreamSim
import DreamSim
import DreamSimEvaluation
import Foundation

@c @implementation
public func dreamsim1_find(
    _ paths: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int, _ options: UnsafePointer<CChar>?,
    _ listener: UnsafePointer<dreamsim1_listener>?, _ found: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ length: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let places = (try required(found, "found"), try required(length, "length"))
        let roots = try DreamSimC.paths(paths, count)
        let listener = Listener(listener)
        var options = try Options(options)
        var finder = ImageFinder.Options()
        finder.included = try options.texts("include") ?? []
        finder.excluded = try options.texts("exclude") ?? []
        finder.followsLinks = try options.boolean("followLinks") ?? finder.followsLinks
        try options.finish()
        let files = ImageFinder.expand(roots, options: finder) { listener.failure("\($0): \($1)") }
        let bytes: [UInt8] = files.flatMap { $0.bytes + [0] }
        guard let copy = malloc(max(1, bytes.count)) else {
            throw DreamSimError(.limitExceeded, "paths", "do not fit the memory")
        }
        bytes.withUnsafeBytes { if let base = $0.baseAddress { copy.copyMemory(from: base, byteCount: $0.count) } }
        (places.0.pointee, places.1.pointee) = (copy.assumingMemoryBound(to: CChar.self), bytes.count)
    }
}

/// The data sets of judgments, by the names that the command has for them.
private enum Layout: String, CaseIterable {
    case nights, bapps, jnd, things, triplets
}

@c @implementation
public func dreamsim1_evaluate(
    _ metrics: UnsafePointer<dreamsim1_metric>?, _ count: Int, _ layout: UnsafePointer<CChar>?,
    _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?, _ listener: UnsafePointer<dreamsim1_listener>?,
    _ report: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(report, "report")
        guard count > 0 else { throw badArgument("metrics", "are none; load one") }
        let handles = try required(metrics, "metrics")
        let loaded = try (0..<count).map { try DreamSimC.metrics.value(handles[$0]) }
        let name = try text(layout, "layout")
        guard let layout = Layout(rawValue: name) else {
            let known = Layout.allCases.map(\.rawValue).joined(separator: ", ")
            throw badArgument("layout '\(name)'", "is unknown; known are \(known)")
        }
        let root = try DreamSimC.paths([try required(path, "path")], 1)[0]
        let listener = Listener(listener)
        var options = try Options(options)
        let set = try dataSet(layout, root, &options)
        var settings = EvaluationSettings(decoding: loaded[0].decoding)
        settings.isStrict = try options.boolean("strict") ?? false
        settings.bootstrap.resamples = try options.count("resamples", in: 1...1_000_000) ?? 2000
        settings.bootstrap.seed = UInt64(try options.count("seed", in: 0...Int.max) ?? 1)
        settings.cache = try options.url("cache")
        try options.finish()
        let result = try Evaluator.evaluate(set, with: loaded.map { try $0.metric() }, settings: settings) { state in
            listener.progress(state.done, of: state.total, "\(state.unit) (\(state.what))")
            try listener.check()
        }
        try give(json: result, place)
    }
}

private func dataSet(_ layout: Layout, _ root: ImagePath, _ options: inout Options) throws -> JudgedSet {
    let name = try options.text("name")
    switch layout {
    case .nights:
        let split = try options.choice("split", JudgedSet.NightsSplit.self) ?? .test
        let votes = try options.count("minVotes", in: 0...1_000_000) ?? 6
        return try .nights(root, split: split, minimumVotes: votes, name: name)
    case .bapps: return try .bapps(root, name: name)
    case .jnd: return try .jnd(root, name: name)
    case .things: return try .things(root, images: options.text("images").map { ImagePath($0) }, name: name)
    case .triplets: return try .triplets(root, split: options.text("split"), name: name)
    }
}
