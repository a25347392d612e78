/// DreamSim's loss of one triplet: max(0, margin - (d0 - d1) (2 round(y) - 1)), with d0 and d1 the distances of the left and
/// the right image from the reference, and y 1 where people preferred the right one.
struct HingeLoss {
    let value: Double
    /// How the loss changes with d0; with d1 it changes by the negative.
    let slope: Double
    /// The 2AFC score: 1 where the nearer image is the preferred one, 0 where it is not; weighed by the fraction of
    /// people; a half for equal distances.
    let agreement: Double

    init(left: Double, right: Double, rightPreferred: Float, margin: Float) {
        let sign = 2 * Double(rightPreferred.rounded(.toNearestOrEven)) - 1
        let loss = Double(margin) - (left - right) * sign
        value = max(0, loss)
        slope = loss > 0 ? -sign : 0
        let y = Double(rightPreferred)
        agreement = left < right ? 1 - y : right < left ? y : 0.5
    }
}
