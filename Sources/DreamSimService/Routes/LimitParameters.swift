/// The limits that images must keep to, as requests name them.
enum LimitParameters {
    static let all = [above, below]

    private static let pattern = "^([^=,]+=)?-?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?$"

    private static let above = Parameter(
        name: "fail-above", kind: .list(pattern: pattern),
        summary:
            "The highest distance that passes: VALUE for the first metric, or NAME=VALUE, separated by commas. The answer then says of each result whether it passes; what has no value does not. The first metric must have been named where the service's default model stands in for another."
    )

    private static let below = Parameter(
        name: "fail-below", kind: .list(pattern: pattern),
        summary: "The lowest similarity that passes, as fail-above for metrics of which higher is more alike.")

    /// The limits of a request.
    /// - Parameter metrics: those that the request is for.
    /// - Throws: `Problem` for a limit of no metric of the request or outside its values, one in the wrong direction, a second one
    ///   of a metric, and one of a model that stands in for the default and was not named.
    static func limits(_ call: Call, _ metrics: [any PerceptualMetric]) throws(Problem) -> MetricLimits {
        var limits = MetricLimits()
        for (parameter, direction) in [(above, Direction.lowerIsMoreAlike), (below, .higherIsMoreAlike)] {
            for text in call.names(parameter.name) ?? [] {
                let metric = try add(text, parameter.name, direction, metrics, &limits)
                let isNamed = text.contains("=") || call.names("metric")?.contains(metric.card.name) == true
                if !isNamed, metric.model?.isStandIn == true {
                    throw Problem(
                        .badParameter,
                        "\(parameter.name)=\(text): the default model is not here, and the distances of '\(metric.card.name)', "
                            + "which stands in, have another scale",
                        advice: "name the model that the limit is for, as with metric=\(metric.card.name)")
                }
            }
        }
        return limits
    }

    /// Reads one limit.
    /// - Returns: the metric that it is of.
    private static func add(
        _ text: String, _ parameter: String, _ direction: Direction, _ metrics: [any PerceptualMetric],
        _ limits: inout MetricLimits
    ) throws(Problem) -> any PerceptualMetric {
        let equals = text.lastIndex(of: "=")
        let name = equals.map { String(text[..<$0]) } ?? metrics[0].card.name
        guard let metric = metrics.first(where: { $0.card.name == name }) else {
            throw Problem(
                .badParameter, "\(parameter): '\(name.prefix(80))' is not among the metrics of this comparison",
                advice: Problem.choice("the only one is", "they are", metrics.map(\.card.name)))
        }
        let card = metric.card
        guard card.direction == direction else {
            throw Problem(
                .badParameter, "\(parameter): of \(name), \(card.direction.rawValue)",
                advice: "use \(direction == .lowerIsMoreAlike ? below.name : above.name)")
        }
        guard let value = Parameter.decimal(equals.map { String(text[text.index(after: $0)...]) } ?? text),
            (card.lowest...card.highest).contains(value)
        else {
            throw Problem(
                .badParameter, "\(parameter): '\(text.prefix(80))' has no value of \(name)",
                advice: "they are from \(card.lowest) to \(card.highest)")
        }
        do throws(DreamSimError) {
            try limits.addFirst(value, of: MetricColumn(metric, decoding: .standard))
        } catch {
            throw Problem(.badParameter, "\(parameter): \(error.subject) \(error.problem)", advice: error.remedy)
        }
        return metric
    }
}
