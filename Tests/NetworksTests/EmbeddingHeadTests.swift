import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// A head's passes against a plain computation and finite differences, and its file.
@Suite("Heads after embeddings")
struct EmbeddingHeadTests {
    static let (width, hidden) = (37, 21)

    static func tensors(seed: UInt64 = 1, width: Int = width, hidden: Int = hidden) -> [String: Tensor] {
        var seed = seed
        return EmbeddingHead.shapes(width: width, hiddenWidth: hidden).sorted { $0.key < $1.key }
            .reduce(into: [:]) { tensors, entry in
                seed += 1
                tensors[entry.key] = RecordingTests.random(entry.value, seed: seed, -0.5...0.5)
            }
    }

    /// x + fc2(relu(fc1 x)), in double precision.
    static func plain(_ x: [Double], _ tensors: [String: Tensor]) -> [Double] {
        func linear(_ x: [Double], _ name: String) -> [Double] {
            let (weight, bias) = (tensors[name + ".weight"]?.values ?? [], tensors[name + ".bias"]?.values ?? [])
            return bias.indices.map { o in
                x.indices.reduce(Double(bias[o])) { $0 + x[$1] * Double(weight[o * x.count + $1]) }
            }
        }
        return zip(x, linear(linear(x, "fc1").map { max($0, 0) }, "fc2")).map { $0 + $1 }
    }

    @Test("The forward pass is x + fc2(relu(fc1 x)), for any number of rows", arguments: [1, 2, 7, 19])
    func forward(count: Int) throws {
        let tensors = Self.tensors()
        let x = RecordingTests.random([count, Self.width], seed: 9)
        let actual = try EmbeddingHead(tensors).forward(x).output
        let expected = (0..<count).flatMap { n in
            Self.plain(x.values[(n * Self.width)..<((n + 1) * Self.width)].map(Double.init), tensors)
        }
        let difference = Difference(actual.values, expected.map { Float($0) })
        #expect(actual.shape == x.shape && difference.maxScaled < 1e-6, "\(difference)")
    }

