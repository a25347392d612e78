// The header names and documents these functions.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase

public import CDreamSim
import DreamSim
import DreamSimRetrieval
import Foundation

@c @implementation
public func dreamsim1_index_export(
    _ index: dreamsim1_index, _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?,
    _ listener: UnsafePointer<dreamsim1_listener>?, _ count: UnsafeMutablePointer<Int64>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let index = try indexes.value(index)
        let url = URL(filePath: try text(path, "path"))
        let listener = Listener(listener)
        var options = try Options(options)
        let format = try options.format() ?? .npy
        try options.finish()
        let written = try IndexReader(index.folder).export(to: url, as: format) {
            listener.progress($0, of: $1, "files")
            try listener.check()
        }
        count?.pointee = Int64(written)
    }
}

@c @implementation
public func dreamsim1_index_import(
    _ folder: UnsafePointer<CChar>?, _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?,
    _ listener: UnsafePointer<dreamsim1_listener>?, _ report: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ error: UnsafeMutablePointer<dreamsim1_error>?
) -> Int32 {
    attempt(error) {
        let place = try required(report, "report")
        let folder = URL(filePath: try text(folder, "folder"))
        let url = URL(filePath: try text(path, "path"))
        let listener = Listener(listener)
        var options = try Options(options)
        let format = try options.format()
        let stamp = try options.url("stamp").map { try InterchangeStamp(contentsOf: $0) }
        try options.finish()
        let result = try IndexWriter.importing(url, into: folder, format: format, stamp: stamp) {
            listener.progress($0, of: $1, "files")
            try listener.check()
        }
        for failure in result.failures { listener.failure(failure.error) }
        try give(json: result, place)
    }
}

extension Options {
    fileprivate mutating func format() throws -> InterchangeFormat? { try choice("format", InterchangeFormat.self) }
}
