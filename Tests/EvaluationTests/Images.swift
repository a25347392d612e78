import DreamSim
import DreamSimCheckpoints
import DreamSimImages
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport

/// Small images and data sets made of them.
enum Images {
    /// An image of one gray, 16 pixels a side unless said otherwise.
    static func gray(_ level: Int, to url: URL, side: Int = 16) throws {
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        let level = UInt8(level)
        try Image(width: side, height: side, filledWith: RGB(level, level, level)).write(to: url)
    }

    /// Noise, so that no two images are alike.
    static func noise(_ seed: UInt64, to url: URL, side: Int = 32) throws {
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        var random = SeededGenerator(state: seed)
        let pixels = (0..<(side * side * 3)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        try Image(width: side, height: side, pixels: pixels).write(to: url)
    }

    static func text(_ text: String, to url: URL) throws {
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// A NumPy array of one number.
    static func number(_ value: Float, to url: URL) throws {
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try NumpyWriter.write(Tensor([value], shape: [1]), to: url)
    }
}

extension URL {
    var imagePath: ImagePath { ImagePath(path) }
}
