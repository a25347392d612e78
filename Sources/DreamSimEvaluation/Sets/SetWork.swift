/// What is computed once for all scores of two sets.
struct SetWork {
    private(set) var values: [SetScore: Double] = [:]
    private let real, generated: ImageSet
    private let settings: SetComparison.Settings
    /// How each score changes with the weights of the real and of the generated images; nil where a set is held as it is.
    private var influences: [SetScore: [[Double]?]] = [:]
    private var factors: (FrechetFactor, FrechetFactor)?
    private var frechet: FrechetDistance?
    private var frechetInfluences: [[Double]?] = [nil, nil]
    private var manifolds: Manifolds?
    private var extrapolation: FrechetExtrapolation?

    init(_ real: ImageSet, _ generated: ImageSet, _ settings: SetComparison.Settings) {
        (self.real, self.generated, self.settings) = (real, generated, settings)
    }

    typealias Progress = (EvaluationProgress) throws -> Void

    mutating func compute(_ score: SetScore, _ progress: Progress) throws {
        switch score {
        case .frechet:
            values[score] = try frechetDistance(progress).value
            influences[score] = frechetInfluences
        case .frechetInfinity:
            guard let vectors = generated.vectors else { return }
            _ = try frechetDistance(progress)
            guard let factors else { return }
            let found = try FrechetExtrapolation(
                vectors, to: factors.0, seed: settings.bootstrap?.seed ?? Bootstrap().seed
            ) { try progress(EvaluationProgress("extrapolating", unit: "sizes", done: $0, total: $1)) }
            extrapolation = found
            values[score] = found.value
            influences[score] = frechetInfluences
        case .kernel:
            guard let real = real.vectors, let generated = generated.vectors else { return }
            let found = try KernelDistance(real: real, generated: generated) {
                try progress(EvaluationProgress("kernel distance", unit: "images", done: $0, total: $1))
            }
            values[score] = found.value
            influences[score] = [found.influences.real, found.influences.generated]
        case .precision, .recall, .density, .coverage: try computeShare(score, progress)
        case .diversity:
            guard let vectors = generated.vectors else { return }
            let found = Diversity(vectors)
            values[score] = found.value
            influences[score] = [nil, found.influences]
        }
    }

    mutating func computeContributions(_ progress: Progress) throws {
        _ = try neighborhoods(progress)
        _ = try frechetDistance(progress)
    }

    private mutating func computeShare(_ score: SetScore, _ progress: Progress) throws {
        guard let found = try neighborhoods(progress) else { return }
        let k = Double(settings.neighbors)
        // What the score is the mean of, and how it changes with the images of the other set: by those that depend on one of
        // them alone. The sizes of neighborhoods stay as they are.
        let (own, others): ([Manifolds.Others], Int) =
            switch score {
            case .precision, .density: (found.holding, found.covering.count)
            case .recall: (found.recalling, found.holding.count)
            default: (found.covering, found.holding.count)
            }
        let byImage = own.map { score == .density ? Double($0.count) / k : $0.count > 0 ? 1 : 0 }
        var byOther = [Double](repeating: 0, count: others)
        let share = Double(others) / Double(own.count)
        if score == .density {
            byOther = found.covering.map { share * Double($0.count) / k }
        } else {
            for entry in own where entry.count == 1 { byOther[Int(entry.last)] += share }
        }
        values[score] = byImage.reduce(0, +) / Double(byImage.count)
        let isOfGenerated = score == .precision || score == .density
        influences[score] =
            isOfGenerated ? [byOther.centered(), byImage.centered()] : [byImage.centered(), byOther.centered()]
    }

    private mutating func neighborhoods(_ progress: Progress) throws -> Manifolds? {
        if let manifolds { return manifolds }
        guard let real = real.vectors, let generated = generated.vectors else { return nil }
        manifolds = try Manifolds(
            real: real, generated: generated, neighbors: settings.neighbors,
            findsNearest: settings.findsContributions
        ) { try progress(EvaluationProgress("neighborhoods", unit: "images", done: $0, total: $1)) }
        return manifolds
    }

    private mutating func frechetDistance(_ progress: Progress) throws -> FrechetDistance {
        if let frechet { return frechet }
        try progress(EvaluationProgress("covariances", unit: "sets", done: 0, total: 2))
        let sides = [try real.statistics(), try generated.statistics()]
        try progress(EvaluationProgress("covariances", unit: "sets", done: 2, total: 2))
        let factors = try FrechetFactor.pair(sides[0], sides[1])
        let wantsInfluences = settings.bootstrap != nil || settings.findsContributions
        let found = try FrechetDistance(factors, derivatives: wantsInfluences)
        if wantsInfluences {
            for (side, set) in [real, generated].enumerated() {
                frechetInfluences[side] = set.vectors.map {
                    found.influences(of: $0, mean: sides[side].mean, side: side)
                }
            }
        }
        (self.factors, frechet) = (factors, found)
        return found
    }

    /// Intervals of the scores that have influences.
    func intervals() -> [SetScore: Interval] {
        guard let bootstrap = settings.bootstrap else { return [:] }
        let known = settings.scores.filter { values[$0] != nil && influences[$0]?.contains { $0 != nil } == true }
        let counts = [real, generated].map { $0.vectors?.count ?? 0 }
        let found = bootstrap.deviations(known.compactMap { influences[$0] }, sets: counts)
        var intervals: [SetScore: Interval] = [:]
        for (score, deviations) in zip(known, found) {
            guard let value = values[score] else { continue }
            let drawn = deviations.map { value + $0 }
            switch score {
            case .precision, .recall, .coverage:
                let of = score == .precision ? counts[1] : counts[0]
                intervals[score] = bootstrap.interval(drawn, ofShare: value, of: of)
            case .frechet, .diversity, .density:
                // None of them is below 0.
                intervals[score] = bootstrap.interval(drawn.map { max(0, $0) })
            case .frechetInfinity, .kernel: intervals[score] = bootstrap.interval(drawn)
            }
        }
        return intervals
    }

    func notes() -> [String] {
        let identities = [real.identity, generated.identity]
        let unknown = identities.filter { $0.stamp == nil }.map(\.name)
        return SetNotes(
            real: SetComparison.Side(real), generated: SetComparison.Side(generated), width: real.identity.width,
            settings: settings, manifolds: manifolds, extrapolation: extrapolation,
            unknown: unknown.count == 1 ? unknown[0] : nil
        ).texts
    }

    func contributions() -> [SetContribution]? {
        guard let real = real.vectors, let generated = generated.vectors, let manifolds else { return nil }
        return SetContribution.all(real, generated, manifolds, frechet: frechetInfluences)
    }
}
