// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "DreamSim",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .library(name: "DreamSim", targets: ["DreamSim"]),
        .library(name: "DreamSimTraining", targets: ["Training"]),
        .library(name: "DreamSimRetrieval", targets: ["Retrieval"]),
        .executable(name: "dreamsim", targets: ["DreamSimCommand"]),
        // What Benchmarks/ measures.
        .library(name: "DreamSimEngine", targets: ["Networks", "Tensors", "CVectorMath"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.9.0"),
    ],
    targets: [
        // System libraries and C kernels.
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CVips", pkgConfig: "vips", providers: [.apt(["libvips-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // Of Apple's systems both are a part: libcurl as it is, and CommonCrypto in the place of libcrypto.
        .systemLibrary(name: "CDreamSimCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CDreamSimCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CVectorMath", linkerSettings: [.linkedLibrary("m")]),
        .target(name: "CNeighbours", dependencies: ["CVectorMath"]),

        // The library, each target above what it depends on.
        .target(
            name: "Persistence", dependencies: [.target(name: "CDreamSimCrypto", condition: .when(platforms: [.linux]))],
            swiftSettings: settings),
        .target(name: "Randomness", swiftSettings: settings),
        .target(
            name: "Tensors",
            dependencies: [
                "Randomness", "CVectorMath", .target(name: "COpenBLAS", condition: .when(platforms: [.linux])),
            ],
            swiftSettings: settings),
        .target(name: "Checkpoints", dependencies: ["Tensors", "Persistence", "CZlib"], swiftSettings: settings),
        .target(
            name: "Imaging", dependencies: ["CVectorMath", "CVips", "Persistence", "Randomness"],
            swiftSettings: settings),
        .target(
            name: "Networks", dependencies: ["Tensors", "Checkpoints", "Persistence", "CVectorMath"],
            swiftSettings: settings),
        .target(
            name: "ModelStore", dependencies: ["Checkpoints", "Persistence", "CDreamSimCurl", "CZlib"],
            swiftSettings: settings),
        .target(
            name: "DreamSim", dependencies: ["Networks", "Imaging", "ModelStore", "Persistence"],
            swiftSettings: settings),
        .target(
            name: "Evaluation",
            dependencies: ["DreamSim", "Imaging", "ModelStore", "Checkpoints", "Persistence", "Randomness"],
            swiftSettings: settings),
        .target(
            name: "Training",
            dependencies: [
                "DreamSim", "Evaluation", "Networks", "Checkpoints", "Persistence", "Randomness", "Tensors",
            ],
            swiftSettings: settings),
        .target(
            name: "Retrieval",
            dependencies: [
                "DreamSim", "Tensors", "Checkpoints", "Persistence", "CNeighbours", "Randomness", "CZlib",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),

        .target(
            name: "DreamSimService",
            dependencies: [
                "DreamSim", "Evaluation", "Retrieval", "Checkpoints", "Persistence", "Tensors",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            // The page is a part of the program.
            resources: [.embedInCode("Page")],
            swiftSettings: settings),

        // The command: one file per subcommand, no logic.
        .executableTarget(
            name: "DreamSimCommand",
            dependencies: [
                "DreamSim", "DreamSimService", "Evaluation", "Networks", "Retrieval", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),

        // The README's example.
        .executableTarget(
            name: "readme-example", dependencies: ["DreamSim"], path: "Examples", exclude: ["Tuning"],
            swiftSettings: settings),
        // Trainer and Loss, compiled.
        .executableTarget(
            name: "tuning-example", dependencies: ["DreamSim", "Evaluation", "Training"], path: "Examples/Tuning",
            swiftSettings: settings),

        // Tests and the helpers they share.
        .target(
            name: "TestSupport", dependencies: ["Tensors", "CZlib"], path: "Tests/TestSupport", swiftSettings: settings),
        .target(
            name: "ModelTestSupport", dependencies: ["DreamSim", "Networks", "TestSupport"],
            path: "Tests/ModelTestSupport", swiftSettings: settings),
        .testTarget(name: "PersistenceTests", dependencies: ["Persistence"], swiftSettings: settings),
        .testTarget(
            name: "TensorsTests", dependencies: ["Tensors", "CVectorMath", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "CheckpointsTests", dependencies: ["Checkpoints", "TestSupport", "CZlib"], swiftSettings: settings),
        .testTarget(
            name: "ImagingTests", dependencies: ["Imaging", "Persistence", "TestSupport", "Checkpoints"],
            swiftSettings: settings),
        .testTarget(name: "NetworksTests", dependencies: ["Networks", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "ModelStoreTests", dependencies: ["ModelStore", "TestSupport", "CZlib"], swiftSettings: settings),
        .testTarget(
            name: "RetrievalTests",
            dependencies: [
                "Retrieval", "DreamSim", "DreamSimCommand", "ModelStore", "Persistence", "Tensors", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CommandTests",
            dependencies: ["DreamSimCommand", "DreamSim", "Checkpoints", "Imaging", "ModelStore", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "DreamSimTests",
            dependencies: ["DreamSim", "Networks", "Checkpoints", "Tensors", "TestSupport", "ModelTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Training", "DreamSim", "Networks", "Checkpoints", "Randomness", "Tensors", "TestSupport",
                "ModelTestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "DreamSimServiceTests",
            dependencies: [
                "DreamSimService", "DreamSim", "DreamSimCommand", "Evaluation", "Retrieval", "ModelStore",
                "TestSupport",
                "ModelTestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EvaluationTests",
            dependencies: [
                "Evaluation", "DreamSim", "Imaging", "ModelStore", "Checkpoints", "Tensors", "TestSupport", "Training",
            ],
            swiftSettings: settings),
    ],
    cxxLanguageStandard: .cxx17
)
