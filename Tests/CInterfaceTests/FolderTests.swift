import CDreamSim
import DreamSim
import DreamSimC
import Foundation
import ModelTestSupport
import TestSupport
import Testing

@Suite("The C interface: folders")
struct FolderTests {
    /// Writes images and calls a closure with their folder.
    private static func withImages<R>(_ body: (URL) throws -> R) throws -> R {
        try Fixtures.withTemporaryFolder { folder in
            for seed in 1...5 as ClosedRange<UInt64> {
                try TinyModels.image(seed).write(to: folder.appending(path: "\(seed).png"))
            }
            try Data("no image".utf8).write(to: folder.appending(path: "6.png"))
            return try body(folder)
        }
    }

    private static func withPaths<R>(
        _ paths: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) throws -> R
    ) rethrows -> R {
        let copies = paths.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return try copies.map { UnsafePointer($0) }.withUnsafeBufferPointer { try body($0.baseAddress!) }
    }

    @Test("finds the images of a folder")
    func find() throws {
        try Self.withImages { folder in
            var (found, length) = (UnsafeMutablePointer<CChar>?.none, 0)
            try Self.withPaths([folder.path]) { paths in
                try call { dreamsim1_find(paths, 1, #"{"exclude": ["2.png"]}"#, nil, &found, &length, $0) }
            }
            defer { dreamsim1_free(found) }
            let names = UnsafeRawBufferPointer(start: found, count: length).split(separator: 0).map {
                URL(filePath: String(decoding: $0, as: UTF8.self)).lastPathComponent
            }
            #expect(names == ["1.png", "3.png", "4.png", "5.png", "6.png"])
        }
    }

    @Test("opens an index as it was made, and not otherwise")
    func otherwise() throws {
        try Fixtures.withTemporaryFolder { home in
            var index: dreamsim1_index = 0
            let folder = home.appending(path: "index").path
            for options in [#"{"vectors": "float32"}"#, nil, #"{"vectors": "float32"}"#] {
                try call { dreamsim1_index_open(folder, options == nil ? nil : "pdq", options, nil, &index, $0) }
                try call { dreamsim1_index_release(index, $0) }
            }
            for (options, words) in [
                (#"{"vectors": "float16"}"#, "vectors in float32, not float16"),
                (#"{"fit": "pad"}"#, "'fit': is for models, and pdq is none"),
                // What is a model's own when nothing is said is said nevertheless.
                (#"{"fit": "stretch"}"#, "'fit': is for models, and pdq is none"),
                (#"{"precision": "int8"}"#, "'precision': is for models, LPIPS and DISTS, and pdq is none"),
            ] {
                let error = #expect(throws: CallError.self) {
                    try call { dreamsim1_index_open(folder, "pdq", options, nil, &index, $0) }
                }
                #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
                // Without a name the model is the index's own.
                #expect(throws: CallError.self) {
                    try call { dreamsim1_index_open(folder, nil, options, nil, &index, $0) }
                }
            }
        }
    }

    @Test("makes an index, brings it up to date, searches it and finds copies")
    func index() throws {
        try Self.withImages { images in
            try Fixtures.withTemporaryFolder { home in
                try FileManager.default.copyItem(
                    at: images.appending(path: "3.png"), to: images.appending(path: "copy of 3.png"))
                var index: dreamsim1_index = 0
                let folder = home.appending(path: "index").path
                try call { dreamsim1_index_open(folder, "pdq", #"{"vectors": "float32"}"#, nil, &index, $0) }
                var failures: [String] = []
                let report = try withUnsafeMutablePointer(to: &failures) { failures in
                    var listener = dreamsim1_listener(
                        listen: { context, event in
                            if event!.pointee.kind == DREAMSIM1_FAILURE.rawValue {
                                context!.assumingMemoryBound(to: [String].self).pointee.append(
                                    String(cString: event!.pointee.text))
                            }
                            return 0
                        }, context: failures)
                    return try Self.withPaths([images.path]) { paths in
                        try json { dreamsim1_index_update(index, paths, 1, nil, &listener, $0, $1) }
                    } as? [String: Any]
                }
                #expect(report?["images"] as? Int == 6)
                #expect(failures.count == 1 && failures[0].contains("6.png"))
                let found = try TinyModels.image(3).withC { image in
                    try json { dreamsim1_index_search(index, &image, #"{"count": 2}"#, $0, $1) }
                }
                let searches = (found as? [String: Any])?["searches"] as? [[String: Any]]
                let names = (searches?.first?["results"] as? [[String: Any]])?.compactMap {
                    ($0["image"] as? String).map { URL(filePath: $0).lastPathComponent }
                }
                #expect(names == ["3.png", "copy of 3.png"])
                let copies = try json { dreamsim1_index_duplicates(index, nil, nil, $0, $1) } as? [String: Any]
                #expect((copies?["groups"] as? [Any])?.count == 1)
                let said = try json { dreamsim1_index_describe(index, $0, $1) } as? [String: Any]
                #expect(said?["images"] as? Int == 6)
                try call { dreamsim1_index_release(index, $0) }
                #expect(throws: CallError.self) { try json { dreamsim1_index_describe(index, $0, $1) } }
            }
        }
    }

    @Test("exports an index, imports it elsewhere, and stops when asked")
    func exchange() throws {
        try Self.withImages { images in
            try Fixtures.withTemporaryFolder { home in
                let (folder, copy, out) = (
                    home.appending(path: "index").path, home.appending(path: "copy").path,
                    home.appending(path: "out").path
                )
                var (index, count): (dreamsim1_index, Int64) = (0, 0)
                try call { dreamsim1_index_open(folder, "pdq", nil, nil, &index, $0) }
                _ = try Self.withPaths([images.path]) { paths in
                    try json { dreamsim1_index_update(index, paths, 1, nil, nil, $0, $1) }
                }
                var stopping = dreamsim1_listener(listen: { _, _ in 1 }, context: nil)
                let stopped = #expect(throws: CallError.self) {
                    try call { dreamsim1_index_export(index, out, nil, &stopping, &count, $0) }
                }
                #expect(stopped?.code == Int(DREAMSIM1_CANCELLED.rawValue))
                try call { dreamsim1_index_export(index, out, nil, nil, &count, $0) }
                #expect(count == 5)
                let again = #expect(throws: CallError.self) {
                    try call { dreamsim1_index_export(index, out, nil, nil, nil, $0) }
                }
                #expect(again?.message.contains("not empty") == true)
                let report = try json { dreamsim1_index_import(copy, out, nil, nil, $0, $1) } as? [String: Any]
                #expect(report?["images"] as? Int == 5)
                try call { dreamsim1_index_release(index, $0) }
            }
        }
    }

    @Test("evaluates metrics on judgments")
    func evaluate() throws {
        try Self.withImages { folder in
            let table = folder.appending(path: "votes.csv")
            try Data("ref,left,right,vote\n1.png,1.png,2.png,left\n3.png,3.png,4.png,right\n".utf8).write(to: table)
            try withMetric("l1") { metric in
                var metric = metric
                let options = #"{"resamples": 10, "cache": null}"#
                let report = try json {
                    dreamsim1_evaluate(&metric, 1, "triplets", table.path, options, nil, $0, $1)
                }
                let metrics = (report as? [String: Any])?["metrics"] as? [[String: Any]]
                #expect((metrics?.first?["score"] as? [String: Any])?["value"] as? Double == 0.5)
            }
        }
    }

    @Test("lists, and verifies what has no weights")
    func weights() throws {
        let all = try #require(try json { dreamsim1_list(nil, $0, $1) } as? [[String: Any]])
        #expect(all.compactMap { $0["name"] as? String } == MetricCatalog.names)
        #expect(try json { dreamsim1_verify("l1", nil, $0, $1) } as? [[String: String]] == [])
        try call { dreamsim1_pull("l1", #"{"offline": true}"#, nil, $0) }
    }
}
