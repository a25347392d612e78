import ArgumentParser
import DreamSim
import Foundation

/// The files that options name to be written.
struct OutputFiles {
    /// The extensions of drawings.
    static let drawings = ["png", "jpg", "jpeg"]

    /// The extensions of pages.
    static let pages = ["html", "htm"]

    private let files: [(option: String, path: String, extensions: [String])]

    /// - Parameter files: each option, its file when one is given, and the extensions that it may have; none for any.
    init(_ files: [(option: String, path: String?, extensions: [String])]) {
        self.files = files.compactMap { option, path, extensions in path.map { (option, $0, extensions) } }
    }

    /// Checks that every file has one of its extensions and a folder, before the work and not after it.
    func checkNames() throws {
        for (option, path, extensions) in files
        where !extensions.isEmpty && !extensions.contains(URL(filePath: path).pathExtension.lowercased()) {
            throw ValidationError("\(option) \(path): must end in .\(extensions.joined(separator: " or ."))")
        }
        for (option, path, _) in files {
            let folder = URL(filePath: path).deletingLastPathComponent()
            guard FileManager.default.fileExists(atPath: folder.path) else {
                throw ValidationError("\(option) \(path): there is no folder \(folder.path); make it first")
            }
        }
    }

    /// Refuses to overwrite what is read, or one output with another.
    func check(against inputs: [ImagePath?]) throws {
        let named = inputs.compactMap(\.self).map { ($0.absolute(), "one of the images") }
        var taken = Dictionary(named) { first, _ in first }
        for (option, path, _) in files {
            if let other = taken.updateValue(option, forKey: ImagePath(path).absolute()) {
                throw ValidationError("\(option) \(path) would overwrite \(other)")
            }
        }
    }

}
