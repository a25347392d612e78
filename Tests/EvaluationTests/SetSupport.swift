import DreamSim
import DreamSimCheckpoints
import DreamSimEvaluation
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// Embeddings by a normal distribution that is moved and stretched.
func drawnSet(
    _ count: Int, _ width: Int, seed: UInt64, scale: Double = 1, shift: Double = 0
) throws -> SetVectors {
    var generator = SeededGenerator(state: seed)
    let values = (0..<(count * width)).map { _ in Float(generator.normals().0 * scale + shift) }
    return try SetVectors(Tensor(values, shape: [count, width]), name: "drawn \(seed)")
}

func isNear(_ found: Double?, _ expected: Double, relative: Double = 1e-9) -> Bool {
    guard let found else { return false }
    return abs(found - expected) <= relative * max(abs(expected), 1e-12)
}

func setFixture(_ name: String) throws -> SetVectors {
    try SetVectors(contentsOf: Fixtures.file("sets/\(name).npy"))
}

func compareSets(
    _ real: SetVectors, _ generated: SetVectors, _ scores: [SetScore] = SetScore.standard, neighbors: Int = 5,
    bootstrap: Bootstrap? = nil
) throws -> SetComparison {
    var settings = SetComparison.Settings()
    (settings.scores, settings.neighbors, settings.bootstrap) = (scores, neighbors, bootstrap)
    return try SetComparison(real: .vectors(real), generated: .vectors(generated), settings: settings)
}

extension [Double] {
    /// Rows of a width.
    func chunked(_ width: Int) -> [[Double]] {
        stride(from: 0, to: count, by: width).map { Array(self[$0..<($0 + width)]) }
    }
}
