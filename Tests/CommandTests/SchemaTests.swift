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
