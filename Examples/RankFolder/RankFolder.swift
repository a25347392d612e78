// Ranks the images of a folder by their distance from one, and draws the ranking:
//     swift run -c release rank-folder REFERENCE.jpg FOLDER SHEET.png
import DreamSim
import Foundation

@main
enum RankFolder {
    static func main() async throws {
        let urls = CommandLine.arguments.dropFirst().map { URL(filePath: $0) }
        guard urls.count == 3 else {
            print("usage: rank-folder REFERENCE FOLDER SHEET")
            return
        }
        let metric = try await MetricCatalog.load("default")
        let comparison = Comparison(
            reference: urls[0], candidates: try ImageFiles(in: urls[1]), metrics: [metric, StructuralSimilarity.wang],
            resize: 224)
        for await progress in comparison.progress { print(progress.done, "of", progress.total) }
        let ranking = try await comparison.result
        for entry in ranking.results { print(entry.image, entry.values) }
        for failure in ranking.failures { print(failure.image, failure.error) }
        try ranking.sheet().write(to: urls[2])
    }
}
