// What the articles of DreamSim quote, compiled.
import DreamSim
import Foundation

func compareTwoImages(_ a: URL, _ b: URL) async throws -> Double {
    let model = try await PerceptualModel.load("ensemble")
    let distance = try model.distance(Image(contentsOf: a), Image(contentsOf: b))
    return distance
}

func comparePairs(_ pairs: [ImagePair], with model: PerceptualModel) throws {
    let comparer = PairComparer([StructuralSimilarity.wang, PixelMetric.psnr, model])
    try comparer.compare(pairs) { outcome in
        print(outcome.pair as Any, outcome.result)
    }
}

func mapLPIPS(_ photo: Image, _ edited: Image) async throws -> (Double, DifferenceMap) {
    let metric = try await LPIPS.load(.alex)
    let value = try metric.value(photo, edited)
    let map = try metric.map(photo, edited)
    return (value, map)
}

func descend(from sketch: Image, toward photo: Image) async throws -> Tensor {
    let model = try await PerceptualModel.load("dino_vitb16")
    var image = try Tensor([sketch])
    let target = try Tensor([photo])
    for _ in 0..<100 {
        let loss = try model.distanceAndGradient(image, target)
        image = Tensor(zip(image.values, loss.gradientA.values).map { $0 - 20 * $1 }, shape: image.shape)
    }
    return image
}

func weightedLoss(_ photo: Image, _ image: Tensor) async throws -> Tensor {
    let loss = try await Loss("lpips-vgg + 0.5*dists")
    let step = try loss.target(Tensor([photo])).distanceAndGradient(image)
    return step.gradient
}
