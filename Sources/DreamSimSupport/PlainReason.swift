import Foundation

extension DecodingError {
    /// Where in the JSON, and what is wrong, in words for people.
    package var plainReason: String {
        func place(_ context: Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
            return path.isEmpty ? "" : "at \(path.drop { $0 == "." }): "
        }
        return switch self {
        case .keyNotFound(let key, let context): place(context) + "'\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            place(context) + context.debugDescription
        @unknown default: "\(self)"
        }
    }
}

extension Error {
    /// Why a file could not be read or written: the system's own words, which Foundation's errors wrap in vaguer ones.
    package var plainReason: String {
        if let error = self as? DecodingError { return error.plainReason }
        if let error = self as? DreamSimError { return error.reason }
        let underlying = (self as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        if let code = underlying.flatMap({ $0.domain == NSPOSIXErrorDomain ? Int32($0.code) : nil }) {
            return String(cString: strerror(code))
        }
        switch (self as? CocoaError)?.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: return String(cString: strerror(ENOENT))
        case .fileReadNoPermission, .fileWriteNoPermission: return String(cString: strerror(EACCES))
        case .fileWriteVolumeReadOnly: return String(cString: strerror(EROFS))
        case .fileWriteOutOfSpace: return String(cString: strerror(ENOSPC))
        default: return localizedDescription
        }
    }
}
