/// How an index is brought up to date.
public struct IndexingOptions: Sendable {
    /// Patterns, one of which a file of a folder must match when there are any, as in `ImageFinder.Options`. Nil: as in the
    /// update before, at first every file.
    ///
    /// The index remembers for each folder which of its files are wanted, and updates of the folder or of one in it follow.
    public var included: [String]?
    /// Patterns that no file or folder may match. Nil: as in the update before, at first none.
    public var excluded: [String]?
    /// Whether links to files and folders are followed. Nil: as in the update before, at first yes.
    public var followsLinks: Bool?
    /// The number of images that pass the model together, at least 1; results do not depend on it.
    public var batch = 8
    /// Whether files that could not be read before are tried again although they have not changed.
    public var retriesFailures = false
    /// Whether every file is read again, also those whose size and times have not changed. What holds the same bytes is not
    /// embedded again, but for embeddings that are damaged.
    public var rereads = false
    /// Whether entries are dropped that are kept without it: those of a folder that is gone or holds no image any more, because
    /// it may be the empty place of a disk that is not connected, and those of files that the patterns leave out.
    public var prunes = false

    /// As in the update before; at first everything in folders.
    public init() {}

    /// Which files are wanted, when this changes what was wanted before; nil when it changes nothing.
    func selection(before: ImageFinder.Options) -> ImageFinder.Options? {
        guard included != nil || excluded != nil || followsLinks != nil else { return nil }
        var selection = before
        selection.included = included ?? before.included
        selection.excluded = excluded ?? before.excluded
        selection.followsLinks = followsLinks ?? before.followsLinks
        return selection
    }
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
