/// The distinct images of a data set, each with the state of its file.
struct ImageTable: Sendable {
    private(set) var paths: [ImagePath] = []
    /// Nil where the file is not there.
    private(set) var keys: [FileKey?] = []
    private var indices: [ImagePath: Int] = [:]

    /// The place of an image, which is added when it is new.
    mutating func index(of path: ImagePath) -> Int {
        if let known = indices[path] { return known }
        indices[path] = paths.count
        paths.append(path)
        keys.append(FileKey(path))
        return paths.count - 1
    }
}

/// Two images, as places in a `ImageTable`, in the order in which a metric gets them.
struct IndexPair: Hashable, Sendable {
    let a: Int
    let b: Int
}

/// An image and those that it is compared with.
struct Comparison: Sendable {
    let reference: Int
    let others: [Int]
}
