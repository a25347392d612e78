import Foundation

extension OpinionSet {
    private static let anything = -1e300...1e300

    /// A table of one's own.
    static func table(_ file: ImagePath, _ columns: [String]) throws(DreamSimError) -> [Item] {
        let table = try Table(contentsOf: file)
        let score = try table.column("score")
        var values: [Int] = []
        for name in columns { values.append(try table.column(name)) }
        // Without values of metrics, images are needed.
        let (reference, image) =
            columns.isEmpty
            ? (try table.column("reference"), try table.column("image"))
            : (table.optionalColumn("reference"), table.optionalColumn("image"))
        let (distortion, deviation) = (table.optionalColumn("distortion"), table.optionalColumn("deviation"))
        var items: [Item] = []
        for row in table.rows {
            var pair: ImagePair?
            if columns.isEmpty, let reference, let image {
                pair = ImagePair(
                    try table.image(row, reference, in: file.parent), try table.image(row, image, in: file.parent))
            }
            var given: [Double] = []
            for column in values { given.append(try table.number(row, column, in: anything)) }
            var spread: Double?
            if let deviation, !row.cells[deviation].trimming().isEmpty {
                spread = try table.number(row, deviation, in: 0...1e300)
            }
            items.append(
                Item(
                    id: image.map { row.cells[$0].trimming() } ?? "\(row.line)", pair: pair,
                    score: try table.number(row, score, in: anything), deviation: spread,
                    distortion: distortion.map { row.cells[$0].trimming() }.flatMap { $0.isEmpty ? nil : $0 },
                    values: given))
        }
        return items
    }

    /// `mos_with_names.txt` has lines such as `5.51429 I01_01_1.bmp`: reference, distortion and level.
    static func tid2013(_ root: ImagePath) throws(DreamSimError) -> [Item] {
        let deviations = (try? lines(root, "mos_std.txt"))?.map { Double($0.fields[0]) }
        let rows = try lines(root, "mos_with_names.txt")
        var items: [Item] = []
        for (index, row) in rows.enumerated() {
            guard row.fields.count == 2, let score = Double(row.fields[0]) else {
                throw row.fault("a score and a name")
            }
            let parts = stem(row.fields[1]).split(separator: "_")
            guard parts.count == 3 else { throw row.fault("a name such as i01_01_1.bmp") }
            items.append(
                Item(
                    id: row.fields[1],
                    pair: ImagePair(
                        existing(root, "reference_images/\(parts[0])", [".BMP", ".bmp", ".png"]),
                        existing(root, "distorted_images/\(stem(row.fields[1]))", [".bmp", ".BMP", ".png"])),
                    score: score, deviation: deviations.flatMap { $0.count == rows.count ? $0[index] : nil },
                    distortion: String(parts[1]), values: []))
        }
        return items
    }

    /// `dmos.csv` has dist_img, ref_img, dmos and var; names such as `I01_03_02.png` hold the distortion.
    static func kadid10k(_ root: ImagePath) throws(DreamSimError) -> [Item] {
        let table = try Table(contentsOf: root.resolving(ImagePath("dmos.csv")))
        let (image, reference) = (try table.column("dist_img"), try table.column("ref_img"))
        let (score, variance) = (try table.column("dmos"), table.optionalColumn("var"))
        let folder = root.resolving(ImagePath("images"))
        var items: [Item] = []
        for row in table.rows {
            let name = row.cells[image].trimming()
            let parts = stem(name).split(separator: "_")
            items.append(
                Item(
                    id: name,
                    pair: ImagePair(
                        try table.image(row, reference, in: folder), try table.image(row, image, in: folder)),
                    score: try table.number(row, score, in: anything),
                    deviation: try variance.map { (column) throws(DreamSimError) in
                        try table.number(row, column, in: 0...1e300).squareRoot()
                    }, distortion: parts.count == 3 ? String(parts[1]) : nil, values: []))
        }
        return items
    }

