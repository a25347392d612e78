import DreamSimNetworks
import DreamSimTensors
import TestSupport
import Testing

@Suite("Attention by its weights")
struct AttentionWeightsTests {
    @Test("Rows sum to one, and the tokens are those of the fast path", arguments: GoldenTests.families)
    func weights(family: String) throws {
        let (network, input) = (try GoldenTests.network(family), try GoldenTests.input(family))
        var blocks: [Int] = []
        let tokens = network.attendingTokens(of: input, through: 2) { block, weights in
            blocks.append(block)
            let side = weights.shape[3]
            #expect(weights.shape == [input.shape[0], 4, side, side])
            let values = weights.values
            #expect(values.allSatisfy { $0 >= 0 })
            for row in 0..<(input.shape[0] * 4 * side) {
                let sum = values[(row * side)..<((row + 1) * side)].reduce(0.0) { $0 + Double($1) }
                #expect(abs(sum - 1) < 1e-5)
            }
        }
        #expect(blocks == [0, 1, 2])
        let difference = Difference(tokens, network.tokens(of: input, through: 2))
        #expect(difference.relativeL2 < 2e-6 && difference.maxScaled < 2e-5, "\(difference)")
        let golden = Difference(tokens, try GoldenTests.golden().tensor("\(family).block2"))
        #expect(golden.relativeL2 < 2e-6, "\(golden)")
    }

    @Test("Rollout and the last block's attention equal a plain reference", arguments: GoldenTests.families)
    func rollout(family: String) throws {
        let (network, input) = (try GoldenTests.network(family), try GoldenTests.input(family))
        var weights: [Tensor] = []
        _ = network.attendingTokens(of: input, through: 2) { weights.append($1) }
        let side = weights[0].shape[3]
        let first = 1 + network.configuration.registers
        let all = weights.map(\.values)
        func mean(_ block: Int, _ image: Int, _ row: Int, _ column: Int) -> Double {
            (0..<4).reduce(0.0) { $0 + Double(all[block][((image * 4 + $1) * side + row) * side + column]) / 4 }
        }
        let rolled = network.attention(.rollout, of: input, through: nil)
        let last = network.attention(.lastBlock, of: input, through: nil)
        for image in 0..<input.shape[0] {
            // The class token's row alone, carried backwards from the last block to the first.
            var row = [Double](repeating: 0, count: side)
            row[0] = 1
            for block in [2, 1, 0] {
                row = (0..<side).map { column in
                    row[column] / 2 + (0..<side).reduce(0.0) { $0 + row[$1] * mean(block, image, $1, column) / 2 }
                }
            }
            #expect(abs(row.reduce(0, +) - 1) < 1e-6)
            for patch in 0..<(side - first) {
                #expect(abs(rolled[image][patch] - row[first + patch]) < 1e-12)
                #expect(abs(last[image][patch] - mean(2, image, 0, first + patch)) < 1e-12)
            }
        }
    }

    @Test("A token that is left out has no weight, and what it holds changes nothing", arguments: GoldenTests.families)
    func leftOut(family: String) throws {
        let (network, input) = (try GoldenTests.network(family), try GoldenTests.input(family))
        let patches = network.grid(height: input.shape[2], width: input.shape[3]).count
        let kept = (0..<patches).map { $0 != 5 && $0 != 6 }
        let first = 1 + network.configuration.registers
        // Other pixels in the patches that are left out.
        let painted = network.painting(input, keeping: kept)
        var outcomes: [[Float]] = []
        for images in [input, painted] {
            let tokens = network.attendingTokens(
                of: images, through: 2, keptPatches: .init(repeating: kept, count: input.shape[0])
            ) { _, weights in
                let (side, values) = (weights.shape[3], weights.values)
                for row in 0..<(input.shape[0] * 4 * side) { #expect(values[row * side + first + 5] == 0) }
            }
            let width = tokens.shape[2]
            // All rows but those of the two patches.
            outcomes.append(
                tokens.values.enumerated().filter { index, _ in
                    let token = index / width % tokens.shape[1]
                    return token != first + 5 && token != first + 6
                }.map(\.element))
        }
        #expect(outcomes[0] == outcomes[1])
        #expect(Difference(input, painted).differing > 0)
        let whole = network.attendingTokens(
            of: input, through: 2,
            keptPatches: .init(repeating: .init(repeating: true, count: patches), count: input.shape[0]))
        #expect(whole == network.attendingTokens(of: input, through: 2))
    }

    @Test("Features without any patch left out equal the fast path's", arguments: Feature.Kind.allCases)
    func features(kind: Feature.Kind) throws {
        let (network, input) = (try GoldenTests.network("clip"), try GoldenTests.input("clip"))
        let kept = [[Bool]](repeating: [Bool](repeating: true, count: 16), count: 3)
        for centering in [false, true] {
            let slow = network.features(Feature(kind), of: input, centeringTokens: centering, keptPatches: kept)
            let fast = network.features(Feature(kind), of: input, centeringTokens: centering)
            let difference = Difference(slow, fast)
            #expect(difference.maxScaled < 2e-5, "\(difference)")
        }
    }
}
