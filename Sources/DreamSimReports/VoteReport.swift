public import DreamSimCore
public import DreamSimPipeline
import DreamSimSupport

/// The paper's two-alternative forced choice: which of two images is more like a reference.
public struct VoteReport: Sendable, Encodable {
    /// The answer.
    public enum Choice: String, Sendable, Encodable {
        /// The first image is nearer.
        case a = "A"
        /// The second image is nearer.
        case b = "B"
        /// Both are exactly as far.
        case tie
    }

    /// Which way the numbers go.
    public let direction = Direction.lowerIsMoreAlike
    /// What made the numbers.
    public let model: ModelStamp
    /// What the two were compared with.
    public let reference: ImagePath
    /// The first image.
    public let imageA: ImagePath
    /// The second image.
    public let imageB: ImagePath
    /// The first image's distance from the reference.
    public let distanceA: Double
    /// The second image's distance from the reference.
    public let distanceB: Double
    /// The answer.
    public let choice: Choice

    /// Lets a model choose between two files.
    /// - Throws: `DreamSimError` when a file cannot be read.
    public init(model: PerceptualModel, reference: ImagePath, a: ImagePath, b: ImagePath) throws {
        let embeddings = try model.embed(files: [reference, a, b]).map { try $0.result.get() }
        self.model = model.stamp
        self.reference = reference
        (imageA, imageB) = (a, b)
        distanceA = try embeddings[0].distance(to: embeddings[1])
        distanceB = try embeddings[0].distance(to: embeddings[2])
        choice = distanceA < distanceB ? .a : distanceB < distanceA ? .b : .tie
    }
}
