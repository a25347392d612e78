import Foundation

extension HTMLReport {
    /// The judgments on which metrics and people differ most, with images.
    var disagreements: String {
        let worst = mostDisputed()
        guard !worst.isEmpty else { return "" }
        return """
            <section>
            <h2>Where metrics and people differ most</h2>
            <p class="note">Ordered by how clearly and how many metrics contradict people: each metric's wrong choices count \
            by the rank of their clearness among its own, its right ones against.</p>
            <div class="disputes">
            \(worst.map(dispute).joined(separator: "\n"))
            </div>
            </section>
            """
    }

    /// The most disputed judgments, the worst first.
    func mostDisputed() -> [EvaluationReport.Item] {
        let items = report.items
        var totals = [Double](repeating: 0, count: items.count)
        for metric in report.metrics.indices {
            let isRanked = report.dataSet.task == .sameOrNot
            let direction = report.metrics[metric].column.direction
            // The clearness of a choice, or the value of a pair, as a number that can be sorted.
            let keys: [(index: Int, key: Double)] = items.indices.compactMap { index in
                guard let score = items[index].scores[metric], let value = items[index].values[metric]?.first else {
                    return nil
                }
                return (index, isRanked ? (direction == .lowerIsMoreAlike ? -value : value) : score.margin)
            }.sorted { ($0.key, $0.index) < ($1.key, $1.index) }
            for (rank, entry) in keys.enumerated() {
                let place = (Double(rank) + 0.5) / Double(keys.count)
                if let share = items[entry.index].judged.judgment.share, isRanked {
                    totals[entry.index] += abs(place - share) - 0.5
                } else if let score = items[entry.index].scores[metric]?.score {
                    totals[entry.index] += (0.5 - score) * 2 * place
                }
            }
        }
        var seen: Set<[ImagePath]> = []
        return totals.indices.filter { totals[$0] > 0 }.sorted { (-totals[$0], $0) < (-totals[$1], $1) }
            .map { items[$0] }.filter { seen.insert($0.judged.images).inserted }.prefix(shown).map { $0 }
    }

    private func dispute(_ item: EvaluationReport.Item) -> String {
        let task = report.dataSet.task
        // The reference stands between its two variations.
        let order = task == .twoAlternatives ? [1, 0, 2] : Array(item.judged.images.indices)
        let images = order.map { place in
            image(item.judged.images[place], name: task.imageNames[place], chips: chips(item, place))
        }.joined()
        let rows = ranked.map { index -> String in
            let name = "<th scope=\"row\">\(Markup.text(report.metrics[index].column.name))</th>"
            guard let values = item.values[index], let score = item.scores[index] else {
                return "<tr>\(name)<td colspan=\"\(task.pairNames.count)\">no value</td><td></td></tr>"
            }
            let cells = values.enumerated().map { place, value in
                "<td\(score.choice == place ? " class=\"chosen\"" : "")>\(Markup.value(value))</td>"
            }.joined()
            let mark =
                score.score.map {
                    $0 > 0.5
                        ? "<td class=\"good\">agrees</td>" : $0 < 0.5 ? "<td class=\"bad\">differs</td>" : "<td>–</td>"
                } ?? ""
            return "<tr>\(name)\(cells)\(mark)</tr>"
        }.joined()
        let head =
            task.pairNames.map { "<th scope=\"col\">\($0)</th>" }.joined() + (task == .sameOrNot ? "" : "<th></th>")
        let parts = Set(report.metrics.flatMap { $0.parts.map(\.part) })
        let labels = item.judged.labels.filter(parts.contains).map { " · " + Markup.text($0) }.joined()
        return """
            <article class="card">
            <h3>\(Markup.text(item.judged.id))<small>\(labels)</small></h3>
            <div class="images">\(images)</div>
            <p class="people">\(people(item))</p>
            <div class="scroll"><table class="values"><thead><tr><th></th>\(head)</tr></thead><tbody>\(rows)</tbody></table></div>
            </article>
            """
    }

    /// Who chose an image.
    private func chips(_ item: EvaluationReport.Item, _ place: Int) -> String {
        guard report.dataSet.task == .twoAlternatives, place > 0 else { return "" }
        var chips: [String] = []
        if let share = item.judged.judgment.share {
            let own = place == 2 ? share : 1 - share
            if own > 0.5 { chips.append("<span class=\"chip people\">people</span>") }
        }
        chips += ranked.filter { item.scores[$0]?.choice == place - 1 }.map {
            "<span class=\"chip\">\(Markup.text(report.metrics[$0].column.name))</span>"
        }
        return chips.joined()
    }

    private func people(_ item: EvaluationReport.Item) -> String {
        switch item.judged.judgment {
        case .rightShare(let share):
            share == 0.5
                ? "People are divided."
                : "\(Markup.percent(max(share, 1 - share), digits: 0)) of people: \(share > 0.5 ? "right" : "left")."
        case .thirdIsOdd: "People: the third is the odd one."
        case .sameShare(let share): "\(Markup.percent(share, digits: 0)) of people: the same."
        }
    }

    private func image(_ path: ImagePath, name: String, chips: String) -> String {
        let content =
            thumbnail(path).map {
                "<img src=\"data:image/jpeg;base64,\($0)\" alt=\"\(Markup.text(name)): \(Markup.text(path.name))\" loading=\"lazy\">"
            } ?? "<span class=\"missing\">cannot be shown</span>"
        return "<figure>\(content)<figcaption title=\"\(Markup.text(path))\">\(Markup.text(name))</figcaption>"
            + "<div class=\"chips\">\(chips)</div></figure>"
    }

    /// A small JPEG in base 64.
    private func thumbnail(_ path: ImagePath) -> String? {
        guard let image = try? Image(contentsOfFile: path.bytes, options: decoding) else { return nil }
        let scale = min(1, 240 / Double(max(image.width, image.height)))
        let small = image.resized(
            width: max(1, Int((Double(image.width) * scale).rounded())),
            height: max(1, Int((Double(image.height) * scale).rounded())))
        return (try? small.jpegData(quality: 82)).map { Data($0).base64EncodedString() }
    }
}
