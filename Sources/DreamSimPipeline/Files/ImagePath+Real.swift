import Foundation

extension ImagePath {
    /// The path with every symbolic link followed; nil when it leads to nothing.
    package var real: ImagePath? {
        guard let text = realpath(bytes.map { CChar(bitPattern: $0) } + [0], nil) else { return nil }
        defer { free(text) }
        return ImagePath(bytes: Array(UnsafeRawBufferPointer(start: text, count: strlen(text))))
    }
}
