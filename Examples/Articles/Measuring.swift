// What the articles of DreamSim quote, compiled.
import DreamSim
import Foundation

func compareTwoImages(_ a: URL, _ b: URL) async throws -> Double {
    let model = try await PerceptualModel.load("ensemble")
    let distance = try model.distance(Image(contentsOf: a), Image(contentsOf: b))
    return distance
}

func comparePairs(_ pairs: [ImagePair], with model: PerceptualModel) {
    let comparer = PairComparer([StructuralSimilarity.wang, PixelMetric.psnr, model])
    comparer.compare(pairs) { outcome in
        print(outcome.pair as Any, outcome.result)
    }
}

func mapLPIPS(_ photo: Image, _ edited: Image) async throws -> (Double, DifferenceMap?) {
    let metric = try await MetricCatalog.load("lpips-alex")
    let value = try metric.value(photo, edited)
    let map = try (metric as? any SpatialMetric)?.map(photo, edited)
    return (value, map)
}

func descend(from sketch: Image, toward photo: Image) async throws -> Tensor {
    let model = try await PerceptualModel.load("dino_vitb16")
    var image = try Tensor([sketch])
    let target = try Tensor([photo])
    for _ in 0..<100 {
        let loss = try model.distanceAndGradient(image, target)
        image = image - 20 * loss.gradientA
    }
    return image
}

func weightedLoss(_ photo: Image, _ image: Tensor) async throws -> (Double, Tensor) {
    let loss = try await Loss("lpips-vgg + 0.5*dists")
    let (value, gradient) = try loss.target(photo).valueAndGradient(image)
    return (value, gradient)
}

func synthesize(_ photo: Image, from sketch: Image, to url: URL) async throws {
    let target = try await Loss("lpips-vgg + 0.5*dists").target(photo)
    var image = Tensor(sketch.resized(width: photo.width, height: photo.height))  // [1, 3, H, W] in [0, 1]
    var adam = Adam(learningRate: 0.02)
    for _ in 1...200 {
        let (_, gradient) = try target.valueAndGradient(image)
        adam.step(&image, gradient)
        image = image.clamped(to: 0...1)
    }
    try image.images()[0].write(to: url)
}
