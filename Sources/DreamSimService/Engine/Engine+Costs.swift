import Foundation

extension Engine {
    /// What a metric has to see of some pairs, or a cutout of its image.
    struct Demand {
        /// What it is for: a metric's name, or a cutout.
        let name: String
        /// The model that embeds; nil for what does not.
        var key: String?
        /// The pixels of both images of each pair, or of the image; nothing for metrics that embed.
        var pixels: [Int] = []
        /// The images that are embedded.
        var images = 0
        /// What to do where it is too much; nil where that depends on the pairs.
        var advice: String?

        /// What to do where a cutout would be too much.
        static let smaller = "send a smaller image"

        /// The demand of pairs of images, of which each counts as the metric sees it.
        /// - Parameter seen: the pixels of the images of each pair.
        init(_ metric: any PerceptualMetric, pairs seen: [(Int, Int)]) {
            name = metric.card.name
            if case .square(let side) = metric.card.size {
                pixels = seen.map { _ in 2 * side * side }
            } else {
                pixels = seen.map { $0.0 + $0.1 }
            }
        }

        /// The demand of images that are embedded.
        init(_ metric: any EmbeddingMetric, images: Int) {
            (name, key, self.images) = (metric.card.name, Engine.key(metric), images)
        }

        /// The demand of a cutout.
        /// - Parameter count: the pixels of the image.
        init(cutoutOf count: Int) { (name, pixels, advice) = ("a cutout", [count], Self.smaller) }
    }

    /// Sees to it that work can be done in time, by how long such work took before. What was never measured is let in.
    /// - Throws: `Problem` when it would take too long by itself, or when too much of others' is to be done before.
    func reserve(_ demands: [Demand], _ admission: Admission) throws {
        let seconds = demands.map { (demand: $0, seconds: estimate($0)) }
        let sum = seconds.reduce(0) { $0 + $1.seconds }
        guard sum > 0 else { return }
        let limit = limits.workTime.seconds
        if sum > limit, let worst = seconds.max(by: { $0.seconds < $1.seconds }) {
            throw Problem(
                .tooLarge,
                "the request would take about \(Int(sum.rounded(.up))) s, most of it for \(worst.demand.name), and passes the limit of \(Int(limit)) s",
                advice: advice(worst.demand, share: limit / sum))
        }
        do {
            try batcher.reserve(sum, admission, most: limits.acceptedWork.seconds)
        } catch {
            throw Problem.passing(
                .overload,
                "the request would take about \(Int(sum.rounded(.up))) s, and \(Int(batcher.outstanding.rounded(.up))) s of work wait already; together at most \(Int(limits.acceptedWork.seconds)) s are accepted",
                retryAfter: error.retryAfter)
        }
    }

    private func estimate(_ demand: Demand) -> Double {
        if let key = demand.key { return Double(demand.images) * (batcher.cost(of: key) ?? 0) }
        return CostEstimates.megapixels(demand.pixels)
            * (costs.secondsPerMegapixel(demand.name) ?? 0)
    }

    private func advice(_ demand: Demand, share: Double) -> String {
        if let advice = demand.advice { return advice }
        guard !demand.pixels.isEmpty else {
            return "send at most \(max(1, Int(Double(demand.images) * share))) images, or choose a smaller model"
        }
        let allowed = CostEstimates.megapixels(demand.pixels) * share
        let each = allowed / Double(demand.pixels.count) / 2
        let fitting = Int(Double(demand.pixels.count) * share)
        let fewer = fitting > 0 ? "at most \(fitting) such pair\(fitting == 1 ? "" : "s"), or " : ""
        return String(
            format: "send \(fewer)images of at most %.2f megapixels; or give resize=SIDE, or choose another metric",
            each)
    }
}
