// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// What targets re-export (`Exports.swift`).
let exports = [
    "DreamSimTensors": ["DreamSimSupport"],
    "DreamSimCheckpoints": ["DreamSimSupport"],
    "DreamSimNetworks": ["DreamSimTensors"],
    "DreamSimWeights": ["DreamSimSupport"],
    "DreamSimImages": ["DreamSimSupport"],
    "DreamSimCore": ["DreamSimImages", "DreamSimTensors", "DreamSimWeights"],
    "DreamSimCodecs": ["DreamSimImages"],
    "DreamSimPipeline": ["DreamSimCodecs", "DreamSimCore"],
    "DreamSimReports": ["DreamSimDrawing", "DreamSimPipeline"],
    "DreamSim": ["DreamSimReports"],
    "DreamSimEvaluation": ["DreamSim"],
    "DreamSimTraining": ["DreamSimEvaluation"],
    "DreamSimRetrieval": ["DreamSim"],
    "DreamSimService": ["DreamSim"],
]

/// Dependencies with all that they re-export: a build that is not told of these would not see when they change.
func whole(_ dependencies: [Target.Dependency]) -> [Target.Dependency] {
    var (result, seen) = (dependencies, Set<String>())
    var open = dependencies
    while let next = open.popLast() {
        guard case .byNameItem(let name, _) = next, seen.insert(name).inserted else { continue }
        let more = (exports[name] ?? []).map { Target.Dependency(stringLiteral: $0) }
        open += more
        result += more
    }
    var named = Set<String>()
    return result.filter { dependency in
        guard case .byNameItem(let name, _) = dependency else { return true }
        return named.insert(name).inserted
    }
}

/// A target of Swift, above what it names.
func target(_ name: String, _ dependencies: Target.Dependency..., resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: whole(dependencies), resources: resources, swiftSettings: settings)
}

/// Helpers that tests share.
func support(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .target(name: name, dependencies: whole(dependencies), path: "Tests/\(name)", swiftSettings: settings)
}

/// The tests of one target, or of what several make together.
func tests(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .testTarget(name: name, dependencies: whole(dependencies + ["TestSupport"]), swiftSettings: settings)
}

/// A program of Examples/, which sees what any package sees.
func example(_ name: String, _ path: String, _ dependencies: Target.Dependency...) -> Target {
    .executableTarget(
        name: name, dependencies: whole(dependencies), path: "Examples", sources: [path], packageAccess: false,
        swiftSettings: settings)
}

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let logging = product(name: "Logging", package: "swift-log")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    /// Apple's systems have Accelerate.
    static let crypto = target(name: "CDreamSimCrypto", condition: .when(platforms: [.linux]))
    static let blas = target(name: "CDreamSimBLAS", condition: .when(platforms: [.linux]))
}

// On Linux libvips is loaded when it is needed (Sources/CDreamSimVips); linked are what its headers speak of.
#if os(Linux)
    let vipsFlags = "gobject-2.0"
#else
    let vipsFlags = "vips"
#endif

