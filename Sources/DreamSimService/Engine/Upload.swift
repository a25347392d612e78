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

    /// Decodes it; blocks, so that it belongs on the engine's `images`.
    /// - Parameter limits: the service's own. They do not change what an embedding is, whose stamp keeps the others.
    /// - Throws: `DreamSimError`.
    func decode(_ options: DecodingOptions, within limits: ServiceLimits) throws -> (image: Image, info: ImageInfo) {
        var options = options
        options.pixelLimit = min(options.pixelLimit, limits.pixels)
        options.byteLimit = min(options.byteLimit, max(limits.bodyBytes, 1 << 20))
        switch source {
        case .bytes(let bytes):
            return try Image.decode(bytes, name: name, options: options)
        case .file(let path):
            do {
                return try Image.decode(contentsOfFile: path.bytes, options: options)
            } catch {
                // Clients learn the name that they gave, and not where it lies.
                throw DreamSimError(error.kind, name, error.reason)
            }
        }
    }
}
