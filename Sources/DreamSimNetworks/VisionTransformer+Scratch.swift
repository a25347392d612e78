extension VisionTransformer {
    /// Memory for what a block computes on the way, for up to a number of images.
    struct Scratch {
        /// [rows, C]: normalized tokens, then what attention returns.
        let narrow: MatrixView
        /// The wider buffer: patches, then by turns queries, keys and values, and the MLP's hidden layer.
        let wide: UnsafeMutablePointer<Float>
        /// A row for each thread, for attention or for sums that are rounded.
        let lanes: MatrixView
        private let configuration: VisionTransformerConfiguration

        /// The elements that everything takes together.
        private static func count(images: Int, tokens: Int, lanes: Int, _ configuration: VisionTransformerConfiguration)
            -> Int
        {
            let sizes = Sizes(images: images, tokens: tokens, lanes: lanes, configuration)
            return [sizes.narrow, sizes.wide, sizes.lanes * sizes.lane].reduce(0) { $0 + Workspace.Arena.rounded($1) }
        }

        /// Takes `count(images:tokens:lanes:_:)` elements of an arena.
        private init(
            _ arena: inout Workspace.Arena, images: Int, tokens: Int, lanes: Int,
            _ configuration: VisionTransformerConfiguration
        ) {
            let sizes = Sizes(images: images, tokens: tokens, lanes: lanes, configuration)
            narrow = arena.matrix(rows: images * tokens, columns: configuration.width)
            wide = arena.take(sizes.wide)
            self.lanes = arena.matrix(rows: sizes.lanes, columns: sizes.lane)
            self.configuration = configuration
        }

        /// Calls a closure with the memory for up to a number of images, and as many threads as there are now.
        static func with<R>(
            images: Int, tokens: Int, _ configuration: VisionTransformerConfiguration, extra: Int = 0,
            _ body: (Scratch, inout Workspace.Arena) throws -> R
        ) rethrows -> R {
            let lanes = Parallel.threads
            let count = count(images: images, tokens: tokens, lanes: lanes, configuration)
            return try Workspace.withArena(of: count + Workspace.Arena.rounded(extra)) { arena in
                let scratch = Scratch(&arena, images: images, tokens: tokens, lanes: lanes, configuration)
                return try body(scratch, &arena)
            }
        }

        /// [rows, 3 C]: queries, keys and values, each by itself where panels of weights allow it.
        func qkv(rows: Int) -> BlockedMatrix { Self.qkv(wide, rows: rows, width: configuration.width) }

        /// [rows, mlpWidth], in blocks that suit the product which follows.
        func hidden(rows: Int) -> BlockedMatrix { Self.hidden(wide, rows: rows, configuration) }

        /// [rows, mlpWidth], what multiplies the hidden layer; behind it.
        func gate(rows: Int) -> BlockedMatrix {
            Self.hidden(wide + Self.hiddenCount(rows: rows, configuration), rows: rows, configuration)
        }

        /// [rows, C] in integers, in the memory of `narrow`.
        func rounded(rows: Int, block: Int, _ precision: Precision) -> IntegerRows {
            IntegerRows(narrow.base, rows: rows, columns: configuration.width, block: block, precision: precision)
        }

        /// [rows, mlpWidth] in integers, in the memory of `hidden`.
        func roundedHidden(rows: Int, block: Int, _ precision: Precision) -> IntegerRows {
            IntegerRows(wide, rows: rows, columns: configuration.mlpWidth, block: block, precision: precision)
        }

        /// Queries, keys and values in some memory.
        static func qkv(_ memory: UnsafeMutablePointer<Float>, rows: Int, width: Int) -> BlockedMatrix {
            BlockedMatrix(
                memory, rows: rows, columns: 3 * width, block: width % PackedMatrix.panel == 0 ? width : 3 * width)
        }

        /// A MLP's hidden layer in some memory.
        static func hidden(
            _ memory: UnsafeMutablePointer<Float>, rows: Int, _ configuration: VisionTransformerConfiguration
        ) -> BlockedMatrix {
            BlockedMatrix(memory, rows: rows, columns: configuration.mlpWidth, block: configuration.hiddenBlock)
        }

        /// The elements that a MLP's hidden layer takes.
        static func hiddenCount(rows: Int, _ configuration: VisionTransformerConfiguration) -> Int {
            BlockedMatrix.count(rows: rows, columns: configuration.mlpWidth, block: configuration.hiddenBlock)
        }

        private struct Sizes {
            let narrow: Int
            let wide: Int
            let lane: Int
            let lanes: Int

            init(images: Int, tokens: Int, lanes: Int, _ configuration: VisionTransformerConfiguration) {
                self.lanes = lanes
                let (rows, width) = (images * tokens, configuration.width)
                let attention = Attention(heads: configuration.heads, width: width)
                let patch = 3 * configuration.patchSize * configuration.patchSize
                narrow = rows * width
                wide = [
                    rows * 3 * width, rows * patch,
                    (configuration.hasGate ? 2 : 1) * hiddenCount(rows: rows, configuration),
                    Workspace.Arena.rounded(images * width)
                        + (configuration.rotary == nil ? 0 : Workspace.Arena.rounded(rows * width))
                        + attention.classTokenScratch(images: images, tokens: tokens),
                ].reduce(0, max)
                lane = max(
                    attention.scratch(tokens: tokens), attention.backwardScratch(tokens: tokens),
                    Linear.roundingScratch)
            }
        }
    }
}
