/// How an index is brought up to date.
public struct IndexingOptions: Sendable {
    /// What is passed over in folders.
    public var finder = ImageFinder.Options()
    /// The number of images that pass the model together, at least 1; results do not depend on it.
    public var batch = 8
    /// Whether files that could not be read before are tried again although they have not changed.
    public var retriesFailures = false
    /// Whether a folder that holds no image any more loses all its entries. Without it they are kept, because the
    /// folder may be the empty place of a disk that is not connected.
    public var emptiesFolders = false

    /// Everything in folders, without retrying.
    public init() {}
}

/// What an update of an index tells on its way.
public enum IndexingEvent: Sendable {
    /// So many of the files that have to be read are done.
    case progress(done: Int, total: Int)
    /// A file cannot be used.
    case failure(ImagePath, reason: String)
    /// Something worth knowing that does not keep the index from being made.
    case note(String)
    /// The update ended; the last event of `ImageIndex.update`.
    case finished(IndexingReport)
}
