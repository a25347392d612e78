/// The images of two folders, paired by their names: the same path inside the folders, whatever the extension.
package struct FolderPairs: Sendable {
    /// The pairs, in the order of the first folder.
    package let pairs: [ImagePair]
    /// The files without a partner: those of the first folder, then those of the second.
    package let unpaired: [Alone]

    /// A file without a partner.
    package struct Alone: Sendable, Hashable {
        /// The file.
        package let image: ImagePath
        /// Whether it is of the first folder.
        package let isOfFirst: Bool
        /// Where a partner is missing, or why it is not clear which it is.
        package let error: String
    }

    /// Pairs the images of two folders, also those further down.
    ///
    /// Of several files of one name, those with the same extension are paired; if just one is then left in each folder,
    /// those two are.
    /// - Parameter unreadable: called with each folder that cannot be listed, and the reason.
    package init(_ a: ImagePath, _ b: ImagePath, unreadable: (ImagePath, String) -> Void) {
        self.init(
            a, ImageFinder.expand([a], unreadable: unreadable), b, ImageFinder.expand([b], unreadable: unreadable))
    }

    init(_ a: ImagePath, _ filesOfA: [ImagePath], _ b: ImagePath, _ filesOfB: [ImagePath]) {
        let others = Dictionary(grouping: filesOfB) { Self.stem($0, in: b) }
        let own = Dictionary(grouping: filesOfA) { Self.stem($0, in: a) }
        var partners: [ImagePath: ImagePath] = [:]
        for (stem, files) in own {
            var left = others[stem] ?? []
            var lonely: [ImagePath] = []
            for file in files {
                let name = Self.relative(file, in: a)
                if let index = left.firstIndex(where: { Self.relative($0, in: b) == name }) {
                    partners[file] = left.remove(at: index)
                } else {
                    lonely.append(file)
                }
            }
            if lonely.count == 1, left.count == 1 { partners[lonely[0]] = left[0] }
        }
        pairs = filesOfA.compactMap { file in partners[file].map { ImagePair(file, $0) } }
        let taken = Set(partners.values)
        func alone(_ file: ImagePath, isOfFirst: Bool) -> Alone {
            let folder = isOfFirst ? b : a
            let possible = (isOfFirst ? others[Self.stem(file, in: a)] : own[Self.stem(file, in: b)]) ?? []
            let names = possible.filter { partners[$0] == nil && !taken.contains($0) }.map(\.name).joined(
                separator: ", ")
            return Alone(
                image: file, isOfFirst: isOfFirst,
                error: names.isEmpty
                    ? "\(file): has no partner in \(folder)"
                    : "\(file): could be paired with \(names) in \(folder), and it is not clear how; give partners the same "
                        + "extension, or list the pairs in a table")
        }
        unpaired =
            filesOfA.filter { partners[$0] == nil }.map { alone($0, isOfFirst: true) }
            + filesOfB.filter { !taken.contains($0) }.map { alone($0, isOfFirst: false) }
    }

    private static func relative(_ file: ImagePath, in folder: ImagePath) -> ArraySlice<UInt8> {
        file.bytes.dropFirst(folder.bytes.count).drop { $0 == UInt8(ascii: "/") }
    }

    /// The path inside the folder without its extension. Two spellings of a letter, as one character or as two, are one.
    private static func stem(_ file: ImagePath, in folder: ImagePath) -> String {
        let name = relative(file, in: folder)
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")),
            dot > (name.lastIndex(of: UInt8(ascii: "/")) ?? name.startIndex - 1) + 1
        else { return ImagePath.text(name) }
        return ImagePath.text(name[..<dot])
    }
}
