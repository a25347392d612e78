import ArgumentParser
import DreamSim
import Foundation

extension Compare {
    /// Measures the pairs of a table.
    func measure(_ table: PairTable) async throws {
        guard table.count > 0 else {
            throw ValidationError("--pairs \(table.path): holds no pairs below its first line")
        }
        try await measure(
            count: table.count, columns: table.columns, pair: { table[$0].pair }, fields: { table[$0].fields },
            alone: [])
    }

    /// Measures the images of two folders that have the same name.
    func measure(_ a: ImagePath, _ b: ImagePath) async throws {
        for folder in [a, b] where !ImageFinder.isFolder(folder) {
            throw ValidationError("--by-name needs two folders; \(folder) is none")
        }
        let folders = FolderPairs(a, b) { folder, reason in Terminal.error("\(folder): \(reason)") }
        guard !folders.pairs.isEmpty || !folders.unpaired.isEmpty else {
            throw ValidationError("no image was found in \(a) and \(b)")
        }
        let pairs = folders.pairs
        try await measure(
            count: pairs.count, columns: ["a", "b"], pair: { .success(pairs[$0]) },
            fields: { [pairs[$0].a.exact, pairs[$0].b.exact] }, alone: folders.unpaired)
    }

    /// Measures pairs, and writes each as it is done.
    /// - Parameters:
    ///   - columns: the names of the columns that stand before the values.
    ///   - fields: those columns' fields of the pair of an index.
    ///   - alone: files without a partner, which come last.
    private func measure(
        count: Int, columns: [String], pair: @escaping @Sendable (Int) -> Result<ImagePair, PairFailure>,
        fields: (Int) -> [String], alone: [FolderPairs.Alone]
    ) async throws {
        let (comparer, names) = try await metrics.loadNamed(quiet: output.quiet)
        let columnsOfValues = comparer.columns
        let limits = try thresholds.limits(of: columnsOfValues, askedForBy: names)
        var writer = PairsOutput(metrics: columnsOfValues, limits: limits, columns: columns, options: output)
        var errors = MetricErrors(columnsOfValues, isTolerant: metrics.isEverything, isQuiet: output.quiet)
        let progress = ProgressLine(count, unit: "pairs", isQuiet: output.quiet)
        var done = 0
        Terminal.write(try writer.header())
        try comparer.compare(count: count, pair: pair) { outcome in
            var row = PairsOutput.Row(
                imageA: outcome.pair?.a, imageB: outcome.pair?.b, fields: fields(outcome.index))
            if !output.quiet { outcome.warnings.forEach(Terminal.note) }
            switch outcome.result {
            case .success(let results):
                (row.values, row.errors) = ComparisonReport.values(of: columnsOfValues, results)
                errors.add(row.errors, of: "\(outcome.pair.map { "\($0.a), \($0.b)" } ?? "")")
            case .failure(let failure):
                row.error = failure.description
                errors.add(failure.description)
            }
            Terminal.write(try writer.text(row))
            done += 1
            progress.show(done)
        }
        for file in alone {
            let name = file.image.exact
            Terminal.write(
                try writer.text(
                    PairsOutput.Row(
                        imageA: file.isOfFirst ? file.image : nil, imageB: file.isOfFirst ? nil : file.image,
                        fields: file.isOfFirst ? [name, ""] : ["", name], error: file.error)))
            errors.add(file.error)
        }
        progress.clear()
        Terminal.write(try writer.footer(failed: errors.failures))
        errors.finish(of: count)
        writer.tell()
        if errors.hasFailed { Terminal.exit(.failed) }
        if writer.pass == false { Terminal.exit(.aboveThreshold) }
    }
}