    /// `csiq_label.txt` has lines such as `1600.AWGN.1.png 0.062`; a CSV of the published sheet has image, dst_type, dst_lev,
    /// dmos and dmos_std.
    static func csiq(_ root: ImagePath) throws(DreamSimError) -> [Item] {
        func item(
            _ image: String, _ kind: String, _ level: String, _ score: Double, _ deviation: Double?
        ) -> Item {
            let name = "\(image).\(kind).\(level)"
            let folders = ["noise": "awgn", "blur": "blur", "contrast": "contrast", "fnoise": "fnoise", "jpeg": "jpeg"]
            let lower = kind.lowercased().filter { $0 != " " }
            let folder = folders[lower] ?? (lower.contains("2000") ? "jpeg2000" : lower)
            let files =
                [
                    "dst_imgs/\(folder)/\(name)", "dst_imgs/\(folder)/\(image).\(kind.uppercased()).\(level)",
                    "dst_imgs/\(name)",
                ]
                + ["AWGN", "BLUR", "JPEG", "jpeg2000", "contrast", "fnoise"].map {
                    "dst_imgs/\(folder)/\(image).\($0).\(level)"
                }
            let found = files.map { existing(root, $0, [".png"]) }
            return Item(
                id: name,
                pair: ImagePair(
                    existing(root, "src_imgs/\(image)", [".png"]), found.first { FileKey($0) != nil } ?? found[0]),
                score: score, deviation: deviation, distortion: kind, values: [])
        }
        let sheet = root.resolving(ImagePath("csiq.DMOS.csv"))
        guard FileKey(sheet) != nil else {
            return try lines(root, "csiq_label.txt").map { (row) throws(DreamSimError) in
                let parts = row.fields[0].split(separator: ".").map(String.init)
                guard row.fields.count == 2, parts.count == 4, let score = Double(row.fields[1]) else {
                    throw row.fault("a name such as 1600.AWGN.1.png and a score")
                }
                return item(parts[0], parts[1], parts[2], score, nil)
            }
        }
        let table = try Table(contentsOf: sheet)
        let (image, kind) = (try table.column("image"), try table.column("dst_type"))
        let (level, score) = (try table.column("dst_lev"), try table.column("dmos"))
        let deviation = table.optionalColumn("dmos_std")
        return try table.rows.map { (row) throws(DreamSimError) in
            item(
                row.cells[image].trimming(), row.cells[kind].trimming(), row.cells[level].trimming(),
                try table.number(row, score, in: anything),
                try deviation.map { (column) throws(DreamSimError) in try table.number(row, column, in: 0...1e300) })
        }
    }

    /// `dmos.csv` has reference, image and dmos, paths relative to the folder; the folder of an image is its distortion.
    static func live(_ root: ImagePath) throws(DreamSimError) -> [Item] {
        let table = try Table(contentsOf: root.resolving(ImagePath("dmos.csv")))
        let (reference, image) = (try table.column("reference"), try table.column("image"))
        let score = try table.column("dmos")
        return try table.rows.map { (row) throws(DreamSimError) in
            let name = row.cells[image].trimming()
            return Item(
                id: name,
                pair: ImagePair(try table.image(row, reference, in: root), try table.image(row, image, in: root)),
                score: try table.number(row, score, in: anything), deviation: nil,
                distortion: name.split(separator: "/").dropLast().last.map(String.init), values: [])
        }
    }

    /// `Train_Label/A0001.txt` has lines such as `A0001_00_03.bmp,1450.2`: reference, kind of distortion and its number.
    static func pipal(_ root: ImagePath) throws(DreamSimError) -> [Item] {
        let labels = try names(root, "Train_Label", ".txt")
        let folders = (1...4).map { "Distortion_\($0)" } + ["Train_Dist", "Train_Distort"]
        var items: [Item] = []
        for label in labels {
            for row in try lines(root, "Train_Label/\(label)") {
                let parts = row.fields[0].split(separator: "_")
                guard row.fields.count == 2, parts.count == 3, let score = Double(row.fields[1]) else {
                    throw row.fault("a name such as A0001_00_03.bmp and a score")
                }
                let found = folders.map { root.resolving(ImagePath("\($0)/\(row.fields[0])")) }
                items.append(
                    Item(
                        id: row.fields[0],
                        pair: ImagePair(
                            root.resolving(ImagePath("Train_Ref/\(parts[0]).bmp")),
                            found.first { FileKey($0) != nil } ?? found[0]),
                        score: score, deviation: nil, distortion: String(parts[1]), values: []))
            }
        }
        return items
    }

