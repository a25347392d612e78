import DreamSim
import DreamSimService

/// A parser of untrusted bytes under a name.
struct Target {
    let name: String
    let parse: (UnsafeRawBufferPointer) throws -> Void

    init(_ name: String, _ parse: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        (self.name, self.parse) = (name, parse)
    }

    /// The one that this process runs; set once, before libFuzzer begins.
    nonisolated(unsafe) static var current = all[0]

    /// Every target; a folder of Fuzzing/Seeds bears the name of each.
    static let all = [
        safetensors, pickle, torchZip, numpy, onnx, zip, tar, gif, bmp, exif, container, image, vectors, graph,
        interchange, embeddingJournal, valueJournal, frozenCache, csv, modelDescription, mergedModel, head, profile,
        adapter,
        trainingState, multipart, http,
    ]

    /// Gives bytes to the parser. A typed error is an answer; any other error ends the process, as a crash does.
    func run(_ bytes: UnsafeRawBufferPointer) {
        do {
            try parse(bytes)
        } catch is DreamSimError {
        } catch is Problem {
        } catch {
            fatalError("\(name): an error of no type of the project: \(error)")
        }
    }
}
