extension HTMLReport {
    /// Everything about how the page came about.
    var making: String {
        let set = report.dataSet
        var entries: [(term: String, text: String)] = [
            (
                "data set",
                "\(Markup.text(set.name)), read as <code>\(Markup.text(set.layout))</code> from <code>\(Markup.text(set.root))</code>"
            ),
            ("chosen", Markup.text(set.selection)),
            (
                "judgments",
                "\(set.judgments), of which \(report.skipped.count) skipped; \(set.leftOut) more left out by the choice"
            ),
            ("images", "\(set.images) distinct"),
            ("digest", "<code>\(set.digest)</code> (SHA-256 of ids, paths, judgments and weights)"),
            (
                "intervals",
                "95&#8239;%: \(Markup.text(report.intervals)); groups by clearness: Wilson's"
            ),
            ("score", Markup.text(set.task.scoreMeaning)),
        ]
        if !set.notes.isEmpty { entries.append(("notes", set.notes.map(Markup.text).joined(separator: "<br>"))) }
        let metrics = ranked.map { index in
            let metric = report.metrics[index]
            return
                "<tr><th scope=\"row\">\(Markup.text(metric.column.name))</th><td>\(Markup.text(metric.column.settings))</td>"
                + "<td><code>\(Markup.text(metric.column.weights ?? "none"))</code></td><td>\(metric.score.count)</td></tr>"
        }.joined(separator: "\n")
        return """
            <section>
            <h2>How this was made</h2>
            \(Markup.definitions(entries))
            <div class="scroll"><table class="plain"><thead><tr><th>metric</th><th>preparation</th>\
            <th>SHA-256 of the weights</th><th>n</th></tr></thead><tbody>
            \(metrics)
            </tbody></table></div>
            \(skips)
            <p class="note">Made by <code>dreamsim evaluate</code>.</p>
            </section>
            """
    }

    private var skips: String {
        let own = report.metrics.flatMap { metric in
            metric.failures.map { (who: metric.column.name, skip: $0) }
        }
        let all = report.skipped.map { (who: "every metric", skip: $0) } + own
        return Markup.details(all, "judgments without a value") {
            "<b>\(Markup.text($0.skip.id))</b> (\(Markup.text($0.who))): \(Markup.text($0.skip.reason))"
        }
    }
}
