import DreamSimRetrieval
import Foundation

/// Writes the places of a map in the layout that was asked for.
struct MapOutput {
    let map: Projection
    let format: OutputFormat

    func text() throws -> String {
        switch format {
        case .json: return try JSON.text(map) + "\n"
        case .ndjson: return try map.points.map { try JSON.line($0) + "\n" }.joined()
        case .csv:
            return CSV.line(["id", "image", "x", "y"])
                + map.points.map { CSV.line(["\($0.id)", $0.image.exact, "\($0.x)", "\($0.y)"]) }.joined()
        case .table:
            var table = TextTable([("x", .right), ("y", .right), ("id", .right), ("image", .left)])
            for point in map.points {
                table.add([
                    String(format: "%.4f", point.x), String(format: "%.4f", point.y), "\(point.id)", "\(point.image)",
                ])
            }
            return table.lines().map { $0 + "\n" }.joined()
        }
    }
}
