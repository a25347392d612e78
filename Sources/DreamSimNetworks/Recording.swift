/// A forward pass that keeps what its backward pass needs: of every block the tokens before it and between its halves,
/// queries, keys and values, and the MLP's hidden layer. The weights of attention are never kept. Where memory is
/// short, only the tokens before each block are, and the rest is computed again.
///
/// Not for sharing between threads.
package final class Recording {
    let network: VisionTransformer
    let feature: Feature
    let entry: Entry
    let grid: VisionTransformer.Grid
    /// N.
    let count: Int
    let centeringTokens: Bool
    let tuning: LoRATuning?
    let firstImage: Int
    /// The first block that keeps activations.
    let firstBlock: Int
    private let buffer: Workspace.PooledBuffer
    /// Of the blocks from `firstBlock` on.
    private(set) var blocks: [Saved] = []
    /// Tokens before the norm that follows the position embedding, where there is one.
    private(set) var joined: MatrixView?
    /// After the last block: all tokens, or the class tokens where only they are wanted.
    private(set) var output: MatrixView
    /// [N, width of the feature].
    package private(set) var features: Tensor
    let recomputes: Bool
    /// How queries and keys are rotated; nil where they are not.
    let rotation: Rotation?

    /// What goes into a network.
    package enum Entry {
        /// [N, 3, H, W] in [0, 1]; the patch size divides H and W.
        case images(Tensor)
        /// [N, T, C], the tokens of images of a grid of patches that enter the first recorded block.
        case tokens(Tensor, VisionTransformer.Grid)
    }

    /// What is kept of a block.
    struct Saved {
        /// [N * T, C].
        let input: MatrixView
        /// [N * T, 3 C]; rotated, where that is so.
        let qkv: BlockedMatrix
        /// The inputs of the low-rank update's second factor, [N * T, r].
        let reduced: MatrixView
        /// After attention, [N * T, C], or [N, C] for class tokens alone.
        let middle: MatrixView
        /// Before the activation, or the gate; as many rows.
        let hidden: BlockedMatrix
        /// The gate before its activation, where there is one.
        let gate: BlockedMatrix?
    }

    /// Runs a network.
    /// - Parameters:
    ///   - feature: what is read of it.
    ///   - entry: images, or the tokens that enter block `firstBlock`.
    ///   - centeringTokens: as in `VisionTransformer.features`.
    ///   - tuning: low-rank updates beside the weights.
    ///   - firstImage: the index of the first image in the whole batch, which decides over dropout.
    ///   - recomputes: whether to keep only the tokens before each block.
    ///   - firstBlock: the first block that a gradient is wanted of; of those below nothing is kept.
    package init(
        _ network: VisionTransformer, _ feature: Feature, of entry: Entry, centeringTokens: Bool,
        tuning: LoRATuning? = nil, firstImage: Int = 0, recomputes: Bool = false, firstBlock: Int = 0
    ) {
        let configuration = network.configuration
        guard let featureWidth = feature.width(in: configuration) else {
            preconditionFailure("no feature \(feature.name) in a network of depth \(configuration.depth)")
        }
        switch entry {
        case .images(let images):
            precondition(images.shape.rank == 4 && images.shape[1] == 3, "images of shape \(images.shape)")
            (count, grid) = (images.shape[0], network.grid(height: images.shape[2], width: images.shape[3]))
        case .tokens(let tokens, let grid):
            (count, self.grid) = (tokens.shape[0], grid)
            let expected: Shape = [count, network.tokenCount(grid), configuration.width]
            precondition(tokens.shape == expected, "tokens \(tokens.shape), expected \(expected)")
        }
        self.network = network
        self.feature = feature
        self.entry = entry
        self.centeringTokens = centeringTokens
        self.tuning = tuning
        self.firstImage = firstImage
        self.firstBlock = firstBlock
        self.recomputes = recomputes
        rotation = network.rotation(of: grid)
        let (tokens, depth) = (
            network.tokenCount(grid), (feature.block ?? configuration.depth - 1) + 1 - firstBlock
        )
        precondition(firstBlock >= 0 && depth > 0, "nothing to record from block \(firstBlock) on")
        let sizes = Sizes(
            rows: count * tokens, last: feature.readsAllTokens(in: configuration) ? count * tokens : count,
            depth: depth,
            rank: tuning?.rank ?? 0, recomputes: recomputes, configuration)
        buffer = Workspace.PooledBuffer(of: sizes.total)
        var arena = buffer.arena
        if configuration.hasPreNorm { joined = arena.matrix(rows: sizes.rows, columns: sizes.width) }
        var shared: Saved?
        for index in 0..<depth {
            let input = arena.matrix(rows: sizes.rows, columns: sizes.width)
            let saved = sizes.saved(input, block: index, reusing: recomputes ? shared : nil, &arena)
            shared = shared ?? saved
            blocks.append(saved)
        }
        output = arena.matrix(rows: sizes.last, columns: sizes.width)
        features = Tensor(zeros: [count, featureWidth])
        run()
    }

    /// Runs a network on images, [N, 3, H, W] in [0, 1].
    package convenience init(
        _ network: VisionTransformer, _ feature: Feature, of images: Tensor, centeringTokens: Bool,
        tuning: LoRATuning? = nil, firstImage: Int = 0, recomputes: Bool = false, firstBlock: Int = 0
    ) {
        self.init(
            network, feature, of: .images(images), centeringTokens: centeringTokens, tuning: tuning,
            firstImage: firstImage, recomputes: recomputes, firstBlock: firstBlock)
    }

    /// The images, where they are what went in.
    var images: Tensor {
        guard case .images(let images) = entry else { preconditionFailure("tokens went in, not images") }
        return images
    }

    var tokens: Int { network.tokenCount(grid) }
    var readsAllTokens: Bool { feature.readsAllTokens(in: network.configuration) }

    /// What is kept of block `index`.
    func saved(_ index: Int) -> Saved { blocks[index - firstBlock] }

    /// The recorded blocks.
    var range: Range<Int> { firstBlock..<(firstBlock + blocks.count) }

    /// The tokens after block `index`.
    private func target(of index: Int) -> MatrixView {
        index + 1 < range.upperBound ? saved(index + 1).input : output
    }

    private func run() {
        VisionTransformer.Scratch.with(images: count, tokens: tokens, network.configuration) { scratch, _ in
            let first = blocks[0].input
            switch entry {
            case .images(let images):
                network.join(images, 0..<count, grid, into: joined ?? first, scratch)
                if let joined { network.preNorm?.forward(joined, into: first) }
                // What is frozen runs as without recording, and in place.
                for index in 0..<firstBlock {
                    network.run(network.blocks[index], on: first, tokens: tokens, rotation, scratch)
                }
            case .tokens(let entering, _):
                entering.withUnsafeBufferPointer { first.base.update(from: $0.baseAddress!, count: $0.count) }
            }
            for index in range { run(index, scratch, into: target(of: index)) }
        }
        let perImage = readsAllTokens ? tokens : 1
        features.withUnsafeMutableBufferPointer { features in
            let width = features.count / count
            for n in 0..<count {
                network.read(
                    feature.kind, output.rows((n * perImage)..<((n + 1) * perImage)),
                    into: MatrixView(features.baseAddress! + n * width, rows: 1, columns: width),
                    centeringTokens: centeringTokens)
            }
        }
    }

    /// Runs a block and keeps what is to be kept.
    /// - Parameter target: where the tokens after the block go; nil when only what is kept is wanted again.
    func run(_ index: Int, _ scratch: VisionTransformer.Scratch, into target: MatrixView?) {
        let (block, saved) = (network.blocks[index], saved(index))
        var rows = scratch.narrow.rows(0..<saved.input.rows)
        block.norm1.forward(saved.input, into: rows)
        block.qkv.forward(BlockedMatrix(rows), into: saved.qkv, then: .bias)
        if let layer = tuning?.layers[index] {
            drop(rows, block: index)
            layer.down.forward(rows, into: saved.reduced, then: .bias)
            layer.up.forward(BlockedMatrix(saved.reduced), into: saved.qkv, then: .residual(scale: nil))
        }
        if let rotation { network.attention.rotate(saved.qkv, tokens: tokens, by: rotation) }
        attend(saved, into: rows, scratch)
        rows = rows.rows(0..<saved.middle.rows)
        block.attentionNorm?.forward(rows, into: rows)
        copyInput(of: saved, into: saved.middle)
        block.output.forward(rows, into: saved.middle, then: .residual(scale: block.scale1))
        block.norm2.forward(saved.middle, into: rows)
        block.hidden.forward(BlockedMatrix(rows), into: saved.hidden, then: .bias)
        if let gate = saved.gate { block.gate?.forward(BlockedMatrix(rows), into: gate, then: .bias) }
        guard let target else { return }
        let active = scratch.hidden(rows: saved.middle.rows)
        activate(block, saved, into: active)
        target.base.update(from: saved.middle.base, count: saved.middle.rows * saved.middle.columns)
        block.contraction.forward(active, into: BlockedMatrix(target), then: .residual(scale: block.scale2))
    }

    /// Attention over what is kept of a block, into its first rows.
    func attend(_ saved: Saved, into rows: MatrixView, _ scratch: VisionTransformer.Scratch) {
        if saved.middle.rows == saved.input.rows {
            network.attention.forward(saved.qkv, tokens: tokens, into: rows, scratch: scratch.lanes)
        } else {
            network.attention.forwardFirst(
                saved.qkv, tokens: tokens, into: rows.rows(0..<count), scratch: scratch.lanes)
        }
    }

    /// The dropout before a block's low-rank update, in place.
    func drop(_ x: MatrixView, block: Int) {
        tuning?.dropout?.apply(to: x, stream: UInt64(block), firstRow: firstImage * tokens)
    }

    /// What the last layer of a block's MLP takes, of what is kept of the block.
    func activate(_ block: VisionTransformer.Block, _ saved: Saved, into active: BlockedMatrix) {
        multiplied(saved, into: active)
        let rows = active.view(0..<active.block)
        block.mlpNorm?.forward(rows, into: rows)
    }

    /// The same before the norm there, where there is one.
    func multiplied(_ saved: Saved, into active: BlockedMatrix) {
        network.configuration.activation.forward((saved.gate ?? saved.hidden).buffer, into: active.buffer)
        if saved.gate != nil { active.multiply(by: saved.hidden) }
    }

    private func copyInput(of saved: Saved, into middle: MatrixView) {
        guard middle.rows != saved.input.rows else {
            return middle.base.update(from: saved.input.base, count: middle.rows * middle.columns)
        }
        for n in 0..<count {
            (middle.base + n * middle.stride).update(
                from: saved.input.base + n * tokens * saved.input.stride, count: middle.columns)
        }
    }

    /// What everything takes.
    private struct Sizes {
        let rows, last, depth, rank: Int
        let recomputes: Bool
        let configuration: VisionTransformerConfiguration

        init(
            rows: Int, last: Int, depth: Int, rank: Int, recomputes: Bool,
            _ configuration: VisionTransformerConfiguration
        ) {
            (self.rows, self.last, self.depth, self.rank) = (rows, last, depth, rank)
            (self.recomputes, self.configuration) = (recomputes, configuration)
        }

        var width: Int { configuration.width }

        private func hidden(_ rows: Int) -> Int { VisionTransformer.Scratch.hiddenCount(rows: rows, configuration) }

        /// The elements of everything.
        var total: Int {
            func rounded(_ count: Int) -> Int { Workspace.Arena.rounded(count) }
            func block(_ outputs: Int) -> Int {
                let hidden = (configuration.hasGate ? 2 : 1) * rounded(hidden(outputs))
                return rounded(rows * 3 * width) + rounded(rows * rank) + rounded(outputs * width) + hidden
            }
            let states = (depth + (configuration.hasPreNorm ? 1 : 0)) * rounded(rows * width) + rounded(last * width)
            let kept = recomputes ? block(depth > 1 ? rows : last) : (depth - 1) * block(rows) + block(last)
            return states + kept
        }

        /// Places what is kept of a block; in the memory of another when that is given.
        func saved(_ input: MatrixView, block: Int, reusing other: Saved?, _ arena: inout Workspace.Arena) -> Saved {
            let outputs = block + 1 < depth ? rows : last
            let qkv = other?.qkv.base ?? arena.take(rows * 3 * width)
            let reduced = other?.reduced.base ?? arena.take(rows * rank)
            let middle = other?.middle.base ?? arena.take(outputs * width)
            let hidden = other?.hidden.base ?? arena.take(self.hidden(outputs))
            let gate = configuration.hasGate ? other?.gate?.base ?? arena.take(self.hidden(outputs)) : nil
            return Saved(
                input: input, qkv: VisionTransformer.Scratch.qkv(qkv, rows: rows, width: width),
                reduced: MatrixView(reduced, rows: rows, columns: rank),
                middle: MatrixView(middle, rows: outputs, columns: width),
                hidden: VisionTransformer.Scratch.hidden(hidden, rows: outputs, configuration),
                gate: gate.map { VisionTransformer.Scratch.hidden($0, rows: outputs, configuration) })
        }
    }
}
