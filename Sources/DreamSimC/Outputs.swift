import DreamSim
import Foundation

/// A text to be freed by the caller.
func give(_ text: String, _ place: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) { place.pointee = strdup(text) }

/// An answer to be freed by the caller: JSON, in which paths keep bytes that are not UTF-8.
func give(json value: some Encodable, _ place: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) throws {
    give(try JSON.line(value, userInfo: [ImagePath.keepsBytes: true]), place)
}

/// A pointer that a caller must not leave out.
func required<Pointer>(_ pointer: Pointer?, _ name: String) throws -> Pointer {
    guard let pointer else { throw badArgument(name, "is NULL; give a place for it") }
    return pointer
}

/// A text of the caller's.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws -> String {
    guard let text = String(validatingCString: try required(pointer, name)) else {
        throw badArgument(name, "is not UTF-8")
    }
    return text
}

/// Paths of the caller's, with bytes that are not UTF-8 as they are.
func paths(_ pointers: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int) throws -> [ImagePath] {
    guard count > 0 else { throw badArgument("paths", "are none; name a folder or an image file") }
    let pointers = try required(pointers, "paths")
    return try (0..<count).map { index in
        let path = try required(pointers[index], "path \(index)")
        return ImagePath(bytes: Array(UnsafeRawBufferPointer(start: path, count: strlen(path))))
    }
}
