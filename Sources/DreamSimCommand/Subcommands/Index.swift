import ArgumentParser

/// Everything about indices; without the name of a subcommand it updates.
struct Index: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "Create or update an index of images.",
        discussion: """
            'dreamsim index FOLDERS' is short for 'dreamsim index update FOLDERS'; see 'dreamsim index update --help' \
            for its options. A folder that has the name of a subcommand is written with a slash, as in './check'.

            EXAMPLES
              dreamsim index photos/
              dreamsim index photos/ scans/ --index images.index --model vits14-focus
              dreamsim index photos/ --watch
              dreamsim index --status
              dreamsim index move photos/ /disk/photos/
              dreamsim index check --recall
              dreamsim index export embeddings/
            """,
        subcommands: [
            IndexUpdate.self, IndexForget.self, IndexMove.self, IndexCheck.self, IndexGraph.self, IndexExport.self,
            IndexImport.self,
        ],
        defaultSubcommand: IndexUpdate.self)
}
