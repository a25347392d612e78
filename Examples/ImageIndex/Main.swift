// Keeps an index of a folder of images, and finds those that are most similar to one:
//     swift run -c release image-index INDEX FOLDER QUERY.jpg
import DreamSim
import DreamSimRetrieval
import Foundation

@main
enum Program {
    static func main() async throws {
        let urls = CommandLine.arguments.dropFirst().map { URL(filePath: $0) }
        guard urls.count == 3 else {
            print("usage: image-index INDEX FOLDER QUERY")
            return
        }
        let (place, folder, query) = (urls[0], urls[1], urls[2])
        let index = try await ImageIndex.open(at: place, model: "lite")
        for try await event in index.update(from: [folder]) {
            switch event {
            case .progress(let done, let total): print("\(done) of \(total)")
            case .failure(let path, let reason): print("\(path): \(reason)")
            case .note(let text): print(text)
            case .finished(let report): print("\(report.added) added, \(report.images) images")
            }
        }
        for hit in try await index.search(Image(contentsOf: query), count: 10, where: .inFolder(folder)) {
            print(hit.distance, hit.file.path)
        }
    }
}
