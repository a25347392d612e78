/// A named vision transformer, such as `dino_vitb16`: a family, a size and a patch size.
package struct Backbone: Hashable, Sendable {
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
        /// 1536 channels, 40 blocks, 24 heads.
        case giant = "g"

        var dimensions: (width: Int, depth: Int, heads: Int) {
            switch self {
            case .small: (384, 12, 6)
            case .base: (768, 12, 12)
            case .large: (1024, 24, 16)
            case .huge: (1280, 32, 16)
            case .giant: (1536, 40, 24)
            }
        }
    }

    /// Where the weights come from.
    package let family: BackboneFamily
    /// The width, depth and heads.
    package let size: Size
    /// The side of a patch in pixels: 8, 14, 16 or 32.
    package let patchSize: Int
    /// Register tokens that the name tells of: 0, or 4 in DINOv2's `_reg4` models.
    package let registers: Int

    /// Names a backbone by its parts.
    package init(_ family: BackboneFamily, _ size: Size, patchSize: Int, registers: Int = 0) {
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
            let family = BackboneFamily.all.first(where: { $0.name == name[..<mark.lowerBound] }),
            let letter = name[mark.upperBound...].first, let size = Size(rawValue: String(letter)),
            let patch = Int(name[mark.upperBound...].dropFirst()), [8, 14, 16, 32].contains(patch),
            registers == 0 || family == .dinov2
        else { return nil }
        self.init(family, size, patchSize: patch, registers: registers)
    }

    /// The name, such as `dino_vitb16`.
    package var name: String {
        "\(family.name)_vit\(size.rawValue)\(patchSize)" + (registers > 0 ? "_reg\(registers)" : "")
    }

    /// The architecture, as its authors trained it.
    package var configuration: VisionTransformerConfiguration { family.configuration(self) }

    /// A plain transformer of the size: class token first, learned positions of 224-pixel images, layer norms with
    /// ε = 1e-6, GELU, no projection. What a family has otherwise it changes.
    package var plain: VisionTransformerConfiguration {
        let (width, depth, heads) = size.dimensions
        return VisionTransformerConfiguration(
            width: width, depth: depth, heads: heads, patchSize: patchSize, mlpWidth: 4 * width,
            positionGrid: 224 / patchSize, positionOffset: 0.1, registers: registers, layerNormEpsilon: 1e-6,
            activation: .gelu, hasPreNorm: false, hasLayerScale: false, projectionWidth: nil,
            mean: ColorStatistics.imageNetMean, standardDeviation: ColorStatistics.imageNetStandardDeviation)
    }
}

/// Means and standard deviations of the color channels of training sets, for images in [0, 1].
package enum ColorStatistics {
    package static let imageNetMean: [Float] = [0.485, 0.456, 0.406]
    package static let imageNetStandardDeviation: [Float] = [0.229, 0.224, 0.225]
    package static let openAIMean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    package static let openAIStandardDeviation: [Float] = [0.26862954, 0.26130258, 0.27577711]
    /// From [0, 1] to [-1, 1].
    package static let half: [Float] = [0.5, 0.5, 0.5]
}
