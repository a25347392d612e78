// The header names and documents these functions.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase

public import CDreamSim
import DreamSim
import Foundation

@c @implementation
public func dreamsim1_version() -> UnsafePointer<CChar>? { UnsafePointer(version) }

/// Lives as long as the library.
nonisolated(unsafe) private let version = strdup(Version.current)

@c @implementation
public func dreamsim1_free(_ memory: UnsafeMutableRawPointer?) { free(memory) }

@c @implementation
public func dreamsim1_error_clear(_ error: UnsafeMutablePointer<dreamsim1_error>?) {
    free(error?.pointee.message)
    error?.pointee = dreamsim1_error(code: 0, message: nil)
}

@c @implementation
public func dreamsim1_threads(_ count: Int32) -> Int32 {
    let before = PerceptualModel.threads
    if count > 0 { PerceptualModel.threads = Int(count) }
    return Int32(clamping: before)
}
