import DreamSim
import DreamSimEvaluation
import DreamSimService
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// What the routes of the voting room answer.
@Suite("A service with a voting room", .timeLimit(.minutes(5)))
struct VotingRouteTests {
    private static func with<R: Sendable>(
        _ body: @escaping @Sendable (RunningService, URL) throws -> R
    ) async throws -> R {
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        for number in 0..<5 {
            try TinyModels.image(UInt64(number)).write(to: folder.appending(path: "secret-\(number).png"))
        }
        let table = folder.appending(path: "mine.csv")
        try Data(
            """
            ref,left,right
            secret-0.png,secret-1.png,secret-2.png
            secret-0.png,secret-3.png,secret-4.png

            """.utf8
        ).write(to: table)
        var settings = ServiceSettings()
        settings.votingRoom = try VotingRoom(ImagePath(table.path), repeats: 0)
        return try await RunningService.with(settings) { try body($0, folder) }
    }

    @Test("asks, shows images without their names, keeps judgments and takes them back")
    func sitting() async throws {
        try await Self.with { service, folder in
            let first = try service.get("/v1/voting")
            #expect(first.status == 200 && !first.text.contains("secret"))
            let trial = try #require(try first.json()["trial"] as? [String: Any])
            let number = try #require(trial["number"] as? Int)
            for place in ["reference", "left", "right"] {
                let image = try service.get(try #require(trial[place] as? String))
                #expect(image.status == 200 && image.headers["content-type"] == "image/png")
                #expect(image.body.starts(with: [0x89, 0x50, 0x4E, 0x47]))
            }
            func ask(_ method: String, _ path: String) throws -> RawClient.Answer {
                let client = try service.client()
                client.send(method, path, headers: ["Content-Length: 0"])
                return try client.answer()
            }
            func done(_ answer: RawClient.Answer) throws -> Int? {
                (try answer.json()["progress"] as? [String: Any])?["done"] as? Int
            }
            let path = "/v1/voting/judgments?trial=\(number)&choice=right&seconds=2.5&rater=Anna%20K."
            let judged = try ask("POST", path)
            #expect(try done(judged) == 1 && judged.json()["lastJudgment"] as? Int == 1)
            #expect(try ask("POST", path).status == 400, "once is enough")
            let table = try service.get("/v1/voting/votes.csv")
            #expect(table.headers["content-type"] == "text/csv; charset=utf-8")
            #expect(table.text == (try String(contentsOf: folder.appending(path: "mine.votes.csv"), encoding: .utf8)))
            #expect(
                table.text.contains("secret-0.png") && table.text.contains(",2.5,")
                    && table.text.hasSuffix(",Anna K.\n"))
            #expect(try done(ask("DELETE", "/v1/voting/judgments/last")) == 0)
            #expect(try ask("DELETE", "/v1/voting/judgments/last").status == 404)
            #expect(try ask("POST", path).json()["lastJudgment"] as? Int == 2)
            #expect(try done(ask("DELETE", "/v1/voting/judgments/2")) == 0)
            #expect(try ask("DELETE", "/v1/voting/judgments/2").status == 404)
            #expect(try done(ask("POST", "/v1/voting/judgments?trial=\(number)&choice=skip")) == 0)
            #expect(try ask("POST", "/v1/voting/judgments?trial=\(number)&choice=both").status == 400)
            #expect(try ask("POST", "/v1/voting/judgments?choice=left").status == 400)
            for name in [String(repeating: "a", count: 101), "a%0Ab"] {
                #expect(try ask("POST", "/v1/voting/judgments?trial=\(number)&choice=left&rater=\(name)").status == 400)
            }
            #expect(try service.get("/v1/voting/images/99/left").status == 404)
            #expect(try service.get("/v1/voting/images/0/middle").status == 404)
        }
    }

    @Test("says of an image that is gone that it can be skipped, and not where it was")
    func goneImage() async throws {
        try await Self.with { service, folder in
            for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasSuffix(".png") {
                try FileManager.default.removeItem(at: folder.appending(path: file))
            }
            let answer = try service.get("/v1/voting/images/0/reference")
            #expect(answer.status == 422 && answer.text.contains("skip it"), "\(answer.text)")
            #expect(!answer.text.contains(folder.path) && !answer.text.contains("secret"))
        }
    }

    @Test("has the disk's word for it before it says that a judgment is kept")
    func unwritable() async throws {
        try await Self.with { service, folder in
            try FileManager.default.removeItem(at: folder)
            let client = try service.client()
            client.send("POST", "/v1/voting/judgments?trial=0&choice=left", headers: ["Content-Length: 0"])
            let answer = try client.answer()
            #expect(answer.status == 500 && answer.text.contains("could not be kept"))
            #expect(!answer.text.contains(folder.path), "where files lie is nobody's business")
            #expect((try service.get("/v1/voting").json()["progress"] as? [String: Any])?["done"] as? Int == 0)
        }
    }

    @Test("is missing where none was opened, and the service says what it has")
    func none() async throws {
        try await RunningService.with { service in
            #expect(try service.get("/v1/voting").status == 404)
            let answer = try service.get("/v1/service").json()
            #expect(answer["isReady"] as? Bool == true && answer["hasVotingRoom"] as? Bool == false)
            #expect((try service.get("/v1/profiles").json()["profiles"] as? [Any])?.isEmpty == true)
        }
    }
}
