import DreamSimSupport
import DreamSimWeights
import Foundation
import TestSupport
import Testing

/// What libcurl is told to do, and what it is kept from.
@Suite("Transfers") struct TransferTests {
    @Test("an answer that is not the last is passed over")
    func interim() async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = [.interim] }
            try await fixture.store.fetch(source)
            #expect(fixture.server.requests.map(\.ifRange) == [nil, "\"one\""])
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test("an answer that ends within its head is no file, and is asked for again")
    func cutHead() async throws {
        let (contents, source) = Release.plain(1000)
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = [.cutHead, .cutHead] }
            try await fixture.store.fetch(source)
            #expect(fixture.server.requests.count == 3)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test("an empty file is fetched")
    func empty() async throws {
        try await withStore([]) { fixture in
            try await fixture.store.fetch(Release.plain(0).source)
            #expect(try fixture.contents("checkpoints/weights.bin") == [])
        }
    }

    @Test("the proxy of the settings is asked for the host, with the name and the password")
    func proxy() async throws {
        try await withStore([1]) { fixture in
            let store = try fixture.store {
                $0.mirror = URL(string: "https://example.invalid/files")
                $0.attempts = 1
                $0.proxy = try ProxySettings(
                    proxy: "http://me:s%40crt@127.0.0.1:\(fixture.server.port)", exceptions: nil)
            }
            fixture.server.change { $0.faults = [.status(407)] }
            let error = await failure(store, Release.plain().source)
            #expect(error.kind == .network)
            #expect(error.reason.contains("407"), "\(error)")
            let words = Data("me:s@crt".utf8).base64EncodedString()
            #expect(
                fixture.server.requests
                    == [TestServer.Request(path: "example.invalid:443", proxyAuthorization: "Basic \(words)")])
        }
    }

    @Test("proxies of the environment are not asked, because the settings alone say which there are")
    func environment() async throws {
        let contents = Release.plain(1000).contents
        try await withStore(contents) { fixture in
            let port = fixture.server.port
            let path = fixture.folder.path
            await #expect(processExitsWith: .success) { [port = port as Int, path = path as String] in
                for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
                    setenv(name, "http://127.0.0.1:1", 1)
                }
                unsetenv("no_proxy")
                unsetenv("NO_PROXY")
                var configuration = StoreFixture.configuration(URL(filePath: path), port: port)
                configuration.attempts = 1
                try await ModelStore(configuration).fetch(Release.plain(1000).source)
            }
            #expect(fixture.server.requests.map(\.path) == ["/files/weights.bin"])
            let fetched = try fixture.contents("checkpoints/weights.bin")
            #expect(fetched == contents)
        }
    }

    @Test("a cancellation is obeyed soon, though the server says nothing", arguments: [0, 1_000_000])
    func cancelledInSilence(_ count: Int) async throws {
        let (contents, source) = Release.plain()
        try await withStore(contents) { fixture in
            fixture.server.change { $0.faults = [.stall(after: count)] }
            let store = fixture.store
            let task = Task { () -> DreamSimError? in
                do throws(DreamSimError) {
                    try await store.fetch(source)
                    return nil
                } catch {
                    return error
                }
            }
            while fixture.server.requests.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            try await Task.sleep(for: .milliseconds(300))
            let clock = ContinuousClock()
            let start = clock.now
            task.cancel()
            #expect(await task.value?.kind == .cancelled)
            // A second, and what other tests take of the processors; the server would be silent for longer.
            #expect(clock.now - start < .seconds(25))
            #expect(fixture.partialSize <= count)
        }
    }

    @Test("a server that takes the connection and says nothing counts as stalled")
    func silent() async throws {
        try await withStore([1], { ($0.attempts, $0.stallTimeout) = (1, .milliseconds(400)) }) { fixture in
            fixture.server.change { $0.faults = [.silence] }
            let error = await failure(fixture.store, Release.plain().source)
            #expect(error.kind == .network)
            #expect(error.reason.contains("nothing arrived for"), "\(error)")
        }
    }
}
