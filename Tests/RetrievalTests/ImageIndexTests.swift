import DreamSimRetrieval
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// The index as programs use it.
@Suite("An index for programs")
struct ImageIndexTests {
    @Test("A reader that stops ends the update, which keeps what is done; the next one does the rest")
    func stopped() async throws {
        try await TinyModels.withModel { model, home in
            let photos = home.appending(path: "photos")
            try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
            for number in 0..<40 {
                try TinyModels.image(UInt64(number)).write(to: photos.appending(path: "\(number).png"))
            }
            try Data("no image".utf8).write(to: photos.appending(path: "broken.jpg"))
            let place = home.appending(path: "index")
            let options = TinyModels.options(home: home)
            let index = try await ImageIndex.open(
                at: place, model: home.appending(path: "model.json").path, options: options)
            for try await event in index.update(from: [photos]) {
                if case .progress = event { break }
            }
            var (failures, report) = ([String](), IndexingReport?.none)
            // It waits for the update that was stopped.
            for try await event in index.update(from: [photos]) {
                if case .failure(let path, _) = event { failures.append(path.name) }
                if case .finished(let done) = event { report = done }
            }
            // The update that was stopped may have told of it already.
            #expect(Set(failures).isSubset(of: ["broken.jpg"]) && report?.isComplete == true)
            #expect(try index.count == 40)
            // The model that made it is found without being named.
            let again = try await ImageIndex.open(at: place, options: options)
            let hits = try await again.search(
                TinyModels.image(7), count: 2, where: .inFolder(photos))
            #expect(hits[0].file.path.name == "7.png" && hits[0].distance < 1e-3 && hits[1].distance > hits[0].distance)
            #expect(try await again.duplicates(.identicalPixels).groups.isEmpty)
            await #expect(throws: DreamSimError.self) { try await again.search(TinyModels.image(7), count: 0) }
        }
    }
}
