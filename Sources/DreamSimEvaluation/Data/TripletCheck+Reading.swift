extension TripletCheck {
    /// Reads a set to the end and decodes every image.
    /// - Parameters:
    ///   - path: a table with the columns `ref`, `left`, `right` and `vote`, or a folder in the layout of NIGHTS.
    ///   - decoding: how images are read.
    ///   - minimumVotes: rows of NIGHTS with fewer votes are only counted.
    ///   - progress: called with the images that were decoded and their number.
    /// - Throws: `DreamSimError` when the table itself cannot be read or lacks a column.
    package init(
        _ path: ImagePath, decoding: DecodingOptions = .standard, minimumVotes: Int = 6,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(DreamSimError) {
        let isFolder = FileKey.isFolder(path)
        let file = isFolder ? path.withoutTrailingSlashes.appending(Array("data.csv".utf8)) : path
        self.init(file: file, isNights: isFolder)
        var broken: [Fault] = []
        let table = try Table(contentsOf: file) { broken.append(Fault(kind: .badRow, line: $0, reason: $1)) }
        (faults, rows) = (broken, broken.count)
        var columns: [Int] = []
        for name in isFolder ? ["ref_path", "left_path", "right_path"] : ["ref", "left", "right"] {
            columns.append(try table.column(name))
        }
        let vote = try table.column(isFolder ? "right_vote" : "vote")
        let counts = isFolder ? try table.column("votes") : nil
        let split = isFolder ? try table.column("split") : table.optionalColumn("split")
        var found = Found()
        for row in table.rows {
            rows += 1
            if let counts {
                guard let count = Double(row.cells[counts].trimming()), count >= 0 else {
                    add(.badVote, row.line, "'\(row.cells[counts])' in column 'votes' is not a number of votes")
                    continue
                }
                if count < Double(minimumVotes) {
                    belowMinimum += 1
                    continue
                }
            }
            let name = split.map { row.cells[$0].trimming() } ?? ""
            if let index = splits.firstIndex(where: { $0.name == name }) {
                splits[index].count += 1
            } else {
                splits.append(Split(name: name, count: 1))
            }
            let share = Self.share(row.cells[vote])
            if let share {
                votes[share == 0 ? 0 : share < 0.5 ? 1 : share == 0.5 ? 2 : share < 1 ? 3 : 4] += 1
            } else {
                add(
                    .badVote, row.line,
                    "'\(row.cells[vote])' in column '\(table.columns[vote])' is neither a number from 0 to 1 nor left or right"
                )
            }
            var images: [ImagePath] = []
            for column in columns {
                do throws(DreamSimError) {
                    images.append(try table.image(row, column, in: file.parent))
                } catch {
                    add(.noPath, row.line, error.reason)
                }
            }
            guard images.count == 3 else { continue }
            compare(images, share, split: name, row.line, &found)
        }
        images = found.firstUse.count
        decode(found.order, found.firstUse, decoding, progress)
        faults.sort { ($0.line, $0.kind.rawValue) < ($1.line, $1.kind.rawValue) }
    }

    /// What earlier rows held.
    private struct Found {
        /// Images in order of appearance, and the line of each.
        var order: [ImagePath] = []
        var firstUse: [ImagePath: Int] = [:]
        /// The first row of three images, with the share for the image that is first in the order of paths.
        var triplets: [[ImagePath]: (line: Int, share: Double)] = [:]
        /// The first split in which a reference stands.
        var references: [ImagePath: (split: String, line: Int)] = [:]
    }

    private mutating func compare(
        _ images: [ImagePath], _ share: Double?, split: String, _ line: Int, _ found: inout Found
    ) {
        for image in images where found.firstUse[image] == nil {
            found.firstUse[image] = line
            found.order.append(image)
        }
        if Set(images).count < 3 { add(.sameImage, line, "one file stands for two of the three images") }
        if let earlier = found.references[images[0]] {
            if earlier.split != split {
                add(
                    .sharedReference, line,
                    "\(images[0]) is in '\(split)' here and in '\(earlier.split)' on line \(earlier.line)")
            }
        } else {
            found.references[images[0]] = (split, line)
        }
        guard let share else { return }
        // The same whichever of the two stands left.
        let isSwapped = images[2].bytes.lexicographicallyPrecedes(images[1].bytes)
        let key = isSwapped ? [images[0], images[2], images[1]] : images
        let own = isSwapped ? 1 - share : share
        guard let earlier = found.triplets[key] else {
            found.triplets[key] = (line, own)
            return
        }
        if (earlier.share - 0.5) * (own - 0.5) < 0 {
            add(.contradictory, line, "line \(earlier.line) has the same images and the other preference")
        } else {
            add(.duplicate, line, "line \(earlier.line) has the same images")
        }
    }

    private mutating func decode(
        _ order: [ImagePath], _ lines: [ImagePath: Int], _ decoding: DecodingOptions, _ progress: (Int, Int) -> Void
    ) {
        let files = Lookahead<Fault?>(order.count, capacity: 16, threads: Parallel.threads) { index in
            let path = order[index]
            let line = lines[path] ?? 0
            do {
                _ = try Image.decode(contentsOfFile: path.bytes, options: decoding)
                return nil
            } catch {
                let kind: Fault.Kind = FileKey(path) == nil ? .missing : .unreadable
                return Fault(kind: kind, line: line, reason: "\(error)")
            }
        }
        for index in order.indices {
            if let fault = files.next() ?? nil { faults.append(fault) }
            progress(index + 1, order.count)
        }
    }

    private mutating func add(_ kind: Fault.Kind, _ line: Int, _ reason: String) {
        faults.append(Fault(kind: kind, line: line, reason: reason))
    }

    /// A vote as the share of people for the right one.
    private static func share(_ cell: String) -> Double? {
        switch cell.trimming().lowercased() {
        case "left": 0
        case "right": 1
        case let text: Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
        }
    }
}

extension TripletCheck {
    private init(file: ImagePath, isNights: Bool) {
        (self.file, self.isNights) = (file, isNights)
    }

    /// A table to fill in, with the columns that `JudgedSet.triplets` reads.
    package static let template = """
        ref,left,right,vote,split
        photos/a.jpg,photos/a-blurred.jpg,photos/a-cropped.jpg,right,train
        photos/b.jpg,photos/b-blurred.jpg,photos/b-cropped.jpg,left,train
        photos/c.jpg,photos/c-blurred.jpg,photos/c-cropped.jpg,0.75,val

        """
}
