/// What an inversion makes small: the mean loss of the image over its targets, and its total variation.
struct Objective {
    let loss: Loss
    let targets: [PreparedTarget]
    /// What the total variation is multiplied with.
    let totalVariation: Double
    /// The whole targets with what the metrics know of them.
    private let wholes: [Loss.Target]

    init(loss: Loss, targets: [PreparedTarget], totalVariation: Double) throws {
        (self.loss, self.targets, self.totalVariation) = (loss, targets, totalVariation)
        wholes = try targets.map { try loss.target($0.image) }
    }

    /// What an image costs.
    struct Value {
        /// The losses by the targets, each by its share.
        var loss = 0.0
        /// The same for each metric of the loss, without its weight.
        var terms: [Double]
        /// What the total variation adds.
        var penalty = 0.0
        /// Of the image [1, 3, H, W].
        var gradient: Tensor
    }

    /// The cost of an image [1, 3, H, W], and its gradient.
    /// - Parameter views: the windows through which image and targets are compared, over which the loss is averaged; none
    ///   for the whole.
    func value(of image: Tensor, through views: [RandomView] = []) throws -> Value {
        var value = Value(terms: loss.terms.map { _ in 0 }, gradient: Tensor(zeros: image.shape))
        func add(_ step: Loss.Step, share: Double, backward: (Tensor) -> Tensor) {
            value.loss += share * step.distances[0]
            for (index, term) in step.terms.enumerated() { value.terms[index] += share * term[0] }
            value.gradient.add(backward(step.gradient), scale: Float(share))
        }
        for (target, whole) in zip(targets, wholes) {
            let painted = target.painted(image)
            if views.isEmpty {
                add(try whole.distanceAndGradient(painted), share: target.share, backward: target.backward)
            }
            for view in views {
                let seen = try loss.target(view.applied(to: target.image))
                let step = try seen.distanceAndGradient(view.applied(to: painted))
                add(step, share: target.share / Double(views.count)) { gradient in
                    target.backward(view.backward(gradient, height: image.shape[2], width: image.shape[3]))
                }
            }
        }
        guard totalVariation > 0 else { return value }
        let variation = TotalVariation.valueAndGradient(image)
        value.penalty = totalVariation * variation.value
        value.gradient.add(variation.gradient, scale: Float(totalVariation))
        return value
    }
}
