import DreamSim
import Tensors

/// What an inversion makes small: the mean distance of the picture from its targets, and its total variation.
struct Objective {
    let loss: any DifferentiableMetric
    let targets: [PreparedTarget]
    /// What the total variation is multiplied with.
    let totalVariation: Double

    /// What a picture costs.
    struct Value {
        /// The distances from the targets, each by its share.
        let loss: Double
        /// What the total variation adds.
        let penalty: Double
        /// Of the picture [1, 3, H, W].
        let gradient: Tensor
    }

    /// The cost of a picture [1, 3, H, W], and its gradient.
    /// - Parameter views: the windows through which picture and targets are compared, over which the distance is averaged;
    ///   none for the whole.
    func value(of picture: Tensor, through views: [RandomView] = []) throws -> Value {
        var sum = 0.0
        var gradient = Tensor(zeros: picture.shape)
        for target in targets {
            let painted = target.painted(picture)
            guard !views.isEmpty else {
                let result = try loss.distanceAndGradient(painted, target.picture)
                sum += target.share * result.distances[0]
                gradient.add(target.backward(result.gradientA), scale: Float(target.share))
                continue
            }
            let share = target.share / Double(views.count)
            for view in views {
                let result = try loss.distanceAndGradient(view.applied(to: painted), view.applied(to: target.picture))
                sum += share * result.distances[0]
                let whole = view.backward(result.gradientA, height: picture.shape[2], width: picture.shape[3])
                gradient.add(target.backward(whole), scale: Float(share))
            }
        }
        guard totalVariation > 0 else { return Value(loss: sum, penalty: 0, gradient: gradient) }
        let variation = TotalVariation.valueAndGradient(picture)
        gradient.add(variation.gradient, scale: Float(totalVariation))
        return Value(loss: sum, penalty: totalVariation * variation.value, gradient: gradient)
    }
}
