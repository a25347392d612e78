/// What the pages of all reports have in common.
package enum Page {
    /// A page in the style of reports.
    package static func text(title: String, body: String) -> String {
        HTML.page(title: title, style: PackageResources.report_css, body: "<main>\n\(body)\n</main>")
    }
}
