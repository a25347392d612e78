import Foundation
import HTTPTypes
import Hummingbird

/// The page for browsers: files of the folder `Page`, which are a part of the program.
enum PageRoutes {
    static let all: [Route] = [
        Route(
            method: .get, path: "/", summary: "The page.", tag: "Page",
            answers: [Route.Answer(mediaType: "text/html", summary: "The page.")], isOpen: true, isDocumented: false,
            handle: { call in try answer(call, "index.html") }),
        Route(
            method: .get, path: "/page/{file}", summary: "A file of the page.", tag: "Page",
            parameters: [Parameter(name: "file", kind: .text, summary: "The file's name.", isInPath: true)],
            answers: [Route.Answer(mediaType: "text/javascript", summary: "The file.")], isOpen: true,
            isDocumented: false, handle: { call in try answer(call, call.text("file") ?? "") }),
    ]

    /// Nothing from elsewhere, no script in the page itself, nobody who frames it.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    private struct File {
        let bytes: [UInt8]
        let mediaType: String
        let tag: String

        init(_ bytes: [UInt8], _ mediaType: String) {
            (self.bytes, self.mediaType) = (bytes, mediaType + "; charset=utf-8")
            tag = "\"" + SHA256Digest.hex(of: bytes).prefix(16) + "\""
        }
    }

    /// The files; to add one, add its line here.
    private static let files: [String: File] = [
        "index.html": File(PackageResources.index_html, "text/html"),
        "icon.svg": File(PackageResources.icon_svg, "image/svg+xml"),
        "base.css": File(PackageResources.base_css, "text/css"),
        "page.css": File(PackageResources.page_css, "text/css"),
        "forced.css": File(PackageResources.forced_css, "text/css"),
        "main.js": File(PackageResources.main_js, "text/javascript"),
        "api.js": File(PackageResources.api_js, "text/javascript"),
        "bars.js": File(PackageResources.bars_js, "text/javascript"),
        "compare.js": File(PackageResources.compare_js, "text/javascript"),
        "controls.js": File(PackageResources.controls_js, "text/javascript"),
        "cutout.js": File(PackageResources.cutout_js, "text/javascript"),
        "drop.js": File(PackageResources.drop_js, "text/javascript"),
        "duplicates.js": File(PackageResources.duplicates_js, "text/javascript"),
        "elements.js": File(PackageResources.elements_js, "text/javascript"),
        "focus.js": File(PackageResources.focus_js, "text/javascript"),
        "guide.js": File(PackageResources.guide_js, "text/javascript"),
        "heatmap.js": File(PackageResources.heatmap_js, "text/javascript"),
        "indexes.js": File(PackageResources.indexes_js, "text/javascript"),
        "lens.js": File(PackageResources.lens_js, "text/javascript"),
        "matrix.js": File(PackageResources.matrix_js, "text/javascript"),
        "numbers.js": File(PackageResources.numbers_js, "text/javascript"),
        "pair.js": File(PackageResources.pair_js, "text/javascript"),
        "ranking.js": File(PackageResources.ranking_js, "text/javascript"),
        "reports.js": File(PackageResources.reports_js, "text/javascript"),
        "reveal.js": File(PackageResources.reveal_js, "text/javascript"),
        "search.js": File(PackageResources.search_js, "text/javascript"),
        "table.js": File(PackageResources.table_js, "text/javascript"),
        "token.js": File(PackageResources.token_js, "text/javascript"),
        "tray.js": File(PackageResources.tray_js, "text/javascript"),
        "viewer.js": File(PackageResources.viewer_js, "text/javascript"),
        "vote.js": File(PackageResources.vote_js, "text/javascript"),
        "voting-room.js": File(PackageResources.voting_room_js, "text/javascript"),
    ]

    private static func answer(_ call: Call, _ name: String) throws -> Response {
        guard let file = files[name] else {
            throw Problem(.notFound, "the page has no file '\(name.prefix(200))'")
        }
        // Asked for again each time, so that a newer program is never mixed with an older page.
        var headers: HTTPFields = [.eTag: file.tag, .cacheControl: "no-cache"]
        headers[.contentSecurityPolicy] = policy
        if call.request.headers[.ifNoneMatch] == file.tag { return Response(status: .notModified, headers: headers) }
        return .bytes(file.bytes, file.mediaType, headers: headers)
    }
}
