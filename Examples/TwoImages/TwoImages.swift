// Compares two images:
//     swift run -c release two-images A.jpg B.jpg [METRIC]
import DreamSim
import Foundation

@main
enum TwoImages {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 2 else {
            print("usage: two-images A B [METRIC]")
            return
        }
        let name = arguments.count > 2 ? arguments[2] : "default"
        let metric = try await MetricCatalog.load(name) { event in
            if case .fetching(let progress) = event { print(progress) }
        }
        let a = try Image(contentsOf: URL(filePath: arguments[0]))
        let b = try Image(data: Data(contentsOf: URL(filePath: arguments[1])))
        print(metric.card.name, try metric.value(a, b), metric.card.direction)
    }
}