    /// `labels/test/ref_1_per_image_score.csv` has the reference, the distorted image and its score, in this order; the
    /// published names of the columns begin with a space.
    static func pieapp(_ root: ImagePath) throws(DreamSimError) -> [Item] {
        var items: [Item] = []
        for name in try names(root, "labels/test", "_per_image_score.csv") {
            let table = try Table(contentsOf: root.resolving(ImagePath("labels/test/\(name)")))
            guard table.columns.count >= 3 else {
                throw DreamSimError(.missingColumn, table.path, "must have a reference, an image and a score")
            }
            let image = table.optionalColumn("distorted image") ?? 1
            let score = table.optionalColumn("score for distorted image") ?? 2
            for row in table.rows {
                let (reference, distorted) = (row.cells[0].trimming(), row.cells[image].trimming())
                // The reference is scored as well.
                guard reference != distorted else { continue }
                items.append(
                    Item(
                        id: "\(stem(reference))/\(distorted)",
                        pair: ImagePair(
                            root.resolving(ImagePath("reference_images/test/\(reference)")),
                            root.resolving(ImagePath("distorted_images/test/\(stem(reference))/\(distorted)"))),
                        score: try table.number(row, score, in: anything), deviation: nil, distortion: nil,
                        values: []))
            }
        }
        return items
    }

    // MARK: - Files

    /// A line of a text without a header.
    private struct Line {
        let path: String
        let number: Int
        let fields: [String]

        func fault(_ expected: String) -> DreamSimError {
            DreamSimError(.malformed, path, line: number, "does not hold \(expected)")
        }
    }

    /// The lines of a file that are not empty, in fields between spaces, tabs or commas.
    private static func lines(_ root: ImagePath, _ name: String) throws(DreamSimError) -> [Line] {
        let file = root.resolving(ImagePath(name))
        let bytes: [UInt8]
        do {
            bytes = try RegularFile.read(rawPath: file.bytes, byteLimit: 64 << 20)
        } catch {
            throw DreamSimError(.unreadable, "\(file)", "\((error as DreamSimError).reason)")
        }
        return bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            let fields = ImagePath.text(line).split { " ,\t\r".contains($0) }.map(String.init)
            return fields.isEmpty ? nil : Line(path: "\(file)", number: index + 1, fields: fields)
        }
    }

    private static func names(
        _ root: ImagePath, _ folder: String, _ suffix: String
    ) throws(DreamSimError) -> [String] {
        let path = root.resolving(ImagePath(folder))
        do {
            return try FileManager.default.contentsOfDirectory(atPath: "\(path)")
                .filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }.sorted()
        } catch {
            throw DreamSimError(.unreadable, "\(path)", "cannot be listed: \(error.plainReason)")
        }
    }

    private static func stem(_ name: String) -> String { ImagePath(name).stem }

    /// The first of some files that is there, else the first. Names' letters may be large or small, as the published files'
    /// are.
    private static func existing(_ root: ImagePath, _ base: String, _ suffixes: [String]) -> ImagePath {
        let slash = base.lastIndex(of: "/").map { base.index(after: $0) } ?? base.startIndex
        let (folder, name) = (base[..<slash], base[slash...])
        let candidates = [String(name), name.lowercased(), name.uppercased()].flatMap { name in
            suffixes.map { root.resolving(ImagePath("\(folder)\(name)\($0)")) }
        }
        return candidates.first { FileKey($0) != nil } ?? candidates[0]
    }
}
