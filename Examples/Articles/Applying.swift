// What the articles of the other products quote, compiled.
import DreamSim
import DreamSimRetrieval
import DreamSimService
import DreamSimTraining
import Foundation

func index() async throws {
    let index = try await ImageIndex.open(at: URL(filePath: "images.index"), model: "ensemble")
    for try await event in index.update(from: [URL(filePath: "photos")]) {
        if case .finished(let report) = event { print(report.added, report.failures.map(\.image)) }
    }
}

func modelOfIndex(_ folder: URL) async throws -> any EmbeddingMetric {
    let index = try await ImageIndex.open(at: folder)
    let model = index.model
    return model
}

func search(_ index: ImageIndex, for query: URL, in photos: URL) async throws {
    for hit in try await index.search(Image(contentsOf: query), count: 10, where: .inFolder(photos)) {
        print(hit.distance, hit.file.path)
    }
}

func duplicates(_ index: ImageIndex) async throws {
    let report = try await index.duplicates(.reencoded)
    for group in report.groups { print(group.keep, group.files.dropFirst().map(\.image)) }
}

func serve() async throws {
    var settings = ServiceSettings()
    settings.index = URL(filePath: "photos.index")
    let service = try PerceptualService(settings) { PerceptualService.Metrics([try await PerceptualModel.load()]) }
    try await service.run { port in print("http://127.0.0.1:\(port)/") }
}
