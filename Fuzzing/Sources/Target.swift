import DreamSim
import DreamSimService

/// A parser of untrusted bytes under a name.
struct Target: Sendable {
    let name: String
    let parse: @Sendable (UnsafeRawBufferPointer) throws -> Void

    init(_ name: String, _ parse: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void) {
        (self.name, self.parse) = (name, parse)
    }

    /// The one that this process runs; set once, before libFuzzer begins.
    nonisolated(unsafe) static var current = all[0]

    /// Every target; a folder of Fuzzing/Seeds bears the name of each.
    static let all = [
        safetensors, pickle, torchZip, numpy, onnx, zip, tar, gif, bmp, exif, container, image, vectors, graph,
        interchange, embeddingJournal, valueJournal, frozenCache, csv, modelDescription, mergedModel, head, profile,
        adapter,
        trainingState, multipart, jsonImages, http,
    ]

    /// Gives bytes to the parser.
    func run(_ bytes: UnsafeRawBufferPointer) {
        Self.answered { try parse(bytes) }
    }

    /// Runs a part of a parser whose refusal does not end the execution. A typed error is an answer; any other error ends
    /// the process, as a crash does.
    static func answered(_ body: () throws -> Void) {
        do {
            try body()
        } catch is DreamSimError {
        } catch is Problem {
        } catch {
            fatalError("an error of no type of the project: \(error)")
        }
    }
}
