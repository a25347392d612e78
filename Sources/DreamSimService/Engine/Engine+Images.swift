extension Engine {
    /// A file's image for people to look at, upright and over white; blocks.
    /// - Parameters:
    ///   - name: what errors call it.
    ///   - side: the longer side in pixels, at most.
    /// - Throws: `DreamSimError`.
    func image(_ path: ImagePath, named name: String, side: Int) throws -> Image {
        let image: Image
        do {
            image = try decodingMemory.run {
                try Upload(name: name, source: .file(path), share: nil).decode(decoding, within: limits).image
            }
        } catch let error as DreamSimError where [.unreadable, .missing, .fileSystem].contains(error.kind) {
            // Whatever became of a file that was there when the service began: the service itself is well.
            throw Problem(
                .unusableImage, "\(name): \(error.problem)",
                advice: "put the file back or skip it; an index is brought up to date by an update")
        }
        let scale = Double(side) / Double(max(image.width, image.height))
        guard scale < 1 else { return image }
        return image.resized(
            width: max(1, Int((Double(image.width) * scale).rounded())),
            height: max(1, Int((Double(image.height) * scale).rounded())), filter: .bilinear)
    }
}
