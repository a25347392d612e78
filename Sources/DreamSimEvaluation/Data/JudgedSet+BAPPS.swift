import DreamSimCheckpoints
import Foundation

extension JudgedSet {
    /// The kinds of distortion in BAPPS' validation set.
    public static let bappsFolders = ["traditional", "cnn", "superres", "deblur", "color", "frameinterp"]

    /// Reads BAPPS' two-alternative judgments: `val/KIND/{ref,p0,p1}/*.png` and `val/KIND/judge/*.npy`, the share of
    /// people who preferred p1. Source: arXiv 1801.03924.
    /// - Parameters:
    ///   - root: the folder that holds `val`, the folder `val`, or what holds `2afc/val`.
    ///   - name: what the set is called; the folder's name when nil.
    /// - Throws: `DreamSimError`, naming the folder or file.
    public static func bapps(_ root: ImagePath, name: String? = nil) throws(DreamSimError) -> JudgedSet {
        let root = root.withoutTrailingSlashes
        var items: [JudgedItem] = []
        for (kind, folder) in try folders(
            of: root, named: bappsFolders, beside: "judge", prefixes: ["2afc/val", "val"])
        {
            for stem in try stems(folder, "judge") {
                let share = try share(folder.resolving(ImagePath("judge/\(stem).npy")))
                items.append(
                    JudgedItem(
                        id: "\(kind)/\(stem)",
                        images: ["ref", "p0", "p1"].map { folder.resolving(ImagePath("\($0)/\(stem).png")) },
                        judgment: .rightShare(share), labels: [kind]))
            }
        }
        return try JudgedSet(
            name: name ?? root.name, layout: "bapps", root: root, selection: "val, all kinds that are there",
            task: .twoAlternatives, items: items)
    }

    /// Reads BAPPS' just noticeable differences: `jnd/val/{cnn,traditional}/{p0,p1}/*.png` and `same/*.npy`, the share of
    /// people who took both for the same. Source: arXiv 1801.03924.
    /// - Parameters:
    ///   - root: the folder that holds `jnd/val` or `val`, or the folder `val`.
    ///   - name: what the set is called; the folder's name when nil.
    /// - Throws: `DreamSimError`, naming the folder or file.
    public static func jnd(_ root: ImagePath, name: String? = nil) throws(DreamSimError) -> JudgedSet {
        let root = root.withoutTrailingSlashes
        var items: [JudgedItem] = []
        for (kind, folder) in try folders(
            of: root, named: ["traditional", "cnn"], beside: "same", prefixes: ["jnd/val", "val"])
        {
            for stem in try stems(folder, "same") {
                let share = try share(folder.resolving(ImagePath("same/\(stem).npy")))
                items.append(
                    JudgedItem(
                        id: "\(kind)/\(stem)",
                        images: ["p0", "p1"].map { folder.resolving(ImagePath("\($0)/\(stem).png")) },
                        judgment: .sameShare(share), labels: [kind]))
            }
        }
        return try JudgedSet(
            name: name ?? root.name, layout: "jnd", root: root, selection: "val, all kinds that are there",
            task: .sameOrNot, items: items)
    }

    /// The folders of kinds that are there, each of which holds a folder of judgments.
    private static func folders(
        of root: ImagePath, named names: [String], beside judgments: String, prefixes: [String]
    ) throws(DreamSimError) -> [(String, ImagePath)] {
        for base in prefixes.map({ root.resolving(ImagePath($0)) }) + [root] {
            let found = names.map { ($0, base.resolving(ImagePath($0))) }
                .filter { FileKey.isFolder($0.1.resolving(ImagePath(judgments))) }
            if !found.isEmpty { return found }
        }
        throw DreamSimError(
            .unreadable, "\(root)",
            "holds none of the folders \(prefixes.map { "\($0)/{\(names.joined(separator: ","))}/\(judgments)" }.joined(separator: " or "))"
        )
    }

    /// The names, without extension, of the arrays in a folder.
    private static func stems(_ folder: ImagePath, _ judgments: String) throws(DreamSimError) -> [String] {
        let path = folder.resolving(ImagePath(judgments))
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path.exact)
                .filter { $0.hasSuffix(".npy") && !$0.hasPrefix(".") }.map { String($0.dropLast(4)) }.sorted()
        } catch {
            throw DreamSimError(.unreadable, "\(path)", "cannot be listed: \(error.plainReason)")
        }
    }

    /// The only value of a NumPy array, as a share.
    private static func share(_ file: ImagePath) throws(DreamSimError) -> Double {
        let values: [Float]
        do {
            let checkpoint = try Checkpoint(contentsOf: URL(filePath: file.exact))
            values = try checkpoint.tensor(checkpoint.names.first ?? "array").values
        } catch {
            throw DreamSimError(.unreadable, "\(file)", "\((error as DreamSimError).reason)")
        }
        guard values.count == 1, (0...1).contains(values[0]) else {
            throw DreamSimError(
                .badValue, "\(file)", "must hold one share of people, from 0 to 1; it holds \(values.prefix(4))")
        }
        return Double(values[0])
    }
}
