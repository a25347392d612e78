import Foundation

/// A metric that embeds, of what stands out in each image: the background is painted over before the image is embedded, so
/// that two photographs of one object in different places are alike.
///
/// The foreground is found in the square that the metric sees (`SaliencyDetector.cutout(of:name:leastSaliency:)`), and its
/// background painted in the mean color of ImageNet's photographs, which most networks see as about zero. The outline stays
/// visible. An image in which nothing stands out has no foreground to compare and is refused, never compared whole.
///
/// ```swift
/// let metric = try await MetricCatalog.load("lite-foreground")
/// let distance = try metric.value(photo, sameObjectElsewhere)
/// ```
public struct ForegroundMetric: EmbeddingMetric {
    /// What embeds the foregrounds.
    public let metric: any EmbeddingMetric
    /// What tells the foreground.
    private let detector: SaliencyDetector
    /// That of the metric, with what became of the background.
    public let stamp: ModelStamp

    /// What backgrounds are painted in: the mean color of ImageNet's photographs, which most networks see as about zero.
    public static let paint = RGB(124, 116, 104)

    /// Limits a metric to foregrounds.
    public init(_ metric: any EmbeddingMetric, detector: SaliencyDetector) {
        (self.metric, self.detector) = (metric, detector)
        stamp = metric.stamp.ofForegrounds
    }

    /// The card of the metric, under a name of its own.
    public var card: MetricCard {
        let card = metric.card
        return MetricCard(
            name: card.name + Self.suffix, summary: card.summary + ", of foregrounds", direction: card.direction,
            lowest: card.lowest, highest: card.highest, size: card.size, weights: card.weights,
            precision: card.precision)
    }

    /// The number of components of an embedding.
    public var width: Int { metric.width }

    /// Cuts out the foreground of the metric's square.
    /// - Throws: `DreamSimError` with `.badSetting` when nothing stands out.
    public func prepare(_ image: Image, name: String) throws -> Image {
        let square = try metric.prepare(image, name: name)
        do throws(DreamSimError) {
            return try detector.cutout(of: square, name: name).composed(over: Self.paint)
        } catch {
            guard error.kind == .badSetting else { throw error }
            throw DreamSimError(
                error.kind, subject: error.subject, problem: error.problem,
                remedy: "leave this image out, or compare whole images")
        }
    }

    /// Embeds foregrounds that are cut out already.
    public func embed(preprocessed images: [Image]) -> [Embedding] { stamped(metric.embed(preprocessed: images)) }

    /// Embeddings of the metric as this one's.
    func stamped(_ embeddings: [Embedding]) -> [Embedding] {
        embeddings.map { Embedding(values: $0.values, stamp: stamp) }
    }
}

extension ForegroundMetric {
    /// What the name of a metric has behind it where the metric is limited to foregrounds.
    package static let suffix = "-foreground"

    /// The metric that a name limits to foregrounds; nil when it does not, or is that of a folder which happens to end so.
    package static func base(of name: String) -> String? {
        guard name.hasSuffix(suffix), !FileManager.default.fileExists(atPath: name) else { return nil }
        return String(name.dropLast(suffix.count))
    }

    /// Loads the detector and limits a metric, once the metric is loaded.
    /// - Parameters:
    ///   - options: how the metric is to be set up; that it is to be limited is left out of what `load` gets.
    ///   - load: loads the metric.
    /// - Throws: what `load` throws, as `SaliencyDetector.load`, and `DreamSimError` with `.badSetting` for a metric that does
    ///   not embed.
    package static func load(
        _ options: PerceptualModel.LoadingOptions,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void,
        limiting load: (PerceptualModel.LoadingOptions) async throws -> any PerceptualMetric
    ) async throws -> ForegroundMetric {
        var whole = options
        whole.preprocessing.foreground = nil
        let metric = try await load(whole)
        guard let metric = metric as? any EmbeddingMetric else {
            throw DreamSimError(
                .badSetting, metric.card.name,
                "compares images without embedding them, and cannot be limited to foregrounds; choose a model, or pdq")
        }
        let detector = try await SaliencyDetector.load(
            options: PerceptualModel.LoadingOptions(store: options.store), report: report)
        return ForegroundMetric(metric, detector: detector)
    }
}

extension ModelStamp {
    /// The same for embeddings of foregrounds alone.
    fileprivate var ofForegrounds: ModelStamp {
        var preprocessing = preprocessing
        preprocessing.foreground = .alone
        return ModelStamp(
            model: model, weights: weights, precision: precision, calibration: calibration,
            preprocessing: preprocessing, isNormalized: isNormalized)
    }
}

extension PerceptualMetric {
    /// The model that does a metric's work: itself, or what it limits to a part of the images; nil where none does.
    package var model: PerceptualModel? {
        switch self {
        case let limited as ForegroundMetric: limited.metric.model
        case let masked as MaskedMetric: masked.metric.model
        default: self as? PerceptualModel
        }
    }
}
