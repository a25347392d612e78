/// A named vision transformer, such as `dino_vitb16`: a family, a size and a patch size.
package struct Backbone: Hashable, Sendable {
    /// Where the weights come from, which settles the numerics.
    package enum Family: String, Sendable, CaseIterable {
        /// DINO (Caron et al. 2021).
        case dino
        /// DINOv2 (Oquab et al. 2023).
        case dinov2
        /// OpenAI's CLIP (Radford et al. 2021), image tower.
        case clip
        /// OpenCLIP trained on LAION-400M (Ilharco et al. 2021), image tower.
        case openCLIP = "open_clip"
        /// Masked autoencoder (He et al. 2021), encoder.
        case mae
        /// SynCLR (Tian et al. 2023).
        case synclr
    }

    /// The widths of the published transformers.
    package enum Size: String, Sendable, CaseIterable {
        /// 384 channels, 12 blocks, 6 heads.
        case small = "s"
        /// 768 channels, 12 blocks, 12 heads.
        case base = "b"
        /// 1024 channels, 24 blocks, 16 heads.
        case large = "l"
        /// 1280 channels, 32 blocks, 16 heads.
        case huge = "h"

        var dimensions: (width: Int, depth: Int, heads: Int) {
            switch self {
            case .small: (384, 12, 6)
            case .base: (768, 12, 12)
            case .large: (1024, 24, 16)
            case .huge: (1280, 32, 16)
            }
        }
    }

    /// Where the weights come from.
    package let family: Family
    /// The width, depth and heads.
    package let size: Size
    /// The side of a patch in pixels: 8, 14, 16 or 32.
    package let patchSize: Int
    /// Register tokens: 0, or 4 in DINOv2's `_reg4` models.
    package let registers: Int

    /// Names a backbone by its parts.
    package init(_ family: Family, _ size: Size, patchSize: Int, registers: Int = 0) {
        self.family = family
        self.size = size
        self.patchSize = patchSize
        self.registers = registers
    }

    /// Reads a name such as `open_clip_vitb32` or `dinov2_vits14_reg4`.
    /// - Returns: nil when the name is not of the form family, `_vit`, size, patch.
    package init?(name: String) {
        var name = Substring(name)
        var registers = 0
        if name.hasSuffix("_reg4") {
            registers = 4
            name = name.dropLast(5)
        }
        guard let mark = name.range(of: "_vit"),
            let family = Family(rawValue: String(name[..<mark.lowerBound])),
            let letter = name[mark.upperBound...].first, let size = Size(rawValue: String(letter)),
            let patch = Int(name[mark.upperBound...].dropFirst()), [8, 14, 16, 32].contains(patch),
            registers == 0 || family == .dinov2
        else { return nil }
        self.init(family, size, patchSize: patch, registers: registers)
    }

    /// The name, such as `dino_vitb16`.
    package var name: String {
        "\(family.rawValue)_vit\(size.rawValue)\(patchSize)" + (registers > 0 ? "_reg\(registers)" : "")
    }

    /// The architecture for 224-pixel pretraining (518 for DINOv2).
    package var configuration: VisionTransformerConfiguration {
        let (width, depth, heads) = size.dimensions
        let isCLIP = family == .clip || family == .openCLIP
        let projection = size == .large ? 768 : 512
        return VisionTransformerConfiguration(
            width: width, depth: depth, heads: heads, patchSize: patchSize, mlpWidth: 4 * width,
            positionGrid: (family == .dinov2 ? 518 : 224) / patchSize, positionOffset: 0.1, registers: registers,
            layerNormEpsilon: isCLIP ? 1e-5 : 1e-6, activation: family == .clip ? .quickGELU : .gelu,
            hasPreNorm: isCLIP, hasLayerScale: family == .dinov2, projectionWidth: isCLIP ? projection : nil,
            mean: isCLIP ? ColorStatistics.openAIMean : ColorStatistics.imageNetMean,
            standardDeviation: isCLIP
                ? ColorStatistics.openAIStandardDeviation : ColorStatistics.imageNetStandardDeviation)
    }
}

/// Means and standard deviations of the color channels of training sets, for images in [0, 1].
package enum ColorStatistics {
    package static let imageNetMean: [Float] = [0.485, 0.456, 0.406]
    package static let imageNetStandardDeviation: [Float] = [0.229, 0.224, 0.225]
    package static let openAIMean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    package static let openAIStandardDeviation: [Float] = [0.26862954, 0.26130258, 0.27577711]
}
