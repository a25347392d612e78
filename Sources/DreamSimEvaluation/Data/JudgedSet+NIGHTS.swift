extension JudgedSet {
    /// The parts of NIGHTS.
    public enum NightsSplit: String, Sendable, CaseIterable {
        /// For fitting.
        case train
        /// For choosing.
        case val
        /// For reporting: both parts of it.
        case test
        /// The part of `test` with images of ImageNet's classes.
        case testImageNet = "test_imagenet"
        /// The rest of `test`.
        case testNoImageNet = "test_no_imagenet"
        /// All three.
        case all
    }

    /// Reads NIGHTS: a folder with `data.csv`, whose columns go by name and whose paths are relative to the folder.
    ///
    /// Source: the data set of arXiv 2306.09344, whose loader keeps rows of at least six votes.
    /// - Parameters:
    ///   - root: the folder.
    ///   - split: the part; the score of `test` is over both of its parts.
    ///   - minimumVotes: rows of fewer votes are left out; 0 keeps all.
    ///   - name: what the set is called; the folder's name when nil.
    /// - Throws: `DreamSimError`, naming the column or line.
    public static func nights(
        _ root: ImagePath, split: NightsSplit = .test, minimumVotes: Int = 6, name: String? = nil
    ) throws(DreamSimError) -> JudgedSet {
        let root = root.withoutTrailingSlashes
        let table = try Table(contentsOf: root.appending(Array("data.csv".utf8)))
        let vote = try table.column("right_vote")
        var images: [Int] = []
        for column in ["ref_path", "left_path", "right_path"] { images.append(try table.column(column)) }
        let votes = minimumVotes > 0 ? try table.column("votes") : nil
        let splits = split == .all ? table.optionalColumn("split") : try table.column("split")
        let isPart = split == .testImageNet || split == .testNoImageNet
        let imageNet = isPart ? try table.column("is_imagenet") : table.optionalColumn("is_imagenet")
        let id = table.optionalColumn("id")
        var items: [JudgedItem] = []
        var leftOut = 0
        var uses: [String: Int] = [:]
        for (index, row) in table.rows.enumerated() {
            if let votes, try table.number(row, votes, in: 0...1e9) < Double(minimumVotes) {
                leftOut += 1
                continue
            }
            var labels: [String] = []
            if let splits {
                let name = row.cells[splits].trimming()
                labels = [name]
                if name == "test", let imageNet {
                    let part: NightsSplit = try table.flag(row, imageNet) ? .testImageNet : .testNoImageNet
                    labels.append(part.rawValue)
                }
            }
            guard split == .all || labels.contains(split.rawValue) else {
                leftOut += 1
                continue
            }
            var paths: [ImagePath] = []
            for column in images { paths.append(try table.image(row, column, in: root)) }
            var name = id.map { row.cells[$0].trimming() } ?? "\(index)"
            uses[name, default: 0] += 1
            if let use = uses[name], use > 1 { name += "#\(use)" }
            items.append(
                JudgedItem(
                    id: name, images: paths,
                    judgment: .rightShare(try table.number(row, vote, in: 0...1)), labels: labels, line: row.line))
        }
        return try JudgedSet(
            name: name ?? root.name, layout: "nights", root: root,
            selection: "split \(split.rawValue)" + (minimumVotes > 0 ? ", at least \(minimumVotes) votes" : ""),
            task: .twoAlternatives, items: items, leftOut: leftOut,
            notes: uses.filter { $0.value > 1 }.keys.sorted().map {
                "the id \($0) stands \(uses[$0] ?? 0) times in data.csv; each row counts"
            })
    }
}
