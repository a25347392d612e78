// The README's example, compiled. It takes a reference and candidates, and names the most alike.
import DreamSim
import Foundation

@main
enum Example {
    static func main() async throws {
        let files = CommandLine.arguments.dropFirst().map { URL(filePath: $0) }
        guard files.count >= 2 else {
            print("usage: readme-example REFERENCE IMAGE...")
            return
        }
        try await rank(files[0], Array(files.dropFirst()))
    }

    static func rank(_ reference: URL, _ files: [URL]) async throws {
        let model = try await PerceptualModel.load("vits14-focus")
        let original = model.embed(try Image(contentsOf: reference))
        for file in files {
            let distance = try model.embed(Image(contentsOf: file)).distance(to: original)
            print(file.lastPathComponent, distance)  // 0 is the same; lower is more alike
        }
    }
}
