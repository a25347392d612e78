// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "kernels", targets: ["kernels"]),
        .executable(name: "network", targets: ["network"]),
        .executable(name: "peak", targets: ["peak"]),
    ],
    dependencies: [.package(name: "DreamSim", path: "..")],
    targets: [
        .systemLibrary(name: "CComparedBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        // The floating-point peak, and medians of what is measured in turn.
        .target(name: "CPeak"),
        .target(name: "Measuring", dependencies: ["CPeak"]),
        .executableTarget(name: "peak", dependencies: ["Measuring"]),
        .executableTarget(
            name: "kernels",
            dependencies: ["Measuring", "CComparedBLAS", .product(name: "DreamSimEngine", package: "DreamSim")]),
        .executableTarget(
            name: "network", dependencies: ["Measuring", .product(name: "DreamSimEngine", package: "DreamSim")]),
    ]
)
