/// The architecture of a vision transformer (Dosovitskiy et al. 2020): pre-norm blocks, and one fused linear layer for
/// queries, keys and values. Tokens are a class token, registers and patches, in this order.
///
/// What `init` does not ask for is as in the first of them: a class token, which is what is read, a learned position
/// embedding, an MLP of two layers.
package struct VisionTransformerConfiguration: Hashable, Sendable {
    /// C, the channels of a token.
    package var width: Int
    /// The number of blocks.
    package var depth: Int
    /// The attention heads of a block; they divide the width.
    package var heads: Int
    /// The side of a square patch in pixels.
    package var patchSize: Int
    /// The channels between the two linear layers of a block's MLP.
    package var mlpWidth: Int
    /// The patches along one side of the square image that the position embedding was trained on.
    package var positionGrid: Int
    /// Whether a learned position embedding is added to patches, and to `positionedPrefix`.
    package var hasPositionEmbedding = true
    /// The tokens before the patches that have positions of their own; the class token alone when nil.
    package var positionedPrefix: Int?
    /// What is added to the patch grid when the position embedding is interpolated to it: 0.1 in the original DINO and
    /// DINOv2 code, 0 in ports that scale by the plain ratio.
    package var positionOffset: Float
    /// Whether that is done as Pillow resizes images, with a filter that widens where the grid shrinks, as timm does and as
    /// DINOv2 with registers was trained; otherwise by four neighbors in each direction.
    package var positionsAreAntialiased = false
    /// Rotary positions of queries and keys; nil for none.
    package var rotary: RotaryPositions?
    /// Whether there is a class token.
    package var hasClassToken = true
    /// Register tokens between the class token and the patches (Darcet et al. 2023).
    package var registers: Int
    /// Added to the variance in every layer norm.
    package var layerNormEpsilon: Float
    /// The nonlinearity of the MLPs; of the gate, where they have one.
    package var activation: Activation
    /// Whether a second linear layer's outputs, after the nonlinearity, multiply the first one's (SwiGLU, Shazeer 2020).
    package var hasGate = false
    /// Whether a layer norm comes before the last linear layer of each MLP.
    package var hasMLPNorm = false
    /// Whether a layer norm comes before the last linear layer of each attention.
    package var hasAttentionNorm = false
    /// Which of queries, keys and values have a bias.
    package var attentionBias = AttentionBias.all
    /// Whether a layer norm follows the position embedding, as in CLIP.
    package var hasPreNorm: Bool
    /// Whether each branch is scaled by a learned vector before it is added, as in DINOv2.
    package var hasLayerScale: Bool
    /// The width of the space that `embedding` projects to; nil without a projection.
    package var projectionWidth: Int?
    /// How the tokens become one vector.
    package var pooling = Pooling.classToken
    /// The mean of each color channel that is subtracted from an image in [0, 1].
    package var mean: [Float]
    /// The standard deviation of each color channel that it is then divided by.
    package var standardDeviation: [Float]

    /// Makes a configuration; every number is explicit because a wrong one is silent.
    package init(
        width: Int, depth: Int, heads: Int, patchSize: Int, mlpWidth: Int, positionGrid: Int, positionOffset: Float,
        registers: Int, layerNormEpsilon: Float, activation: Activation, hasPreNorm: Bool, hasLayerScale: Bool,
        projectionWidth: Int?, mean: [Float], standardDeviation: [Float]
    ) {
        self.width = width
        self.depth = depth
        self.heads = heads
        self.patchSize = patchSize
        self.mlpWidth = mlpWidth
        self.positionGrid = positionGrid
        self.positionOffset = positionOffset
        self.registers = registers
        self.layerNormEpsilon = layerNormEpsilon
        self.activation = activation
        self.hasPreNorm = hasPreNorm
        self.hasLayerScale = hasLayerScale
        self.projectionWidth = projectionWidth
        self.mean = mean
        self.standardDeviation = standardDeviation
    }

    /// Says what is wrong with a configuration that came from a file; nil when it describes a network.
    package var fault: (key: String, reason: String)? {
        let limits: [(String, Int, ClosedRange<Int>)] = [
            ("width", width, 1...16384), ("depth", depth, 1...256), ("heads", heads, 1...256),
            ("patchSize", patchSize, 1...256), ("mlpWidth", mlpWidth, 1...65536),
            ("positionGrid", positionGrid, 1...1024), ("registers", registers, 0...64),
            ("projectionWidth", projectionWidth ?? 1, 1...16384),
        ]
        for (key, value, range) in limits where !range.contains(value) {
            return (key, "\(value) is outside \(range.lowerBound) to \(range.upperBound)")
        }
        if width % heads != 0 { return ("heads", "\(heads) heads do not divide the width \(width)") }
        if let rotary, let reason = rotary.fault(headWidth: headWidth) { return ("rotary", reason) }
        if !(0...prefixTokens).contains(prefixPositions) {
            return ("positionedPrefix", "\(prefixPositions) of \(prefixTokens) tokens before the patches")
        }
        if !hasClassToken && (pooling == .classToken || projectionWidth != nil) {
            return ("hasClassToken", "what is read is the class token, and there is none")
        }
        if case .attention(let heads, let mlpWidth, _) = pooling,
            !(1...256).contains(heads) || width % heads != 0 || !(1...65536).contains(mlpWidth)
        {
            return ("pooling", "\(heads) heads and an MLP of \(mlpWidth) do not fit the width \(width)")
        }
        if mean.count != 3 || standardDeviation.count != 3 {
            return ("mean", "mean and standardDeviation need three numbers each, for red, green and blue")
        }
        if standardDeviation.contains(where: { !($0 > 0) }) || mean.contains(where: { !$0.isFinite }) {
            return ("standardDeviation", "must be above zero, and the mean finite")
        }
        if !(layerNormEpsilon > 0) { return ("layerNormEpsilon", "must be above zero") }
        if !(0..<1).contains(positionOffset) { return ("positionOffset", "must be at least 0 and below 1") }
        return nil
    }

    /// The tokens before the patches: class token and registers.
    package var prefixTokens: Int { (hasClassToken ? 1 : 0) + registers }

    /// The rows of the position embedding before those of the patches.
    var prefixPositions: Int { positionedPrefix ?? (hasClassToken ? 1 : 0) }

    /// D, the width of a head.
    package var headWidth: Int { width / heads }

    /// The columns of a block of an MLP's hidden layer; a layer norm takes rows that lie together.
    var hiddenBlock: Int { hasMLPNorm ? mlpWidth : BlockedMatrix.block(for: mlpWidth) }
}
