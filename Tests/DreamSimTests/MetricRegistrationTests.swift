import DreamSim
import DreamSimSupport
import Testing

/// Counts the pixels' values that differ.
private struct DifferingValues: PerceptualMetric {
    let card = MetricCard(
        name: "differing-values", summary: "Counts differing values.", direction: .lowerIsMoreAlike, lowest: 0,
        highest: .infinity, size: .full(minimum: 1))

    func values(from reference: Image, to images: [Image]) throws -> [Double] {
        images.map { Double(zip(reference.pixels, $0.pixels).count { $0 != $1 }) }
    }
}

struct MetricRegistrationTests {
    @Test("A metric of one's own is loaded by its name")
    func own() async throws {
        try MetricCatalog.register("differing-values") { DifferingValues() }
        let metric = try await MetricCatalog.load("differing-values")
        let black = Image(width: 1, height: 1, pixels: [0, 0, 0])
        #expect(try metric.value(black, Image(width: 1, height: 1, pixels: [0, 5, 6])) == 2)
    }

    @Test("A name of the catalog cannot be taken")
    func taken() {
        #expect(throws: DreamSimError.self) { try MetricCatalog.register("ssim") { DifferingValues() } }
    }

    @Test("Adam moves one parameter against its gradient by the learning rate")
    func adam() {
        var (x, adam) = (Tensor([1, 1] as [Float], shape: [2]), Adam(learningRate: 0.5))
        adam.step(&x, Tensor([3, -2] as [Float], shape: [2]))
        #expect(abs(x[0] - 0.5) < 1e-5 && abs(x[1] - 1.5) < 1e-5)
    }
}
