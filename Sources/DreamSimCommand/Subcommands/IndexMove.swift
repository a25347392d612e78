import ArgumentParser
import DreamSimRetrieval

struct IndexMove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move",
        abstract: "Tell an index that a folder was moved or renamed.",
        discussion: """
            Changes the paths in the index; no image file is moved or read. An update of the new folder does the same for files \
            whose content is the same, but reads them.

            EXAMPLES
              dreamsim index move photos/ /disk/photos/
              dreamsim index move photos/2019 archive/2019 --index images.index
            """)

    @Argument(help: "Folder as the index knows it.")
    var old: ImagePath

    @Argument(help: "Where it is now.")
    var new: ImagePath

    @OptionGroup var index: IndexOptions

    @Flag(name: .shortAndLong, help: "Suppress progress and notes.")
    var quiet = false

    func run() throws {
        let moved = try index.writer().move(old, to: new)
        if !quiet { Terminal.note("\(moved) \(moved == 1 ? "file has" : "files have") a new path in \(index.path)") }
    }
}
