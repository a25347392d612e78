import DreamSim

/// A metric, or a loss of several, with how files become its pixels.
struct LoadedMetric: Sendable {
    /// What was loaded.
    enum Kind: Sendable {
        case metric(any PerceptualMetric)
        case loss(Loss)
    }

    let kind: Kind
    let decoding: DecodingOptions

    var name: String {
        switch kind {
        case .metric(let metric): metric.card.name
        case .loss(let loss): loss.name
        }
    }

    /// The metric by itself.
    /// - Throws: `DreamSimError` for a loss, which has no more than values and gradients.
    func metric() throws -> any PerceptualMetric {
        guard case .metric(let metric) = kind else {
            throw DreamSimError(
                .unsupported, subject: name,
                problem: "is a loss of several metrics, which has values and gradients only",
                remedy: "load one metric")
        }
        return metric
    }

    /// The metric as one that embeds.
    func embedding() throws -> any EmbeddingMetric {
        guard let metric = try metric() as? any EmbeddingMetric else {
            throw DreamSimError(
                .unsupported, subject: name, problem: "does not embed images",
                remedy: "load a model, such as ensemble or lite")
        }
        return metric
    }

    /// The metric as one of DreamSim's models.
    func model() throws -> PerceptualModel {
        guard let model = try metric() as? PerceptualModel else {
            throw DreamSimError(
                .unsupported, subject: name, problem: "is no model of networks",
                remedy: "load a model, such as ensemble or lite")
        }
        return model
    }

    /// What gives gradients.
    func loss() throws -> Loss {
        switch kind {
        case .metric(let metric):
            guard metric is any DifferentiableMetric else {
                throw DreamSimError(
                    .unsupported, subject: name, problem: "has no gradient",
                    remedy: "choose a metric whose description says hasGradient")
            }
            return Loss([Loss.Term(try Loss.differentiable(metric))])
        case .loss(let loss): return loss
        }
    }

    /// The value of a pair.
    func value(_ a: Image, _ b: Image) throws -> Double {
        switch kind {
        case .metric(let metric): try metric.value(a, b)
        case .loss(let loss):
            // Images as each metric takes them: prepared by models, resized in 8 bits.
            try loss.terms.reduce(0) { sum, term in
                sum + term.weight * term.metric.card.loss(try term.metric.value(a, b))
            }
        }
    }

    /// Values from one image to others.
    func values(from reference: Image, to images: [Image]) throws -> [Double] {
        switch kind {
        case .metric(let metric): try metric.values(from: reference, to: images)
        case .loss: try images.map { try value(reference, $0) }
        }
    }
}

extension MetricCard {
    /// A value as losses have it: lower for more alike images. SSIM comes as 1 - SSIM, PSNR as its negative.
    func loss(_ value: Double) -> Double {
        guard direction == .higherIsMoreAlike else { return value }
        return highest.isFinite ? highest - value : -value
    }
}
