import ArgumentParser
import DreamSim
import Foundation

struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "List the metrics and their properties.",
        discussion: """
            --metric takes every name. Metrics of any size need two images of the same size; see --resize. 'heatmap' takes \
            metrics with a map, 'invert' those with a gradient.

            EXAMPLES
              dreamsim metrics
              dreamsim metrics --format json
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let rows = MetricCatalog.listing(in: ModelStore(try store.configuration()))
        switch output.format {
        case .json: Terminal.write(try JSON.text(rows) + "\n")
        case .ndjson: Terminal.write(try rows.map { try JSON.line($0) + "\n" }.joined())
        case .csv:
            Terminal.write(
                CSV.line([
                    "name", "kind", "ready", "direction", "lowest", "highest", "identical", "size", "gradient", "map",
                    "precisions", "summary",
                ])
                    + rows.map {
                        CSV.line([
                            $0.name, $0.kind.rawValue, "\($0.isReady)", $0.direction.rawValue, "\($0.lowest)",
                            "\($0.highest)", "\($0.identical)", Self.text($0.size), "\($0.hasGradient)",
                            "\($0.isSpatial)", $0.precisions.map(\.rawValue).joined(separator: " "), $0.summary,
                        ])
                    }.joined())
        case .table:
            var table = TextTable([
                ("name", .left), ("ready", .left), ("more alike", .left), ("range", .left), ("size", .left),
                ("gives", .left), ("what it is", .left),
            ])
            for row in rows {
                table.add([
                    row.name, row.isReady ? "yes" : "no",
                    row.direction == .lowerIsMoreAlike ? "↓ lower" : "↑ higher",
                    "\(Self.bound(row.lowest)) to \(Self.bound(row.highest))", Self.text(row.size),
                    Self.gifts(row), row.summary,
                ])
            }
            var lines = table.lines()
            if output.quiet {
                lines.removeFirst()
            } else {
                lines += [
                    "",
                    "Sizes: 'equal' takes two images of the same size, as they are, of at least so many pixels a side.",
                    "Beside its number a metric gives a gradient, for 'invert' and losses, or a map, for 'heatmap'.",
                    "Models compute in int16 and int8 too (--precision), LPIPS and DISTS in int16.",
                    "What is not ready needs weights: 'dreamsim models pull NAME' fetches them.",
                ]
            }
            Terminal.write(lines.map { $0 + "\n" }.joined())
        }
    }

    private static func gifts(_ row: MetricListing) -> String {
        let gifts = [(row.hasGradient, "gradient"), (row.isSpatial, "map")].filter(\.0).map(\.1)
        return gifts.isEmpty ? "-" : gifts.joined(separator: ", ")
    }

    private static func bound(_ value: Double) -> String {
        value.isInfinite ? "\(value)" : String(format: "%g", value)
    }

    private static func text(_ size: MetricCard.Size) -> String {
        switch size {
        case .full(let minimum): minimum > 1 ? "equal, \(minimum) or more" : "equal"
        case .square(let side): "any, to \(side)x\(side)"
        }
    }
}