    @Test("the backward pass agrees with finite differences, for the input and every weight")
    func backward() throws {
        let tensors = Self.tensors()
        let x = RecordingTests.random([5, Self.width], seed: 9)
        let slopes = RecordingTests.random(x.shape, seed: 10)
        let head = try EmbeddingHead(tensors)
        let sums = WeightGradients()
        let gradient = head.backward(slopes, of: head.forward(x), into: sums)
        #expect(Set(sums.tensors.keys) == Set(tensors.keys))
        func value(_ x: [Double], _ tensors: [String: Tensor]) -> Double {
            (0..<5).reduce(0) { sum, n in
                let row = Self.plain(Array(x[(n * Self.width)..<((n + 1) * Self.width)]), tensors)
                return row.indices.reduce(sum) { $0 + row[$1] * Double(slopes.values[n * Self.width + $1]) }
            }
        }
        let indices = FiniteDifferences.indices(below: x.count, count: 40)
        let expected = FiniteDifferences.gradient(
            of: { value($0, tensors) }, at: x.values.map(Double.init), indices: indices)
        for (index, slope) in zip(indices, expected) {
            #expect(abs(Double(gradient.values[index]) - slope) < 1e-4, "x[\(index)]")
        }
        for (name, tensor) in tensors {
            for index in FiniteDifferences.indices(below: tensor.count, count: 20) {
                func moved(_ step: Float) -> Double {
                    var (tensors, values) = (tensors, tensor.values)
                    values[index] += step
                    tensors[name] = Tensor(values, shape: tensor.shape)
                    return value(x.values.map(Double.init), tensors)
                }
                let slope = (moved(1e-3) - moved(-1e-3)) / 2e-3
                let actual = Double(try #require(sums.tensors[name]).values[index])
                #expect(abs(actual - slope) < 2e-3 * max(1, abs(slope)), "\(name)[\(index)]: \(actual), \(slope)")
            }
        }
    }

    @Test("A file holds the head and what it was made on; the reference's layout is read too")
    func files() throws {
        try Fixtures.withTemporaryFolder { folder in
            let tensors = Self.tensors()
            let head = try EmbeddingHead(tensors)
            let file = folder.appending(path: "head.safetensors")
            let origin = EmbeddingHead.Origin(model: "mine", weights: "abc")
            try head.write(to: file, origin: origin)
            let read = try EmbeddingHead.read(file)
            #expect(read.head.tensors == tensors && read.origin == origin)
            #expect(read.head.width == Self.width && read.head.hiddenWidth == Self.hidden)
            #expect(try Checkpoint(contentsOf: file).metadata["hidden"] == "21")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["head.safetensors"])
            // As a state dictionary of the reference's model would have it, beside its backbones.
            var renamed = tensors.map { (name: "perceptual_model.mlp." + $0.key, tensor: $0.value) }
            renamed.append((name: "perceptual_model.other", tensor: Tensor(zeros: [2])))
            try SafetensorsWriter.write(renamed, to: file)
            let foreign = try EmbeddingHead.read(file)
            #expect(foreign.head.tensors == tensors && foreign.origin == nil)
        }
    }

    /// What may be wrong with a head's file, and what is said of it.
    static let faults: [(change: @Sendable (inout [String: Tensor]) -> Void, kind: DreamSimError.Kind, key: String)] = [
        ({ $0["fc2.bias"] = nil }, .missingWeight, "fc2.bias"),
        ({ $0["fc1.weight"] = nil }, .missingWeight, "fc1.weight"),
        ({ $0 = [:] }, .missingWeight, "fc1.weight"),
        ({ $0["fc1.weight"] = Tensor(zeros: [21]) }, .shapeMismatch, "fc1.weight"),
        ({ $0["fc2.weight"] = Tensor(zeros: [21, 37]) }, .shapeMismatch, "fc2.weight"),
        ({ $0["fc1.bias"] = Tensor(zeros: [20]) }, .shapeMismatch, "fc1.bias"),
        ({ $0["fc3.weight"] = Tensor(zeros: [1]) }, .unexpectedWeight, "fc3.weight"),
        ({ $0["fc1.bias"] = Tensor([Float](repeating: .nan, count: 21), shape: [21]) }, .badHead, "fc1.bias"),
        ({ $0["fc2.weight"]?.withUnsafeMutableBufferPointer { $0[5] = .infinity } }, .badHead, "fc2.weight"),
    ]

    @Test("A head that is not whole is refused by the name of what is wrong", arguments: faults.indices)
    func faulty(index: Int) throws {
        let (change, kind, key) = Self.faults[index]
        try Fixtures.withTemporaryFolder { folder in
            var tensors = Self.tensors()
            change(&tensors)
            let file = folder.appending(path: "head.safetensors")
            try SafetensorsWriter.write(tensors.map { (name: $0.key, tensor: $0.value) }, to: file)
            let error = try #require(throws: DreamSimError.self) { try EmbeddingHead.read(file) }
            #expect(error.kind == kind && error.key == key && error.subject == file.path, "\(error)")
        }
    }

    @Test("Other files are refused with what they are")
    func otherFiles() throws {
        try Fixtures.withTemporaryFolder { folder in
            let file = folder.appending(path: "file.safetensors")
            func reason(_ metadata: [String: String]) throws -> String {
                try SafetensorsWriter.write([(name: "a", tensor: Tensor(zeros: [1]))], metadata: metadata, to: file)
                let error = try #require(throws: DreamSimError.self) { try EmbeddingHead.read(file) }
                #expect(error.kind == .badHead)
                return error.reason
            }
            #expect(try reason(["format": "dreamsim-merged"]).contains("as the model"))
            #expect(try reason(["format": "dreamsim-training"]).contains("best.safetensors"))
            #expect(try reason(["format": "dreamsim-head", "version": "9"]).contains("version 9"))
            // A transformer has many layers fc1.
            let transformer = Fixtures.file("tiny/dino.safetensors")
            let error = try #require(throws: DreamSimError.self) { try EmbeddingHead.read(transformer) }
            #expect(error.kind == .badHead && error.reason.contains("3 layers fc1"))
            try Data("no weights at all".utf8).write(to: file)
            #expect(throws: DreamSimError.self) { try EmbeddingHead.read(file) }
            #expect(throws: DreamSimError.self) { try EmbeddingHead.read(folder.appending(path: "nowhere")) }
        }
    }
}
