import DreamSimEvaluation
import Foundation

extension ServiceSettings {
    /// Makes sure that nothing is open to others by accident.
    /// - Throws: `DreamSimError` when another address is to be listened on without a token, when a folder is missing, or for
    ///   a name, an address or a path that is none.
    public func check() throws(DreamSimError) {
        guard IPAddress(host) != nil || Self.canBeFound(host) else {
            throw DreamSimError(
                .badSetting, "address '\(host)'",
                "is neither an address nor a name that is known here; listen on 127.0.0.1 for this machine only, or on 0.0.0.0 "
                    + "for all of its addresses")
        }
        if !isLocal && allTokens.isEmpty {
            throw DreamSimError(
                .badSetting, "address \(host)",
                "can be reached from other machines and needs a token")
        }
        try AccessToken.check(allTokens)
        if allowedOrigins.contains("*"), !allTokens.isEmpty {
            throw DreamSimError(
                .badSetting, "origin *", "would let every page use a service that has a token; name the origins")
        }
        guard (0...65535).contains(port) else {
            throw DreamSimError(.badSetting, "port \(port)", "must be from 0 to 65535")
        }
        try checkFolders()
        guard limits.images <= limits.acceptedImages else {
            throw DreamSimError(.badSetting, "limits", "a request of \(limits.images) images could never be accepted")
        }
        _ = (try base(), try ProxyRules(trustedProxies), try HostRules(self))
    }

    /// Whether the system finds addresses of a name. May wait for a name server.
    private static func canBeFound(_ name: String) -> Bool {
        var found: UnsafeMutablePointer<addrinfo>?
        // Of digits alone it was to be an address.
        guard HostRules.isName(name), name.contains(where: \.isLetter), getaddrinfo(name, nil, nil, &found) == 0 else {
            return false
        }
        freeaddrinfo(found)
        return true
    }

    private func checkFolders() throws(DreamSimError) {
        try checkIndexNames()
        let indexes = indexes.map { (Optional($0.folder), "index '\($0.name)'") }
        for (folder, what) in [(root, "root folder"), (reports, "folder of reports")] + indexes {
            guard let folder else { continue }
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue else {
                throw DreamSimError(.badSetting, folder.path, "is not a folder; it was to be the \(what)")
            }
        }
        let places = self.indexes.map { $0.folder.resolvingSymlinksInPath().standardizedFileURL.path }
        for (place, index) in zip(places, self.indexes) where places.filter({ $0 == place }).count > 1 {
            throw DreamSimError(
                .badSetting, index.folder.path,
                "is served under two names, of which '\(index.name)' is one; leave one out")
        }
        if let additions { try checkAdditions(additions) }
    }

    private func checkIndexNames() throws(DreamSimError) {
        let names = indexes.map(\.name)
        for name in names {
            guard ServiceName.isGood(name) else {
                throw DreamSimError(
                    .badSetting, "index '\(name.prefix(64))'", "needs a name of \(ServiceName.rule)")
            }
            guard names.filter({ $0 == name }).count == 1 else {
                throw DreamSimError(.badSetting, "index '\(name)'", "is given twice; give each a name of its own")
            }
        }
    }

    /// Makes sure that what requests add can be kept, which would otherwise be known only when the first one comes.
    private func checkAdditions(_ additions: URL) throws(DreamSimError) {
        guard !indexes.isEmpty else {
            throw DreamSimError(
                .badSetting, additions.path, "was to keep added images, but no index is served; name an index")
        }
        if let around = indexes.first(where: { additions.isInside($0.folder) }) {
            // What lies in an index's own folder is never indexed.
            throw DreamSimError(
                .badSetting, additions.path, "lies in the folder of the index '\(around.name)'; keep images elsewhere")
        }
        for index in indexes {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: index.folder.path)) ?? []
            // One that is gone meanwhile is nobody's concern.
            let closed = files.first {
                access(index.folder.appending(path: $0).path, W_OK) != 0 && [EACCES, EROFS].contains(errno)
            }
            if let reason = index.folder.reasonAgainstWriting ?? closed.map({ "\($0): no right to write it" }) {
                throw DreamSimError(
                    .badSetting, index.folder.path,
                    "requests were to change the index '\(index.name)', which cannot be written: \(reason); let this "
                        + "user write it, or allow no changes")
            }
        }
        for folder in indexes.map({ additions.appending(path: $0.name) }) {
            if let reason = folder.reasonAgainstWriting {
                throw DreamSimError(
                    .badSetting, folder.path,
                    "was to keep added images, but cannot be written: \(reason); let this user write it, or name another folder"
                )
            }
        }
    }

    /// The folder of the site.
    /// - Throws: `DreamSimError` when it is none.
    func base() throws(DreamSimError) -> BasePath {
        guard let base = BasePath(basePath) else {
            throw DreamSimError(
                .badSetting, "base path \(basePath)",
                "is not a path of a URL; write it as /tools/dreamsim, of letters, digits, '-', '.', '_' and '~'")
        }
        return base
    }

    /// What is different in other settings and is not taken anew while a service runs, in words.
    func fixedDifferences(from other: ServiceSettings) -> [String] {
        var names: [String] = []
        func note(_ isSame: Bool, _ name: String) { if !isSame { names.append(name) } }
        note(host == other.host && port == other.port, "host, port")
        note(hostNames == other.hostNames, "allow-host")
        note(trustedProxies == other.trustedProxies, "trust-proxy")
        note(basePath == other.basePath, "base-path")
        note(allowedOrigins == other.allowedOrigins, "allow-origin")
        note(root == other.root, "allow-root")
        note(additions == other.additions && showsPaths == other.showsPaths, "allow-changes, show-paths")
        note(limits == other.limits, "limits")
        return names
    }
}

extension URL {
    /// Why files cannot be made in a folder, or the folder itself in the nearest one that is there; nil when they can.
    fileprivate var reasonAgainstWriting: String? {
        var place = standardizedFileURL
        while access(place.path, F_OK) != 0, place.path != "/" { place = place.deletingLastPathComponent() }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder), isFolder.boolValue else {
            return "\(place.path) is not a folder"
        }
        guard access(place.path, W_OK | X_OK) != 0 else { return nil }
        return "\(place.path): \(String(cString: strerror(errno)))"
    }

    /// Whether a folder is another one or leads below it.
    fileprivate func isInside(_ folder: URL) -> Bool {
        ImagePath(path).absolute().isInside(ImagePath(folder.path).absolute())
    }
}
