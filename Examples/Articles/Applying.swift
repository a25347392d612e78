// What the articles of the other products quote, compiled.
import DreamSim
import DreamSimRetrieval
import DreamSimService
import DreamSimTraining
import Foundation

func invert(_ photo: Image, to url: URL) async throws {
    let loss = try await Loss("lpips-vgg + 0.5*dists")
    let options = InversionOptions(.pyramid, width: 224, height: 224)
    let inversion = try Inversion(of: [InversionTarget(photo, name: "photo.jpg")], by: loss, options)
    let report = try InversionRun(inversion, InversionRun.Settings()).run()
    try report.image.write(to: url)
    print(report.loss.start, report.loss.end)
}

func index() async throws {
    let model = try await PerceptualModel.load("ensemble")
    let index = URL(filePath: "images.index")
    let writer = try IndexWriter(index, settings: IndexSettings(model, source: "ensemble"))
    let report = try writer.update([ImagePath("photos")], with: model)
    print(report.added, report.failures.map(\.image))
}

func modelOfIndex(_ index: URL) async throws -> PerceptualModel {
    let settings = try IndexReader(index).settings
    let model = try await settings.loadModel(options: settings.loadingOptions(.fromEnvironment()))
    return model
}

func search(_ index: URL) async throws {
    let reader = try IndexReader(index)
    let queries = try await reader.queries([.file(ImagePath("query.jpg"))]) {
        try await PerceptualModel.load("ensemble")
    }
    for hit in try reader.search(queries.map { try $0.get() }, count: 10)[0] {
        print(hit.distance, hit.file.path)
    }
}

func duplicates(_ reader: IndexReader) throws -> DuplicateReport {
    let thresholds = DuplicateThresholds(typical: try reader.typicalDistance() ?? 0)
    let report = try reader.duplicates(DuplicateOptions(tier: .reencoded, thresholds: thresholds))
    return report
}

func serve() async throws {
    var settings = ServiceSettings()
    settings.index = URL(filePath: "photos.index")
    let service = try PerceptualService(settings) { PerceptualService.Metrics([try await PerceptualModel.load()]) }
    try await service.run { port in print("http://127.0.0.1:\(port)/") }
}
