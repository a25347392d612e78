import DreamSim
import DreamSimTensors
import Foundation
import ModelTestSupport
import TestSupport
import Testing

@Suite("The list of metrics")
struct MetricListingTests {
    /// The names of the catalog's own metrics that can be loaded here; those without weights always are.
    private static let ready: [MetricListing] = {
        guard let store = try? ModelStore.Configuration.fromEnvironment() else { return [] }
        return MetricCatalog.listing(in: ModelStore(store)).filter { $0.isReady && $0.kind == .metric }
    }()

    /// Whether a loss takes a metric, and has a gradient of it.
    private static func isTaken(_ metric: any PerceptualMetric) throws -> Bool {
        guard let term = try? Loss.differentiable(metric) else { return false }
        let side = if case .full(let minimum) = metric.card.size { max(minimum, 16) } else { 16 }
        let b = DistanceGradientTests.random([1, 3, side, side], seed: 1)
        // Alike enough that no term of MS-SSIM counts as 0.
        let a = Tensor(b.values.map { 0.8 * $0 + 0.1 }, shape: b.shape)
        let gradient = try Loss([Loss.Term(term)]).target(b).distanceAndGradient(a).gradient
        return gradient.values.allSatisfy(\.isFinite) && gradient.values.contains { $0 != 0 }
    }

    @Test("Says of a metric before it is loaded what is true of it afterwards", arguments: ready)
    func truth(listing: MetricListing) async throws {
        let metric = try await MetricCatalog.load(listing.name)
        #expect(try Self.isTaken(metric) == listing.hasGradient)
        #expect(metric is any SpatialMetric == listing.isSpatial)
        let loaded = MetricListing(metric)
        #expect(loaded.state == .loaded && loaded.kind == listing.kind)
        #expect(loaded.hasGradient == listing.hasGradient && loaded.isSpatial == listing.isSpatial)
        #expect(loaded.precisions == listing.precisions && loaded.precision == nil)
        let entry = try #require(MetricCatalog.all.first { $0.card.name == listing.name })
        #expect(entry.takesIntegers == (listing.precisions == [.float32, .int16]))
    }

    @Test("Says of models that losses take them")
    func models() async throws {
        try await TinyModels.withModel { model, home in
            let isTaken = try Self.isTaken(model)
            #expect(isTaken)
            let store = ModelStore(TinyModels.options(home: home).store)
            let listings = [MetricListing(model)] + MetricCatalog.listing(in: store).filter { $0.kind == .model }
            #expect(listings.count == Catalog.all.count + 1)
            #expect(listings.allSatisfy { $0.kind == .model && $0.hasGradient && $0.isSpatial })
            #expect(listings.allSatisfy { $0.precisions == Precision.allCases && $0.precision == nil })
        }
    }

    @Test("Says of a metric that no loss takes that it has no gradient")
    func others() throws {
        let mask = try Mask(ScalarField(width: 1, height: 1, values: [1]), name: "all")
        let masked = try MaskedMetric(PixelMetric.mse, mask: mask)
        for metric in [WholeMetric(), masked] as [any PerceptualMetric] {
            #expect(try !MetricListing(metric).hasGradient && !Self.isTaken(metric))
            let error = #expect(throws: DreamSimError.self) { try Loss.differentiable(metric) }
            #expect(error?.reason.contains("choose a metric with a gradient") == true)
        }
    }
}
