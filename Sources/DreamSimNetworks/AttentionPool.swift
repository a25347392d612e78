internal import CDreamSimKernels

/// A learned probe that attends to all tokens of an image, y = o + mlp(norm(o)) with o = attention(probe, tokens) (Zhai et al.
/// 2022), as SigLIP and the Perception Encoder end.
struct AttentionPool: Sendable {
    let attention: Attention
    /// [C].
    let probe: Tensor
    let query: Linear
    /// The keys' C outputs, then the values'.
    let keysAndValues: Linear
    let output: Linear
    let norm: LayerNorm
    let hidden: Linear
    let activation: Activation
    let contraction: Linear
    /// [C], what the probe asks for.
    private let queries: Tensor

    init(
        attention: Attention, probe: Tensor, query: Linear, keysAndValues: Linear, output: Linear, norm: LayerNorm,
        hidden: Linear, activation: Activation, contraction: Linear
    ) {
        (self.attention, self.probe, self.query, self.keysAndValues) = (attention, probe, query, keysAndValues)
        (self.output, self.norm, self.hidden, self.activation) = (output, norm, hidden, activation)
        self.contraction = contraction
        queries = Tensor(uninitialized: [query.outputs]) { queries in
            probe.withUnsafeBufferPointer { probe in
                query.forward(
                    MatrixView(reading: probe.baseAddress!, rows: 1, columns: probe.count),
                    into: MatrixView(queries.baseAddress!, rows: 1, columns: queries.count), then: .bias)
            }
        }
    }

    /// What is computed on the way, in a closure's memory.
    struct State {
        /// [T, 2 C].
        let keysAndValues: MatrixView
        /// [heads, T].
        let weights: MatrixView
        /// [1, C] each: what attention gives, o, and o normalized.
        let attended, middle, normalized: MatrixView
        /// [1, the MLP's width], before the activation and after.
        let hidden, active: MatrixView
    }

    /// Reads the tokens of an image.
    /// - Parameters:
    ///   - tokens: [T, C], after the final layer norm.
    ///   - result: [1, C].
    func forward(_ tokens: MatrixView, into result: MatrixView) {
        withState(of: tokens) { state in
            result.base.update(from: state.middle.base, count: result.columns)
            contraction.forward(state.active, into: result, then: .residual(scale: nil))
        }
    }

    /// How the attention to the tokens is shared, averaged over the heads: one share a token.
    func shares(of tokens: MatrixView) -> [Double] {
        withState(of: tokens) { state in
            (0..<tokens.rows).map { token in
                (0..<attention.heads).reduce(0) { $0 + Double(state.weights.base[$1 * tokens.rows + token]) }
                    / Double(attention.heads)
            }
        }
    }

    /// Calls a closure with what is computed up to the MLP's last layer.
    func withState<R>(of tokens: MatrixView, _ body: (State) -> R) -> R {
        let (width, mlp, count) = (attention.width, hidden.outputs, tokens.rows)
        let sizes = [count * 2 * width, attention.heads * count, width, width, width, mlp, mlp]
        return Workspace.withArena(of: sizes.reduce(0) { $0 + Workspace.Arena.rounded($1) }) { arena in
            let state = State(
                keysAndValues: arena.matrix(rows: count, columns: 2 * width),
                weights: arena.matrix(rows: attention.heads, columns: count),
                attended: arena.matrix(rows: 1, columns: width), middle: arena.matrix(rows: 1, columns: width),
                normalized: arena.matrix(rows: 1, columns: width), hidden: arena.matrix(rows: 1, columns: mlp),
                active: arena.matrix(rows: 1, columns: mlp))
            keysAndValues.forward(tokens, into: state.keysAndValues, then: .bias)
            attend(state)
            output.forward(state.attended, into: state.middle, then: .bias)
            norm.forward(state.middle, into: state.normalized)
            hidden.forward(state.normalized, into: state.hidden, then: .bias)
            activation.forward(BlockedMatrix(state.hidden).buffer, into: BlockedMatrix(state.active).buffer)
            return body(state)
        }
    }

    private func attend(_ state: State) {
        let (attention, count) = (attention, state.keysAndValues.rows)
        queries.withUnsafeBufferPointer { queries in
            let queries = MatrixView(reading: queries.baseAddress!, rows: 1, columns: attention.width)
            Parallel.forEach(attention.heads) { head in
                let columns = (head * attention.headWidth)..<((head + 1) * attention.headWidth)
                let keys = state.keysAndValues.columns(columns)
                let scores = state.weights.base + head * count
                for t in 0..<count {
                    scores[t] = dsv_dot(
                        queries.base + columns.lowerBound, keys.base + t * keys.stride, columns.count)
                }
                dsv_softmax(scores, 1, count, count, attention.scale)
                let values = state.keysAndValues.base + attention.width + columns.lowerBound
                dsv_weighted_rows(
                    values, keys.stride, scores, count, columns.count, state.attended.base + columns.lowerBound)
            }
        }
    }
}

