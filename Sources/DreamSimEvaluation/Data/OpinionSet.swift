/// Images with the mean opinion that people had of them: TID2013, KADID-10k, CSIQ, LIVE, PIPAL, PieAPP, or a table of one's
/// own.
public struct OpinionSet: Sendable {
    /// An image that people gave a score.
    public struct Item: Sendable, Hashable {
        /// What tells it from the others.
        public let id: String
        /// The reference and the image; nil where values are given instead.
        public let pair: ImagePair?
        /// The mean opinion.
        public let score: Double
        /// The standard deviation of the opinions, where it is known.
        public let deviation: Double?
        /// The kind of distortion, where it is known.
        public let distortion: String?
        /// Values of metrics that are given, in the order of `OpinionSet.columns`; NaN for none.
        public let values: [Double]
    }

    /// The layouts that are read.
    public enum Layout: String, Sendable, CaseIterable {
        /// A table: reference, image, score and, where wanted, distortion, deviation and columns of metrics' values.
        case csv
        /// A folder with mos_with_names.txt, reference_images and distorted_images.
        case tid2013
        /// A folder with dmos.csv and images.
        case kadid10k
        /// A folder with csiq_label.txt, or the sheet all_by_image of csiq.DMOS.xlsx as csiq.DMOS.csv; src_imgs, dst_imgs.
        case csiq
        /// A folder with dmos.csv, which names reference, image and dmos as dmos.mat and refnames_all.mat do.
        case live
        /// A folder with Train_Label, Train_Ref and Distortion_1 to Distortion_4 or Train_Dist.
        case pipal
        /// A folder with labels/test/*_per_image_score.csv, reference_images and distorted_images.
        case pieapp
    }

    /// What it is called in results.
    public let name: String
    /// The layout it was read from.
    public let layout: Layout
    /// The folder or file it was read from.
    public let root: ImagePath
    /// The images, in the order of the files.
    public let items: [Item]
    /// Metrics whose values are given.
    public let columns: [String]

    init(
        name: String, layout: Layout, root: ImagePath, items: [Item], columns: [String] = []
    ) throws(DreamSimError) {
        guard items.count > 3 else {
            throw DreamSimError(
                .empty, "\(root)",
                "holds \(items.count) scored images, of which no correlation can be computed; give more")
        }
        (self.name, self.layout, self.root, self.items, self.columns) = (name, layout, root, items, columns)
    }

    /// The kinds of distortion, in order of appearance; none when there is only one.
    public var distortions: [String] {
        var seen: Set<String> = []
        let found = items.compactMap(\.distortion).filter { seen.insert($0).inserted }
        return found.count > 1 ? found : []
    }

    /// Reads a set.
    /// - Parameters:
    ///   - layout: how its files lie.
    ///   - root: the folder, or the table.
    ///   - columns: columns of a table that hold metrics' values; its images are not needed then.
    ///   - name: what the set is called; the name of the folder or file when nil.
    /// - Throws: `DreamSimError`, naming the file, the column or the line.
    public init(
        _ layout: Layout, _ root: ImagePath, columns: [String] = [], name: String? = nil
    ) throws(DreamSimError) {
        let root = root.withoutTrailingSlashes
        let items =
            switch layout {
            case .csv: try Self.table(root, columns)
            case .tid2013: try Self.tid2013(root)
            case .kadid10k: try Self.kadid10k(root)
            case .csiq: try Self.csiq(root)
            case .live: try Self.live(root)
            case .pipal: try Self.pipal(root)
            case .pieapp: try Self.pieapp(root)
            }
        try self.init(
            name: name ?? (layout == .csv ? root.stem : root.name), layout: layout, root: root, items: items,
            columns: columns)
    }
}
