/// The rules for the names of members, the same for zip and tar.
package enum ArchiveName {
    /// Why a name is refused; nil when it is a plain relative path.
    package static func fault(in name: String) -> String? {
        if name.isEmpty { return "the name is empty" }
        if name.utf8.contains(0) { return "the name holds a NUL" }
        if name.utf8.contains(UInt8(ascii: "\\")) { return "the name holds a backslash" }
        if name.utf8.first == UInt8(ascii: "/") { return "the name is an absolute path" }
        var components = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        // A folder's name ends in a slash.
        if components.last?.isEmpty == true { components.removeLast() }
        for component in components {
            if component.elementsEqual("..".utf8) { return "the name leaves its folder by '..'" }
            if component.isEmpty || component.elementsEqual(".".utf8) {
                return "the name has an empty component or one that is '.'"
            }
        }
        return nil
    }
}
