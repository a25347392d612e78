import Foundation

/// A run as one page: how loss and agreement went, each epoch, and everything the run depends on. It fetches nothing and runs
/// nothing.
struct TrainingPage {
    var options: TrainingOptions
    var model: ModelStamp
    /// What the triplets were read from, if that is known.
    var data: String?
    var learnt: Int
    var validated: Int
    var skipped: [SkippedTriplet]
    var totalSteps: Int
    var stepsPerEpoch: Int
    /// Where the frozen part is kept, if anywhere.
    var cache: String?
    var lines: [TrainingLog.Line]

    /// The page.
    var text: String {
        Page.text(
            title: "\(model.model): how the tuning went",
            body: [header, curves, epochs, making].joined(separator: "\n"))
    }

    private var steps: [TrainingLog.Line] { lines.filter { $0.kind == .step } }
    private var validations: [TrainingLog.Line] { lines.filter { $0.kind == .validation } }

    // MARK: - The opening

    private var header: String {
        """
        <header>
        <p class="kicker">\(Markup.text(model.model)) · \(Markup.text(data ?? "\(learnt) triplets"))</p>
        <h1>How the tuning went</h1>
        <p class="lead">\(verdict)</p>
        </header>
        """
    }

    private var verdict: String {
        let done = steps.last?.step ?? 0
        var text = "\(done) of \(totalSteps) steps are done. "
        let after = validations.filter { $0.epoch > 0 }
        guard let last = after.last else {
            return text
                + (validated == 0
                    ? "Nothing was held back to validate on, so that this page cannot tell whether the tuning helps."
                    : "There has been no validation yet.")
        }
        let best = after.last { $0.isBest == true } ?? last
        text +=
            "What was learnt by epoch \(best.epoch), the best one, agrees with people in <b>\(Markup.percent(best.agreement))</b> of "
            + "\(validated) triplets held back"
        if let start = validations.first(where: { $0.epoch == 0 }), let before = start.agreement,
            let now = best.agreement
        {
            text +=
                "; before training it was <b>\(Markup.percent(before))</b>, a difference of "
                + "\(Markup.points(now - before)) points"
        }
        return text + "."
    }

    // MARK: - Curves

    private var curves: String {
        func chart(_ title: String, _ value: KeyPath<TrainingLog.Line, Double?>, isShare: Bool) -> String {
            func points(_ lines: [TrainingLog.Line]) -> [(step: Int, value: Double)] {
                lines.compactMap { line in line[keyPath: value].map { (line.step, $0) } }
            }
            return CurveChart(
                title: title, steps: points(steps), held: points(validations), last: totalSteps, isShare: isShare
            ).markup
        }
        return """
            <section>
            <h2>Loss and agreement</h2>
            <p class="note">Steps are measured before they are taken, \(options.dropout > 0 ? "with dropout, " : "")on the few triplets of one batch; \
            validations \(options.dropout > 0 ? "without, " : "")on all triplets held back. Dashed: chance level.</p>
            <div class="charts wide">\(chart("loss", \.loss, isShare: false))\
            \(chart("agreement with people (2AFC)", \.agreement, isShare: true))</div>
            </section>
            """
    }

    private var epochs: String {
        let rows = Set(lines.filter { $0.kind != .skipped && $0.kind != .note }.map(\.epoch)).sorted().map { epoch in
            let steps = self.steps.filter { $0.epoch == epoch }
            let validation = validations.first { $0.epoch == epoch }
            func mean(_ value: KeyPath<TrainingLog.Line, Double?>) -> Double? {
                let values = steps.compactMap { $0[keyPath: value] }
                return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
            }
            let seconds = (steps + [validation].compactMap(\.self)).compactMap(\.seconds).reduce(0, +)
            let cells = [
                mean(\.loss).map(Markup.value) ?? "–", Markup.percent(mean(\.agreement)),
                (validation?.loss).map(Markup.value) ?? "–", Markup.percent(validation?.agreement),
                validation?.isBest == true ? "<b>best so far</b>" : "", Self.duration(seconds),
            ].map { "<td>\($0)</td>" }.joined()
            return "<tr><th scope=\"row\">\(epoch == 0 ? "before" : "\(epoch)")</th>\(cells)</tr>"
        }.joined(separator: "\n")
        return """
            <section>
            <h2>Epoch by epoch</h2>
            <div class="scroll"><table><thead><tr><th>epoch</th><th>loss, steps</th><th>2AFC, steps</th>\
            <th>loss, validation</th><th>2AFC, validation</th><th></th><th>time</th></tr></thead><tbody>
            \(rows)
            </tbody></table></div>
            </section>
            """
    }

