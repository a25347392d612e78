import Hummingbird

/// The folder of a site in which the service is, such as `/tools/dreamsim`.
struct BasePath: Sendable, Equatable {
    /// Empty for the site itself; else with a slash before each part, and none at the end.
    let text: String

    /// Reads a path; nil when it could not be a part of a URL as it stands.
    init?(_ text: String) {
        let parts = text.split(separator: "/")
        let isPlain = parts.allSatisfy { part in
            part != "." && part != ".."
                && part.utf8.allSatisfy {
                    ($0 | 32) >= 97 && ($0 | 32) <= 122 || 48...57 ~= $0 || "-._~".utf8.contains($0)
                }
        }
        guard text.isEmpty || text.hasPrefix("/"), text.utf8.count <= 200, isPlain else { return nil }
        self.text = parts.map { "/" + $0 }.joined()
    }

    /// A request's path below the folder. A proxy may have taken the folder away already.
    func inner(_ path: String) -> String {
        guard !text.isEmpty, path.hasPrefix(text + "/") else { return path }
        return String(path.dropFirst(text.count))
    }

    /// Whether a request asks for the folder without the slash at its end, below which the page's addresses would be
    /// those of another folder.
    func lacksSlash(_ path: String) -> Bool {
        !text.isEmpty && path.prefix { $0 != "?" && $0 != "#" } == text[...]
    }
}

extension Request {
    /// The same request for another path.
    func at(_ path: String) -> Request {
        guard path != head.path else { return self }
        var head = head
        head.path = path
        return Request(head: head, body: body)
    }
}
