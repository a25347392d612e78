/// Images in folders by class: the name of each folder below one is the class of the images in it.
public struct LabeledImages: Sendable {
    /// The classes, in the order of their folders' names.
    public let classes: [String]
    /// The images, class by class.
    public let images: [ImagePath]
    /// For each image the place of its class.
    public let labels: [Int]
    /// What was passed over, such as images beside the classes' folders.
    public let notes: [String]

    /// Finds the images of classes.
    /// - Parameter unreadable: called with each folder that cannot be listed, and the reason.
    /// - Throws: `DreamSimError`: `.unreadable` for what is no folder; `.empty` where fewer than two classes have images.
    public init(
        in folder: ImagePath, unreadable: (ImagePath, String) -> Void = { _, _ in }
    ) throws(DreamSimError) {
        guard ImageFinder.isFolder(folder) else {
            throw DreamSimError(.unreadable, "\(folder)", "is no folder; give one that has a folder for each class")
        }
        let root = folder.withoutTrailingSlashes
        let depth = root.bytes.count + 1
        var (names, places): ([String], [[UInt8]: Int]) = ([], [:])
        var (images, labels, beside): ([ImagePath], [Int], Int) = ([], [], 0)
        for path in ImageFinder.expand([root], unreadable: unreadable) {
            let below = path.bytes.dropFirst(depth)
            guard let slash = below.firstIndex(of: UInt8(ascii: "/")) else {
                beside += 1
                continue
            }
            let name = Array(below[..<slash])
            if places[name] == nil {
                places[name] = names.count
                names.append(ImagePath(bytes: name).description)
            }
            images.append(path)
            labels.append(places[name] ?? 0)
        }
        guard names.count > 1 else {
            throw DreamSimError(
                .empty, "\(folder)",
                "has images of \(names.count) \(names.count == 1 ? "class" : "classes") and \(beside) beside them; "
                    + "there must be a folder for each of at least two classes")
        }
        (classes, self.images, self.labels) = (names, images, labels)
        notes = beside > 0 ? ["\(folder): \(beside) images lie in no class's folder, and are left out"] : []
    }
}

extension LabeledImages {
    /// The classes of images that were embedded, as places among names.
    package func labels(of vectors: SetVectors, among names: [String]) -> [Int] {
        let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
        let known = Dictionary(zip(images, labels)) { first, _ in first }
        return vectors.images.map { image in known[image].flatMap { places[classes[$0]] } ?? 0 }
    }
}