    // MARK: - How it was made

    private var making: String {
        let seconds = (steps + validations).compactMap(\.seconds).reduce(0, +)
        var entries: [(term: String, text: String)] = [
            (
                "model",
                "\(Markup.text(model.model)), \(Markup.text(model.preprocessing)), embeddings "
                    + (model.isNormalized ? "normalized" : "as they are")
            ),
            ("weights", "<code>\(Markup.text(model.weights))</code>"),
            ("learnt from", "\(learnt) triplets, \(stepsPerEpoch) steps an epoch"),
            ("validated on", validated == 0 ? "nothing" : "\(validated) triplets"),
            ("left out", skipped.isEmpty ? "nothing" : "\(skipped.count) triplets with images that cannot be read"),
            ("time", "\(Self.duration(seconds)) for steps and validations"),
        ]
        if let data { entries.insert(("data", "<code>\(Markup.text(data))</code>"), at: 2) }
        if let cache { entries.append(("frozen part", "kept in <code>\(Markup.text(cache))</code>")) }
        entries += Self.settings(options).map { ($0.name, Markup.text($0.value)) }
        return """
            <section>
            <h2>How this was made</h2>
            \(Markup.definitions(entries))
            \(skips)
            <p class="note">Made by <code>dreamsim train</code>; every step is in <code>log.jsonl</code>.</p>
            </section>
            """
    }

    private var skips: String {
        Markup.details(skipped, "triplets left out", source: ", in log.jsonl") {
            "<b>\(Markup.text($0.place ?? $0.role.rawValue))</b>: \(Markup.text($0.reason))"
        }
    }

    /// Every setting that the method has, under its name in words.
    static func settings(_ options: TrainingOptions) -> [(name: String, value: String)] {
        guard let data = try? JSONEncoder().encode(options), let object = try? JSONSerialization.jsonObject(with: data)
        else { return [] }
        let ofUpdates: Set = ["rank", "alpha", "dropout", "layers"]
        let foreign: Set<String> =
            switch options.method {
            case .lora: ["hidden width"]
            case .mlp: ofUpdates.union(["triplets together", "recomputes blocks"])
            case .full: ofUpdates.union(["hidden width"])
            }
        return flattened(object, name: "").filter { !foreign.contains($0.name) }.sorted { $0.name < $1.name }
    }

    private static func flattened(_ value: Any, name: String) -> [(name: String, value: String)] {
        if let object = value as? [String: Any] {
            return object.flatMap { key, value in
                let words = key.reduce(into: "") { $0 += $1.isUppercase ? " " + $1.lowercased() : String($1) }
                return flattened(value, name: name.isEmpty ? words : "\(name): \(words)")
            }
        }
        guard let number = value as? NSNumber else { return [(name, "\(value)")] }
        if CFBoolean.isBoolean(number) { return [(name, number.boolValue ? "yes" : "no")] }
        // Shortest digits of a float32, which most settings are.
        let double = number.doubleValue
        return [(name, double == double.rounded() ? "\(number.int64Value)" : String(format: "%.7g", double))]
    }

    private static func duration(_ seconds: Double) -> String {
        if seconds < 100 { return String(format: "%.1f s", seconds) }
        let whole = Int(seconds.rounded())
        return whole < 3600
            ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}

/// Whether a number of JSON was written as true or false.
private enum CFBoolean {
    static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
