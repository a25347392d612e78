/// Finds the names of linear weights, which exporters drop, through the biases that are added after them.
struct ONNXWeightNames {
    /// A name under which a tensor is exposed, and whether it is stored transposed.
    struct Exposure: Hashable {
        let name: String
        let isTransposed: Bool
    }

    /// The exposures of each initializer or constant that a linear layer names.
    private(set) var exposures: [String: [Exposure]] = [:]
    /// Further names of initializers, through Identity nodes, in the order of the graph.
    private(set) var aliases: [(name: String, target: String)] = []

    private let ranks: [String: Int]
    private var targets: [String: String] = [:]
    private var named: Set<String> = []

    /// - Parameter ranks: the number of dimensions of every initializer and constant.
    init(_ nodes: [ONNXNode], ranks: [String: Int]) {
        self.ranks = ranks
        findAliases(nodes)
        var adders: [String: [Int]] = [:]
        for (i, node) in nodes.enumerated() where node.operation == "Add" && node.inputs.count == 2 {
            for input in node.inputs { adders[input, default: []].append(i) }
        }
        // In a sound graph every output is made once. Looking at each once keeps the work linear in any graph.
        var seen: Set<String> = []
        for node in nodes {
            switch node.operation {
            case "MatMul" where node.inputs.count == 2 && !node.outputs.isEmpty:
                guard seen.insert(node.outputs[0]).inserted else { continue }
                // y = x W, then y + b: W is [in, out].
                for i in adders[node.outputs[0]] ?? [] {
                    let inputs = nodes[i].inputs
                    let bias = inputs[0] == node.outputs[0] ? inputs[1] : inputs[0]
                    expose(node.inputs[1], bias: bias, isTransposed: true)
                }
            case "Gemm" where node.inputs.count == 3 && node.reals["alpha"] ?? 1 == 1 && node.reals["beta"] ?? 1 == 1:
                expose(node.inputs[1], bias: node.inputs[2], isTransposed: node.integers["transB"] ?? 0 == 0)
            default: break
            }
        }
    }

    private mutating func findAliases(_ nodes: [ONNXNode]) {
        for node in nodes where node.operation == "Identity" && node.inputs.count == 1 && node.outputs.count == 1 {
            // Nodes come in the order of computation, so the target of an alias of an alias is known already.
            let target = targets[node.inputs[0]] ?? node.inputs[0]
            let name = node.outputs[0]
            guard ranks[target] != nil, ranks[name] == nil, targets[name] == nil, !name.isEmpty else { continue }
            targets[name] = target
            aliases.append((name, target))
        }
    }

    private mutating func expose(_ weight: String, bias: String, isTransposed: Bool) {
        let target = targets[weight] ?? weight
        guard ranks[target] == 2, ranks[bias] != nil || targets[bias] != nil, bias.hasSuffix(".bias") else { return }
        let exposure = Exposure(name: bias.dropLast("bias".count) + "weight", isTransposed: isTransposed)
        // Another initializer may bear that name already; then both keep their own.
        guard exposure.name == target || ranks[exposure.name] == nil else { return }
        guard named.insert(target + "\0" + exposure.name).inserted else { return }
        exposures[target, default: []].append(exposure)
    }
}
