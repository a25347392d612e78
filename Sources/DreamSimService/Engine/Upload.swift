/// An image of a request.
struct Upload: Sendable {
    /// Where its bytes are.
    enum Source: Sendable {
        /// They came with the request.
        case bytes([UInt8])
        /// They lie in a file below the folder that was allowed.
        case file(ImagePath)
    }

    /// The field of the body that it came in; nil when it is a file of the service's own.
    var field: String?
    /// What answers call it.
    let name: String
    /// Where its bytes are.
    let source: Source
    /// The share of the budget that its bytes take.
    let share: ByteBudget.Share?

    /// Decodes it.
    /// - Throws: `DreamSimError`.
    func decode(_ options: DecodingOptions) throws -> (image: Image, warnings: [String]) {
        switch source {
        case .bytes(let bytes):
            let decoded = try Image.decode(bytes, name: name, options: options)
            return (decoded.image, decoded.info.warnings)
        case .file(let path):
            do {
                let decoded = try Image.decode(contentsOfFile: path.bytes, options: options)
                return (decoded.image, decoded.info.warnings)
            } catch {
                // Clients learn the name that they gave, and not where it lies.
                throw DreamSimError(error.kind, name, error.reason)
            }
        }
    }
}
