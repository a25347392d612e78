extension JudgedSet {
    /// Reads odd-one-out judgments as of THINGS: a text file with three names a line, of which people took the third for
    /// the odd one. Source: Hebart et al. 2020.
    ///
    /// Names stand apart by spaces, tabs or commas; a name without extension is looked for as .png, .jpg and .jpeg.
    /// - Parameters:
    ///   - list: the text file.
    ///   - folder: the folder of the images; the list's own when nil.
    ///   - name: what the set is called; the list's name when nil.
    /// - Throws: `DreamSimError`, naming the line.
    public static func things(
        _ list: ImagePath, images folder: ImagePath? = nil, name: String? = nil
    ) throws(DreamSimError) -> JudgedSet {
        let bytes: [UInt8]
        do {
            bytes = try RegularFile.read(rawPath: list.bytes, byteLimit: 1 << 30)
        } catch {
            throw DreamSimError(.unreadable, "\(list)", "\((error as DreamSimError).reason)")
        }
        let folder = folder?.withoutTrailingSlashes ?? list.parent
        var found: [String: ImagePath] = [:]
        func image(_ name: String) -> ImagePath {
            if let known = found[name] { return known }
            let path = folder.resolving(ImagePath(name))
            let candidates = [path] + [".png", ".jpg", ".jpeg"].map { ImagePath(bytes: path.bytes + Array($0.utf8)) }
            let result = candidates.first { FileKey($0) != nil } ?? path
            found[name] = result
            return result
        }
        var items: [JudgedItem] = []
        for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            let text = ImagePath.text(line)
            let separators = text.contains(",") ? ",\r" : text.contains("\t") ? "\t\r" : " \r"
            let names = text.split { separators.contains($0) }.map { String($0).trimming() }
            if names.isEmpty { continue }
            guard names.count == 3 else {
                throw DreamSimError(
                    .malformed, "\(list)", line: index + 1, "holds \(names.count) names; three are needed")
            }
            items.append(
                JudgedItem(id: "\(index + 1)", images: names.map(image), judgment: .thirdIsOdd))
        }
        return try JudgedSet(
            name: name ?? list.stem, layout: "things", root: list, selection: "all lines", task: .oddOneOut,
            items: items)
    }
}
