import DreamSimService
import Foundation
import TestSupport
import Testing

/// The page as it is served.
@Suite("The page", .timeLimit(.minutes(5)))
struct PageTests {
    @Test("holds everything that it names, and takes nothing from elsewhere")
    func whole() async throws {
        try await RunningService.with { service in
            let page = try service.get("/")
            #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
            let policy = try #require(page.headers["content-security-policy"])
            #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
            #expect(!policy.contains("unsafe"))
            var waiting = Set(page.text.matches(of: #/(?:src|href)="(page/[^"]+)"/#).map { "/\($0.1)" })
            #expect(waiting.count >= 3)
            var seen: Set<String> = ["/"]
            while let path = waiting.popFirst() {
                guard seen.insert(path).inserted else { continue }
                let file = try service.get(path)
                #expect(file.status == 200, "\(path)")
                #expect(!file.text.contains(#/(?:src=|href=|url\(|import\(|from )["']?(?:https?:)?\/\//#), "\(path)")
                for match in file.text.matches(of: #/from "\.\/([^"]+)"/#) { waiting.insert("/page/\(match.1)") }
            }
            #expect(seen.contains("/page/compare.js"))
            // Behind a proxy the page may be in a folder.
            #expect(!page.text.contains(#/(?:src|href)="\//#))
            // No script and no style within the page: the policy would not let them run.
            #expect(!page.text.contains(#/<script(?![^>]*src=)|<style|\sstyle="|\son[a-z]+="/#))
            #expect(try service.get("/page/nothing.js").status == 404)
        }
    }

    @Test("is not sent again when the browser has it")
    func entityTags() async throws {
        try await RunningService.with { service in
            let tag = try #require(try service.get("/page/page.css").headers["etag"])
            let again = try service.get("/page/page.css", headers: ["If-None-Match: \(tag)"])
            #expect(again.status == 304 && again.body.isEmpty)
        }
    }
}
