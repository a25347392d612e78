import DreamSim
import DreamSimEvaluation
import DreamSimTensors
import Foundation
import TestSupport
import Testing

private func set(_ rows: [[Float]], _ name: String = "rows") throws -> SetVectors {
    try SetVectors(Tensor(rows.flatMap(\.self), shape: [rows.count, rows[0].count]), name: name)
}

@Suite("Classification by nearest neighbors")
struct NeighborClassificationTests {
    // Directions on a circle, in degrees.
    private func circle(_ degrees: [Double]) throws -> SetVectors {
        try set(degrees.map { [Float(cos($0 * .pi / 180)), Float(sin($0 * .pi / 180))] })
    }

    @Test("Votes are weighted by exp(similarity / temperature)")
    func weights() throws {
        let gallery = (vectors: try circle([0, 40, 50]), labels: [0, 1, 1])
        func classify(_ temperature: Double, _ neighbors: Int) throws -> NeighborClassification {
            var settings = NeighborClassification.Settings()
            (settings.neighbors, settings.temperature) = (neighbors, temperature)
            return try NeighborClassification(
                (try circle([15]), [0]), gallery: gallery, classes: ["a", "b"], settings: settings)
        }
        // One near vote weighs more than two far ones where the temperature is low.
        let cold = try classify(0.05, 3), hot = try classify(100, 3)
        #expect(cold.predictions[0].predicted == "a" && hot.predictions[0].predicted == "b")
        let (near, far) = (exp(cos(15 * Double.pi / 180) / 0.05), [25.0, 35].map { exp(cos($0 * .pi / 180) / 0.05) })
        #expect(abs(cold.predictions[0].share - near / (near + far[0] + far[1])) < 1e-6)
        #expect(abs(hot.predictions[0].share - 2.0 / 3) < 1e-3)
        #expect(try classify(100, 1).predictions[0].predicted == "a")
        // A temperature whose weights have no number of their own.
        #expect(try classify(1e-4, 3).predictions[0].share == 1)
    }

    @Test("Leave-one-out leaves the image itself out, and counts accuracies by class")
    func leaveOneOut() throws {
        let images = (vectors: try circle([0, 2, 4, 90, 92, 3]), labels: [0, 0, 0, 1, 1, 1])
        var settings = NeighborClassification.Settings()
        settings.neighbors = 1
        let report = try NeighborClassification(images, classes: ["a", "b"], settings: settings)
        // The last one lies among the others' class; so do its neighbors' nearest ones.
        #expect(report.predictions.map(\.predicted) == ["a", "b", "b", "b", "b", "a"])
        #expect(report.accuracy.value == 0.5 && report.top5.value == 0.5 && report.protocolName == "leave-one-out")
        #expect(report.classes.map(\.accuracy) == [1.0 / 3, 2.0 / 3] && report.classes[0].confusedWith == "b")
        let interval = try #require(report.accuracy.interval)
        #expect(interval.low < 0.5 && interval.high > 0.5)
    }

    @Test("Too few voters and other widths are errors")
    func faults() throws {
        let few = try #require(throws: DreamSimError.self) {
            try NeighborClassification((circle([0, 1, 2]), [0, 0, 1]), classes: ["a", "b"])
        }
        #expect(few.kind == .empty && "\(few)".contains("at least 21"))
        let width = try #require(throws: DreamSimError.self) {
            var settings = NeighborClassification.Settings()
            settings.neighbors = 1
            _ = try NeighborClassification(
                (circle([0, 1]), [0, 1]), gallery: (set([[1, 2, 3], [1, 2, 4]]), [0, 1]), classes: ["a", "b"],
                settings: settings)
        }
        #expect(width.kind == .incomparable)
    }

    @Test("Folders are classes; images beside them are noted; one class is an error")
    func folders() throws {
        try Fixtures.withTemporaryFolder { folder in
            for name in ["b/1.png", "a/deep/2.png", "a/3.jpg", "4.png"] {
                let file = folder.appending(path: name)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data().write(to: file)
            }
            let found = try LabeledImages(in: ImagePath(folder.path + "/"))
            #expect(found.classes == ["a", "b"] && found.labels == [0, 0, 1])
            #expect(found.images.map(\.name) == ["3.jpg", "2.png", "1.png"] && found.notes.count == 1)
            try FileManager.default.removeItem(at: folder.appending(path: "b"))
            let fault = try #require(throws: DreamSimError.self) { try LabeledImages(in: ImagePath(folder.path)) }
            #expect(fault.kind == .empty && "\(fault)".contains("images of 1 class"))
        }
    }
}

@Suite("Retrieval")
struct RetrievalEvaluationTests {
    @Test("Recalls and average precisions are those of a list that was ranked by hand")
    func ranked() throws {
        let gallery = try set([[1, 0], [0.9, 0.1], [0.8, 0.3], [0.5, 0.5], [0, 1]])
        // By row 0 the order is 1, 2, 3, 4; 2 and 4 belong to it.
        let queries = [
            RetrievalEvaluation.Query(row: 0, relevant: [2, 4], own: 0),
            RetrievalEvaluation.Query(row: 4, relevant: [3], own: 4),
            RetrievalEvaluation.Query(row: 1, relevant: [], own: 1),
        ]
        let report = try RetrievalEvaluation(queries, vectors: gallery, gallery: gallery, cutoffs: [1, 2, 3])
        #expect(report.queries.map(\.firstRank) == [2, 1])
        #expect(report.queries.map(\.averagePrecision) == [(1.0 / 2 + 2.0 / 4) / 2, 1])
        #expect(report.recallAt["1"]?.value == 0.5 && report.recallAt["2"]?.value == 1)
        #expect(report.meanAveragePrecision.value == 0.75)
        #expect(report.notes == ["1 queries are left out, because no image belongs to them"])
    }

    @Test("A table names what belongs to queries; what is not searched is an error with its line")
    func table() throws {
        try Fixtures.withTemporaryFolder { folder in
            let file = folder.appending(path: "queries.csv")
            try Data("query,relevant\nq.png,g/a.png\ng/a.png,g/b.png\nq.png,g/b.png\n".utf8).write(to: file)
            let table = try RetrievalTable(contentsOf: ImagePath(file.path))
            let paths = ["g/a.png", "g/b.png", "q.png"].map { ImagePath(folder.path + "/" + $0) }
            #expect(table.queries(outside: Array(paths[..<2])) == [paths[2]])
            let rows = try SetVectors(Tensor([1, 0, 0, 1, 1, 1], shape: [3, 2]), name: "all", images: paths)
            let (queries, notes) = try table.queries(in: rows, gallery: 2)
            #expect(queries.map(\.row) == [2, 0] && queries.map(\.own) == [nil, 0] && notes.isEmpty)
            #expect(queries.map(\.relevant) == [[0, 1], [1]])
            let fault = try #require(throws: DreamSimError.self) { try table.queries(in: rows, gallery: 1) }
            #expect(fault.kind == .missing && fault.line == 3)
        }
    }
}
