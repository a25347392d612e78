extension Mask {
    /// Reads a mask from an image file: white counts, black does not.
    /// - Throws: `DreamSimError` when it cannot be read, and as `init(_:name:)`.
    public init(contentsOf path: ImagePath, options: DecodingOptions = .standard) throws(DreamSimError) {
        try self.init(try Image(contentsOfFile: path.bytes, options: options), name: "\(path)")
    }
}
