import Foundation
import TestSupport
import Testing

/// JSON that the command writes follows the schemas that are published for it.
@Suite("Outputs and their schemas")
struct SchemaTests {
    @Test("A ranking follows its schema, by one model, by many metrics and with a broken file", arguments: 0..<3)
    func compare(index: Int) throws {
        try CommandTests.withBench { bench in
            if index == 2 { try Data("no image".utf8).write(to: bench.images.appending(path: "bad.jpg")) }
            let metrics = [bench.model, bench.model + ["--metric", "psnr,l1"], bench.model][index]
            let run = try bench.run(
                ["compare", bench.image("a.png"), bench.images.path, "--format", "json"] + metrics)
            let json = try run.json()
            #expect(try JSONSchema("compare").faults(of: json) == [])
            #expect((json["failures"] as? [Any])?.isEmpty == (index < 2))
        }
    }

    @Test("A vote follows its schema, by one model and by many metrics")
    func vote() throws {
        try CommandTests.withBench { bench in
            let (a, b) = (bench.image("a.png"), bench.image("b.jpg"))
            for metrics in [[], ["--metric", "psnr,l1"]] {
                let run = try bench.run(["vote", a, b, a, "--format", "json"] + bench.model + metrics)
                #expect(try JSONSchema("vote").faults(of: run.json()) == [])
            }
        }
    }

    @Test("Pairs follow their schema, whatever fails")
    func pairs() throws {
        try CommandTests.withBench { bench in
            let table = bench.images.appending(path: "pairs.csv")
            try Data("id,a,b\n1,a.png,b.jpg\n2,a.png,gone.png\n3\n".utf8).write(to: table)
            let run = try bench.run(["compare", "--pairs", table.path, "--format", "json"] + bench.model)
            let json = try run.json()
            #expect(try JSONSchema("pairs").faults(of: json) == [] && json["failed"] as? Int == 2)
        }
    }

    @Test("Searches and duplicates follow their schemas, and every line of NDJSON says what made its numbers")
    func collections() throws {
        try CommandTests.withBench { bench in
            try FileManager.default.copyItem(
                atPath: bench.image("a.png"), toPath: bench.images.appending(path: "copy.png").path)
            let index = ["--index", bench.home.appending(path: "index").path]
            #expect(try bench.run(["index", bench.images.path] + index + bench.model).code == 0)
            for (arguments, schema) in [
                (["search", bench.image("b.jpg"), "--unlike", bench.image("c.webp")], "search"), (["dedupe"], "dedupe"),
            ] {
                let json = try bench.run(arguments + index + ["--format", "json"]).json()
                #expect(try JSONSchema(schema).faults(of: json) == [])
                let name = try #require((json["metrics"] as? [[String: Any]])?.first?["name"] as? String)
                let entries =
                    (json["searches"] as? [[String: Any]])?.first?["results"]
                    ?? (json["groups"] as? [[String: Any]])?.first?["files"]
                let values = try #require(entries as? [[String: Any]]).map { $0["values"] as? [String: Double] }
                #expect(values.count > 1 && values.allSatisfy { $0?[name] != nil })
                let lines = try bench.run(arguments + index + ["--format", "ndjson"]).output.split(separator: "\n")
                for line in lines {
                    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                    #expect((object?["metrics"] as? [[String: Any]])?.first?["name"] as? String == name)
                }
                #expect(!lines.isEmpty)
                let csv = try bench.run(arguments + index + ["--format", "csv"]).output.split(separator: "\n")
                #expect(csv[0].contains(",\(name),") && csv[0].hasSuffix(",directions,weights,preprocessing"))
            }
        }
    }

    @Test("An evaluation follows its schema, with its items and without")
    func evaluate() throws {
        try Fixtures.withTemporaryFolder { home in
            let set = try EvaluateTests.triplets(6, side: 16, in: home)
            let file = home.appending(path: "all.json")
            let arguments = ["evaluate", "triplets", set, "--metric", "mse,ssim:skimage", "--no-cache"]
            let run = try CommandRun(arguments + ["--format", "json", "-o", file.path], home: home)
            let schema = try JSONSchema("evaluate")
            #expect(try schema.faults(of: run.json()) == [])
            let whole = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
            #expect(schema.faults(of: whole) == [])
            #expect(((whole as? [String: Any])?["items"] as? [Any])?.count == 12)
        }
    }

    @Test("What does not follow a schema is found")
    func faults() throws {
        let schema = try JSONSchema("compare")
        let metric: [String: Any] = [
            "name": "l1", "summary": "", "direction": "lower is more alike", "identical": 0, "preprocessing": "",
        ]
        var json: [String: Any] = [
            "metrics": [metric], "reference": "r", "rankedBy": "l1", "failures": [Any](), "warnings": [Any](),
            "results": [["rank": 1, "image": "a", "values": ["l1": "inf"], "ranks": ["l1": 1]]],
        ]
        #expect(schema.faults(of: json) == [])
        json["distance"] = 1
        #expect(schema.faults(of: json) == ["$.distance: unknown member"])
        json["distance"] = nil
        json["results"] = [["rank": 1.5, "image": "a", "values": ["l1": "x"], "ranks": [String: Int]()]]
        #expect(schema.faults(of: json).count == 2)
        json["results"] = nil
        json["metrics"] = [metric.merging(["direction": "up"]) { $1 }]
        #expect(schema.faults(of: json).count == 2)
    }
}
