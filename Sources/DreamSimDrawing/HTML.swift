/// Pages for browsers, each one file that fetches nothing.
package enum HTML {
    /// A text in which nothing is read as markup.
    package static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }

    /// A page; it tells the browser to fetch nothing, and to run no script but its own.
    /// - Parameters:
    ///   - title: plain text.
    ///   - style: its style sheet, as it comes from a file.
    ///   - script: its script, if it has one.
    package static func page(title: String, style: [UInt8], body: String, script: String? = nil) -> String {
        let scripts = script == nil ? "" : "; script-src 'unsafe-inline'"
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'\(scripts)">
            <link rel="icon" href="data:,">
            <title>\(escaped(title))</title>
            <style>
            \(String(decoding: style, as: UTF8.self))</style>
            </head>
            <body>
            \(body)
            \(script.map { "<script>\n\($0)</script>\n" } ?? "")</body>
            </html>

            """
    }
}
