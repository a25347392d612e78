import Foundation

/// How many files the process may still open.
enum OpenFiles {
    /// What waiting, reading an image and an index take at once, and some to spare.
    static let least = 16

    /// Whether so many can be opened, whatever is open already.
    static var suffice: Bool {
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        for _ in 0..<least {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return false }
            opened.append(descriptor)
        }
        return true
    }
}
