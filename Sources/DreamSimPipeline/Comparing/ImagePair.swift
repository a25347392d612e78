/// Two files to be compared.
public struct ImagePair: Sendable, Hashable {
    /// The first file; the reference, where one is.
    public let a: ImagePath
    /// The second file.
    public let b: ImagePath

    /// Pairs two files.
    public init(_ a: ImagePath, _ b: ImagePath) {
        self.a = a
        self.b = b
    }
}
