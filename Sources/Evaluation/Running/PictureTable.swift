import DreamSim

/// The distinct pictures of a data set, each with the state of its file.
struct PictureTable: Sendable {
    private(set) var paths: [ImagePath] = []
    /// Nil where the file is not there.
    private(set) var keys: [FileKey?] = []
    private var indices: [ImagePath: Int] = [:]

    /// The place of a picture, which is added when it is new.
    mutating func index(of path: ImagePath) -> Int {
        if let known = indices[path] { return known }
        indices[path] = paths.count
        paths.append(path)
        keys.append(FileKey(path))
        return paths.count - 1
    }
}

/// Two pictures, as places in a `PictureTable`, in the order in which a metric gets them.
struct PicturePair: Hashable, Sendable {
    let a: Int
    let b: Int
}

/// A picture and those that it is compared with.
struct Comparison: Sendable {
    let reference: Int
    let others: [Int]
}
