import DreamSim
import Tensors

/// What an inversion makes small: the mean loss of the picture over its targets, and its total variation.
struct Objective {
    let loss: Loss
    let targets: [PreparedTarget]
    /// What the total variation is multiplied with.
    let totalVariation: Double
    /// The whole targets with what the metrics know of them.
    private let wholes: [Loss.Target]

    init(loss: Loss, targets: [PreparedTarget], totalVariation: Double) throws {
        (self.loss, self.targets, self.totalVariation) = (loss, targets, totalVariation)
        wholes = try targets.map { try loss.target($0.picture) }
    }

    /// What a picture costs.
    struct Value {
        /// The losses by the targets, each by its share.
        var loss = 0.0
        /// The same for each metric of the loss, without its weight.
        var terms: [Double]
        /// What the total variation adds.
        var penalty = 0.0
        /// Of the picture [1, 3, H, W].
        var gradient: Tensor
    }

    /// The cost of a picture [1, 3, H, W], and its gradient.
    /// - Parameter views: the windows through which picture and targets are compared, over which the loss is averaged; none
    ///   for the whole.
    func value(of picture: Tensor, through views: [RandomView] = []) throws -> Value {
        var value = Value(terms: loss.terms.map { _ in 0 }, gradient: Tensor(zeros: picture.shape))
        func add(_ step: Loss.Step, share: Double, backward: (Tensor) -> Tensor) {
            value.loss += share * step.distances[0]
            for (index, term) in step.terms.enumerated() { value.terms[index] += share * term[0] }
            value.gradient.add(backward(step.gradient), scale: Float(share))
        }
        for (target, whole) in zip(targets, wholes) {
            let painted = target.painted(picture)
            if views.isEmpty {
                add(try whole.distanceAndGradient(painted), share: target.share, backward: target.backward)
            }
            for view in views {
                let seen = try loss.target(view.applied(to: target.picture))
                let step = try seen.distanceAndGradient(view.applied(to: painted))
                add(step, share: target.share / Double(views.count)) { gradient in
                    target.backward(view.backward(gradient, height: picture.shape[2], width: picture.shape[3]))
                }
            }
        }
        guard totalVariation > 0 else { return value }
        let variation = TotalVariation.valueAndGradient(picture)
        value.penalty = totalVariation * variation.value
        value.gradient.add(variation.gradient, scale: Float(totalVariation))
        return value
    }
}
