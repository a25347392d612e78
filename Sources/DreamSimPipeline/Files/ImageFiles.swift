public import Foundation

/// The images of a folder, also those further down, in the order of their names.
public struct ImageFiles: Sendable, RandomAccessCollection {
    private let paths: [ImagePath]

    /// Finds the images in a folder. Hidden files are passed over; links are followed.
    /// - Throws: `DreamSimError` with `.unreadable` for a folder that cannot be listed.
    public init(in folder: URL) throws(DreamSimError) {
        var failure: DreamSimError?
        paths = ImageFinder.expand([ImagePath(folder.path)]) { path, reason in
            failure = failure ?? DreamSimError(.unreadable, "\(path)", reason)
        }
        if let failure { throw failure }
    }

    /// The place of the first image: 0.
    public var startIndex: Int { 0 }
    /// The number of images.
    public var endIndex: Int { paths.count }
    /// The image at a place.
    public subscript(index: Int) -> ImagePath { paths[index] }
}
