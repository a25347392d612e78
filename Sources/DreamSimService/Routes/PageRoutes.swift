import HTTPTypes
import Hummingbird

/// The page for the browser. Its files are parts of the program, and it asks nothing of anybody else.
enum PageRoutes {
    static let all: [Route] = [
        Route(
            method: .get, path: "/", summary: "The page.", tag: "Page",
            answers: [Route.Answer(mediaType: "text/html", summary: "The page.")], isOpen: true, isDocumented: false,
            handle: { _ in
                .bytes(
                    PackageResources.index_html, "text/html; charset=utf-8",
                    headers: [.contentSecurityPolicy: policy, .cacheControl: "no-cache"])
            }),
        Route(
            method: .get, path: "/page/{name}", summary: "A file of the page.", tag: "Page",
            parameters: [
                Parameter(name: "name", kind: .choice(files.keys.sorted()), summary: "The file.", isInPath: true)
            ],
            answers: [Route.Answer(mediaType: "text/javascript", summary: "The file.")], isOpen: true,
            isDocumented: false,
            handle: { call in
                guard let name = call.text("name"), let file = files[name] else {
                    throw Problem(.notFound, "the page has no such file")
                }
                return .bytes(file, mediaType(of: name), headers: [.cacheControl: "no-cache"])
            }),
    ]

    /// Scripts and styles are the program's own files; pictures also those that are made in the page.
    private static let policy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """

    /// The files by the names under which they are asked for.
    private static let files: [String: [UInt8]] = [
        "icon.svg": PackageResources.icon_svg,
        "base.css": PackageResources.base_css,
        "page.css": PackageResources.page_css,
        "api.js": PackageResources.api_js,
        "bars.js": PackageResources.bars_js,
        "compare.js": PackageResources.compare_js,
        "drop.js": PackageResources.drop_js,
        "duplicates.js": PackageResources.duplicates_js,
        "elements.js": PackageResources.elements_js,
        "heatmap.js": PackageResources.heatmap_js,
        "main.js": PackageResources.main_js,
        "numbers.js": PackageResources.numbers_js,
        "reports.js": PackageResources.reports_js,
        "search.js": PackageResources.search_js,
        "vote.js": PackageResources.vote_js,
        "voting-room.js": PackageResources.voting_room_js,
    ]

    private static func mediaType(of name: String) -> String {
        if name.hasSuffix(".js") { return "text/javascript; charset=utf-8" }
        return name.hasSuffix(".css") ? "text/css; charset=utf-8" : "image/svg+xml"
    }
}
