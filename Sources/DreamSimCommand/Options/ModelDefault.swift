import DreamSim

/// Which model a subcommand takes when none is named, as its help says it.
protocol ModelDefault {
    /// The default; nil where the model option has none.
    static var text: String? { get }
}

/// The default of a subcommand that compares.
enum ComparingDefault: ModelDefault {
    static var text: String? {
        "ensemble, else \(Catalog.Work.comparing.standIn), or \(Catalog.Work.tuning.standIn) for --feature, --adapter and --head"
    }
}

/// The default of a subcommand that tunes.
enum TuningDefault: ModelDefault {
    static var text: String? { "ensemble, else \(Catalog.Work.tuning.standIn)" }
}

/// The default of a subcommand that updates an index.
enum IndexDefault: ModelDefault {
    static var text: String? { "the index's; for a new one " + (ComparingDefault.text ?? "") }
}

/// No default: the subcommand does without a model, or takes a metric.
enum NoDefault: ModelDefault {
    static var text: String? { nil }
}
