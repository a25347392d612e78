public import Foundation

/// Where test data lies.
public enum Fixtures {
    /// The package's root folder.
    public static let packageRoot: URL = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Data that is committed with the package: `Tests/Fixtures`.
    public static let folder: URL = packageRoot.appending(path: "Tests/Fixtures")

    /// A committed file, such as `tiny/dino.pth` or `formats/rgb.png`.
    public static func file(_ path: String) -> URL {
        folder.appending(path: path)
    }

    /// Larger golden data that is not committed: `DREAMSIM_GOLDEN`, or `shared` beside the package; nil when absent.
    public static let shared: URL? = {
        let candidate =
            ProcessInfo.processInfo.environment["DREAMSIM_GOLDEN"].map { URL(filePath: $0) }
            ?? packageRoot.deletingLastPathComponent().appending(path: "shared")
        let golden = candidate.appending(path: "golden/full_models.safetensors")
        return FileManager.default.fileExists(atPath: golden.path) ? candidate : nil
    }()

    /// Why a test that needs the larger golden data is skipped.
    public static let sharedIsMissing = "SKIPPED: the larger golden data is absent (set DREAMSIM_GOLDEN to its folder)"

    /// A fresh empty folder; the caller removes it.
    public static func temporaryFolder() throws -> URL {
        let url = FileManager.default.temporaryDirectory.appending(path: "dreamsim-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }

    /// Runs `body` with a fresh empty folder that is removed afterwards.
    public static func withTemporaryFolder<R>(_ body: (URL) throws -> R) throws -> R {
        let url = try temporaryFolder()
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(url)
    }

    /// The same for a body that waits.
    public static func withTemporaryFolderAsync<R>(_ body: (URL) async throws -> R) async throws -> R {
        let url = try temporaryFolder()
        defer { try? FileManager.default.removeItem(at: url) }
        return try await body(url)
    }
}
