import ArgumentParser
import DreamSimRetrieval

struct IndexForget: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Drop folders from an index.",
        discussion: """
            Drops the entries of the folders, which need not be there any more; no image file is touched. What lies in another \
            folder of the index stays.

            EXAMPLES
              dreamsim index --status
              dreamsim index forget old-photos/
            """)

    @Argument(help: "Folders of the index.")
    var folders: [ImagePath]

    @OptionGroup var index: IndexOptions

    @Flag(name: .shortAndLong, help: "Suppress progress and notes.")
    var quiet = false

    func run() throws {
        let dropped = try index.writer().forget(folders)
        if !quiet {
            Terminal.note("\(dropped) \(dropped == 1 ? "image was" : "images were") dropped from \(index.path)")
        }
    }
}
