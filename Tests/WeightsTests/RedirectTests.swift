import DreamSimSupport
import DreamSimWeights
import Foundation
import TestSupport
import Testing

@Suite("Redirects and addresses") struct RedirectTests {
    @Test("up to five redirects are followed, also to another host")
    func follow() async throws {
        let (contents, source) = Release.plain(1000)
        try await withStore(contents) { fixture in
            let port = fixture.server.port
            fixture.server.change {
                $0.faults = [
                    .redirect(to: "/a"), .redirect(to: "http://localhost:\(port)/b"), .redirect(to: "c?token=1"),
                    .redirect(to: "/d"), .redirect(to: "/e"),
                ]
            }
            try await fixture.store.fetch(source)
            #expect(
                fixture.server.requests.map(\.path) == ["/files/weights.bin", "/a", "/b", "/c?token=1", "/d", "/e"])
        }
    }

    @Test(
        "a redirect to http, a loop, a sixth redirect, and one to nowhere are refused",
        arguments: [
            (["http://example.com/x"], "not https"), (["ftp://127.0.0.1/x"], "not https"),
            (["file:///etc/passwd"], "not https"), (["/a", "/b", "/a"], "loop"), (["/files/weights.bin"], "loop"),
            (["/1", "/2", "/3", "/4", "/5", "/6"], "more than 5"),
        ])
    func refused(_ targets: [String], _ reason: String) async throws {
        let (contents, source) = Release.plain(1000)
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = targets.map { .redirect(to: $0) } }
            let error = await failure(fixture.store, source)
            #expect(error.kind == .refused)
            #expect(error.reason.contains(reason), "\(error)")
            #expect(fixture.downloads.isEmpty)
        }
    }

    @Test("https never leads to http, not even on this machine")
    func downgrade() throws {
        let secure = try #require(URL(string: "https://example.com/file"))
        for target in ["http://example.com/file", "http://127.0.0.1/file", "http://localhost:8080/x", "//[", ""] {
            #expect(throws: DreamSimError.self, "\(target)") {
                try RemotePolicy.follow(target, from: secure, visited: [])
            }
        }
        #expect(
            try RemotePolicy.follow("/other", from: secure, visited: []).absoluteString == "https://example.com/other")
        #expect(
            try RemotePolicy.follow("https://cdn.example.org/x?sig=a%2Fb", from: secure, visited: []).absoluteString
                == "https://cdn.example.org/x?sig=a%2Fb")
    }

    @Test("an address of the catalog that is not https is refused")
    func plainHTTP() async throws {
        try await withStore([1], { $0.mirror = nil }) { fixture in
            let source = WeightSource(
                location: .https(URL(string: "http://example.com/weights.bin")!), packaging: .plain,
                items: [WeightSource.Item(member: nil, path: "a.bin")], license: "MIT")
            #expect(await failure(fixture.store, source).kind == .refused)
        }
    }

    @Test("a resumed download goes through the redirects again")
    func resume() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            fixture.server.change {
                $0.faults = [.redirect(to: "/cdn?sig=1"), .cut(after: 1_000_000), .redirect(to: "/cdn?sig=2")]
            }
            try await fixture.store.fetch(source)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
            #expect(fixture.server.requests.last?.path == "/cdn?sig=2")
            #expect(fixture.server.requests.last?.ifRange == "\"one\"")
            #expect((1...1_000_000).contains(fixture.server.offsets.last ?? 0))
        }
    }
}