let package = Package(
    name: "DreamSim",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .library(name: "DreamSim", targets: ["DreamSim"]),
        .library(name: "DreamSimEvaluation", targets: ["DreamSimEvaluation"]),
        .library(name: "DreamSimTraining", targets: ["DreamSimTraining"]),
        .library(name: "DreamSimRetrieval", targets: ["DreamSimRetrieval"]),
        .library(name: "DreamSimService", targets: ["DreamSimService"]),
        .executable(name: "dreamsim", targets: ["DreamSimCommand"]),
        // The C interface, which packages hold as libdreamsim.so: a product and a command of one name cannot be.
        .library(name: "DreamSimC", type: .dynamic, targets: ["DreamSimC"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // Without its readers of configuration files, which nothing here uses and a first build would pay for.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: ["FullFoundation"]),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.9.0"),
    ],
    targets: [
        // System libraries and C kernels.
        .systemLibrary(name: "CDreamSimBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CDreamSimVipsHeaders", pkgConfig: vipsFlags, providers: [.apt(["libvips-dev"])]),
        .target(name: "CDreamSimVips", dependencies: ["CDreamSimVipsHeaders"]),
        .systemLibrary(name: "CDreamSimZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // Of Apple's systems both are a part: libcurl as it is, and CommonCrypto in the place of libcrypto.
        .target(
            name: "CDreamSimCurl", linkerSettings: [.linkedLibrary("curl", .when(platforms: [.macOS, .iOS]))]),
        .systemLibrary(name: "CDreamSimCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CDreamSimMapping"),
        .target(name: "CDreamSimKernels", linkerSettings: [.linkedLibrary("m")]),
        .target(name: "CDreamSimGraph", dependencies: ["CDreamSimKernels"]),

        // The library, each target above what it depends on.
        target("DreamSimSupport", .crypto),
        target("DreamSimTensors", "DreamSimSupport", "CDreamSimKernels", .blas),
        target(
            "DreamSimCheckpoints", "DreamSimTensors", "DreamSimSupport", "CDreamSimMapping", "CDreamSimZlib"),
        target("DreamSimNetworks", "DreamSimTensors", "DreamSimCheckpoints", "CDreamSimKernels"),
        target("DreamSimWeights", "DreamSimCheckpoints", "DreamSimSupport", "CDreamSimCurl"),

        // The core: images as pixels, networks, metrics. It reads no image file and links no codec.
        target("DreamSimImages", "CDreamSimKernels", "DreamSimSupport"),
        target(
            "DreamSimCore", "DreamSimImages", "DreamSimNetworks", "DreamSimTensors", "DreamSimCheckpoints",
            "DreamSimWeights", resources: [.embedInCode("Profiles/Shipped")]),

        // Image files, what is drawn, and what is compared and reported.
        target("DreamSimCodecs", "DreamSimImages", "CDreamSimVips", "CDreamSimZlib"),
        target("DreamSimDrawing", "DreamSimImages", "DreamSimCodecs", "CDreamSimVips"),
        target("DreamSimPipeline", "DreamSimCore", "DreamSimCodecs"),
        target("DreamSimReports", "DreamSimPipeline", "DreamSimDrawing", "DreamSimCheckpoints"),
        target("DreamSim", "DreamSimReports"),

        target(
            "DreamSimEvaluation", "DreamSim", "DreamSimCheckpoints", resources: [.embedInCode("HTML/Styles")]),
        target("DreamSimTraining", "DreamSimEvaluation", "DreamSimNetworks", "DreamSimCheckpoints"),
        target(
            "DreamSimRetrieval", "DreamSim", "DreamSimCheckpoints", "CDreamSimGraph", "CDreamSimZlib", .grdb,
            .product(name: "HeapModule", package: "swift-collections"),
            resources: [.embedInCode("Pages"), .embedInCode("Store/schema-1.sql")]),
        target(
            "DreamSimService", "DreamSim", "DreamSimEvaluation", "DreamSimRetrieval", "DreamSimCheckpoints",
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HummingbirdCore", package: "hummingbird"),
            .product(name: "HTTPTypes", package: "swift-http-types"), .logging, .nioCore,
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            // The page is a part of the program, as are the shapes of its answers.
            resources: [.embedInCode("Page"), .embedInCode("Schemas")]),

        // The C interface: a header, and what stands behind it.
        .target(name: "CDreamSim"),
        target("DreamSimC", "CDreamSim", "DreamSimEvaluation", "DreamSimRetrieval"),

        // The command: one file per subcommand, no logic.
        .executableTarget(
            name: "DreamSimCommand",
            dependencies: whole([
                "DreamSim", "DreamSimCheckpoints", "DreamSimService", "DreamSimEvaluation", "DreamSimNetworks",
                "DreamSimRetrieval", "DreamSimTraining", .argumentParser, .logging,
            ]),
            swiftSettings: settings),

        // The README's example, and programs that show each part of the API, each on a page.
        example("readme-example", "Example.swift", "DreamSim"),
        example("two-images", "TwoImages", "DreamSim"),
        example("rank-folder", "RankFolder", "DreamSim"),
        example("custom-loss", "CustomLoss", "DreamSim"),
        example("image-index", "ImageIndex", "DreamSim", "DreamSimRetrieval"),
        example("tune-lora", "TuneLoRA", "DreamSim", "DreamSimEvaluation", "DreamSimTraining"),

        // Speed of the kernels and networks beside the machine's peak and OpenBLAS.
        .systemLibrary(
            name: "CComparedBLAS", path: "Benchmarks/CComparedBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"])]),
        .target(name: "CPeak", path: "Benchmarks/CPeak"),
        .target(name: "Measuring", dependencies: ["CPeak"], path: "Benchmarks/Measuring"),
        .executableTarget(name: "peak", dependencies: ["Measuring"], path: "Benchmarks/peak"),
        .executableTarget(
            name: "kernels", dependencies: ["Measuring", "CComparedBLAS", "CDreamSimKernels"],
            path: "Benchmarks/kernels"),
        .executableTarget(
            name: "network", dependencies: whole(["Measuring", "DreamSimNetworks"]),
            path: "Benchmarks/network"),

        // What articles quote, compiled.
        .target(
            name: "ArticleSnippets",
            dependencies: whole(["DreamSim", "DreamSimRetrieval", "DreamSimService", "DreamSimTraining"]),
            path: "Examples/Articles", packageAccess: false, swiftSettings: settings),

        support("TestSupport", "DreamSimTensors", "DreamSimSupport", "CDreamSimZlib"),
        support(
            "ModelTestSupport", "DreamSim", "DreamSimNetworks", "DreamSimCheckpoints", "DreamSimSupport", "TestSupport"),
        tests("SupportTests", "DreamSimSupport"),
        tests("TensorsTests", "DreamSimTensors", "CDreamSimKernels", "DreamSimSupport"),
        tests("CheckpointsTests", "DreamSimCheckpoints", "DreamSimTensors", "DreamSimSupport"),
        tests("ImagesTests", "DreamSimDrawing", "DreamSimCodecs", "DreamSimImages", "DreamSimSupport"),
        tests("NetworksTests", "DreamSimNetworks", "DreamSimCheckpoints", "DreamSimTensors", "DreamSimSupport"),
        tests("WeightsTests", "DreamSimWeights", "DreamSimSupport"),
        tests(
            "RetrievalTests", "DreamSimRetrieval", "DreamSim", "DreamSimCheckpoints", "DreamSimCommand",
            "DreamSimSupport", "DreamSimTensors", "ModelTestSupport", .grdb),
        tests(
            "CInterfaceTests", "DreamSimC", "CDreamSim", "DreamSim", "DreamSimCheckpoints", "DreamSimSupport",
            "ModelTestSupport"),
        tests(
            "CommandTests", "DreamSimCommand", "DreamSim", "DreamSimCheckpoints", "DreamSimCodecs", "DreamSimImages",
            "DreamSimRetrieval", "DreamSimTraining", "DreamSimWeights", "DreamSimSupport", "ModelTestSupport"),
        tests(
            "DreamSimTests", "DreamSim", "DreamSimNetworks", "DreamSimCheckpoints", "DreamSimTensors",
            "ModelTestSupport", "DreamSimSupport"),
        tests(
            "TrainingTests", "DreamSimTraining", "DreamSim", "DreamSimNetworks", "DreamSimCheckpoints",
            "DreamSimSupport", "DreamSimTensors", "ModelTestSupport"),
        tests(
            "ServiceTests", "DreamSimService", "DreamSim", "DreamSimCommand", "DreamSimEvaluation",
            "DreamSimRetrieval", "DreamSimWeights", "ModelTestSupport", .logging, "DreamSimSupport"),
        tests(
            "EvaluationTests", "DreamSimEvaluation", "DreamSim", "DreamSimImages", "DreamSimCheckpoints",
            "DreamSimTensors", "DreamSimTraining", "DreamSimSupport", "ModelTestSupport"),
    ],
    cxxLanguageStandard: .cxx17
)

// The fuzzing targets (Scripts/fuzz.sh). The variable holds the path of libFuzzer; without it no build knows of them.
if let library = Context.environment["DREAMSIM_FUZZER"] {
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "Fuzzing/CFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: whole([
                "CFuzzer", "DreamSimService", "DreamSimRetrieval", "DreamSimTraining", "DreamSimEvaluation",
                "DreamSimNetworks", "DreamSimCheckpoints", "DreamSim", "TestSupport", .logging, .nioCore,
                .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            ]),
            path: "Fuzzing/Sources", swiftSettings: settings, linkerSettings: [.unsafeFlags([library])]),
    ]
}