// MARK: - Backward

extension AttentionPool {
    /// Its linear layers packed the other way round.
    struct Backward: Sendable {
        let query, keysAndValues, output, hidden, contraction: Linear

        init(_ pool: AttentionPool) {
            (query, keysAndValues) = (pool.query.transposed(), pool.keysAndValues.transposed())
            (output, hidden, contraction) = (
                pool.output.transposed(), pool.hidden.transposed(), pool.contraction.transposed()
            )
        }
    }

    /// The gradient of the tokens of an image.
    /// - Parameters:
    ///   - tokens: as `forward` took them.
    ///   - dResult: [1, C].
    ///   - dTokens: [T, C].
    ///   - sums: where the gradients of weights are added; nil when they are not wanted.
    func backward(
        _ tokens: MatrixView, dResult: MatrixView, through back: Backward, into dTokens: MatrixView,
        _ sums: WeightGradients?
    ) {
        let (width, mlp, count) = (attention.width, hidden.outputs, tokens.rows)
        let sizes = [mlp, width, width, width, width, count * 2 * width]
        withState(of: tokens) { state in
            Workspace.withArena(of: sizes.reduce(0) { $0 + Workspace.Arena.rounded($1) }) { arena in
                let dHidden = arena.matrix(rows: 1, columns: mlp)
                let dNormalized = arena.matrix(rows: 1, columns: width)
                let dMiddle = arena.matrix(rows: 1, columns: width)
                let dAttended = arena.matrix(rows: 1, columns: width)
                let dQueries = arena.matrix(rows: 1, columns: width)
                let dKeysAndValues = arena.matrix(rows: count, columns: 2 * width)
                dMiddle.base.update(from: dResult.base, count: width)
                back.contraction.forward(dResult, into: dHidden, then: .bias)
                let dActive = BlockedMatrix(dHidden).buffer
                activation.backward(BlockedMatrix(state.hidden).buffer, dOutput: dActive, into: dActive)
                back.hidden.forward(dHidden, into: dNormalized, then: .bias)
                if let sums {
                    sums.add("pool.norm", width: width) {
                        norm.backward(
                            state.middle, dOutput: dNormalized, into: dMiddle, adds: true, parameters: $0)
                    }
                } else {
                    norm.backward(state.middle, dOutput: dNormalized, into: dMiddle, adds: true)
                }
                back.output.forward(dMiddle, into: dAttended, then: .bias)
                attendBackward(state, dAttended, into: dKeysAndValues, dQueries)
                back.keysAndValues.forward(dKeysAndValues, into: dTokens, then: .bias)
                guard let sums else { return }
                func add(_ layer: Linear, _ name: String, _ input: MatrixView, _ dOutput: MatrixView) {
                    sums.add(
                        layer, named: "pool." + name, input: BlockedMatrix(input), dOutput: BlockedMatrix(dOutput))
                }
                add(contraction, "mlp.fc2", state.active, dResult)
                add(hidden, "mlp.fc1", state.normalized, dHidden)
                add(output, "proj", state.attended, dMiddle)
                add(keysAndValues, "kv", tokens, dKeysAndValues)
                probe.withUnsafeBufferPointer { probe in
                    add(query, "q", MatrixView(reading: probe.baseAddress!, rows: 1, columns: width), dQueries)
                }
                sums.add(to: "pool.probe", [1, 1, width]) {
                    back.query.forward(
                        dQueries, into: MatrixView($0.base, rows: 1, columns: width), then: .residual(scale: nil))
                }
            }
        }
    }

    private func attendBackward(
        _ state: State, _ dAttended: MatrixView, into dKeysAndValues: MatrixView, _ dQueries: MatrixView
    ) {
        let (attention, count) = (attention, state.keysAndValues.rows)
        queries.withUnsafeBufferPointer { queries in
            let queries = MatrixView(reading: queries.baseAddress!, rows: 1, columns: attention.width)
            Parallel.forEach(attention.heads) { head in
                let (first, headWidth) = (head * attention.headWidth, attention.headWidth)
                let weights = state.weights.base + head * count
                let (dO, dQ, q) = (dAttended.base + first, dQueries.base + first, queries.base + first)
                withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { dScores in
                    for t in 0..<count {
                        let row = state.keysAndValues.base + t * state.keysAndValues.stride + first
                        dScores[t] = dsv_dot(dO, row + attention.width, headWidth)
                    }
                    dsv_softmax_backward(
                        weights, dScores.baseAddress!, 1, count, count, attention.scale)
                    dQ.update(repeating: 0, count: headWidth)
                    for t in 0..<count {
                        let row = state.keysAndValues.base + t * state.keysAndValues.stride + first
                        let target = dKeysAndValues.base + t * dKeysAndValues.stride + first
                        for i in 0..<headWidth {
                            dQ[i] += dScores[t] * row[i]
                            target[i] = dScores[t] * q[i]
                            target[attention.width + i] = weights[t] * dO[i]
                        }
                    }
                }
            }
        }
    }
}
