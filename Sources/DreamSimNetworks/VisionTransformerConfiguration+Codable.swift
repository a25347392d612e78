/// What `init` does not ask for is written only where it differs: the stamps of embeddings hash what is written, and those
/// of models that were there before must stay as they are.
extension VisionTransformerConfiguration: Codable {
    private enum Key: String, CodingKey {
        case width, depth, heads, patchSize, mlpWidth, positionGrid, positionOffset, registers, layerNormEpsilon
        case activation, hasPreNorm, hasLayerScale, projectionWidth, mean, standardDeviation
        case hasPositionEmbedding, positionedPrefix, positionsAreAntialiased, rotary, hasClassToken, hasGate,
            hasMLPNorm, hasAttentionNorm,
            attentionBias, pooling
    }

    /// Reads an architecture.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func value<Value: Decodable>(_ key: Key) throws -> Value { try container.decode(Value.self, forKey: key) }
        self.init(
            width: try value(.width), depth: try value(.depth), heads: try value(.heads),
            patchSize: try value(.patchSize), mlpWidth: try value(.mlpWidth), positionGrid: try value(.positionGrid),
            positionOffset: try value(.positionOffset), registers: try value(.registers),
            layerNormEpsilon: try value(.layerNormEpsilon), activation: try value(.activation),
            hasPreNorm: try value(.hasPreNorm), hasLayerScale: try value(.hasLayerScale),
            projectionWidth: try container.decodeIfPresent(Int.self, forKey: .projectionWidth),
            mean: try value(.mean), standardDeviation: try value(.standardDeviation))
        func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
            value = try container.decodeIfPresent(Value.self, forKey: key) ?? value
        }
        try read(.hasPositionEmbedding, into: &hasPositionEmbedding)
        positionedPrefix = try container.decodeIfPresent(Int.self, forKey: .positionedPrefix)
        try read(.positionsAreAntialiased, into: &positionsAreAntialiased)
        rotary = try container.decodeIfPresent(RotaryPositions.self, forKey: .rotary)
        try read(.hasClassToken, into: &hasClassToken)
        try read(.hasGate, into: &hasGate)
        try read(.hasMLPNorm, into: &hasMLPNorm)
        try read(.hasAttentionNorm, into: &hasAttentionNorm)
        try read(.attentionBias, into: &attentionBias)
        try read(.pooling, into: &pooling)
    }

    /// Writes the architecture.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(width, forKey: .width)
        try container.encode(depth, forKey: .depth)
        try container.encode(heads, forKey: .heads)
        try container.encode(patchSize, forKey: .patchSize)
        try container.encode(mlpWidth, forKey: .mlpWidth)
        try container.encode(positionGrid, forKey: .positionGrid)
        try container.encode(positionOffset, forKey: .positionOffset)
        try container.encode(registers, forKey: .registers)
        try container.encode(layerNormEpsilon, forKey: .layerNormEpsilon)
        try container.encode(activation, forKey: .activation)
        try container.encode(hasPreNorm, forKey: .hasPreNorm)
        try container.encode(hasLayerScale, forKey: .hasLayerScale)
        try container.encodeIfPresent(projectionWidth, forKey: .projectionWidth)
        try container.encode(mean, forKey: .mean)
        try container.encode(standardDeviation, forKey: .standardDeviation)
        func write<Value: Encodable & Equatable>(_ value: Value, unless standard: Value, _ key: Key) throws {
            if value != standard { try container.encode(value, forKey: key) }
        }
        try write(hasPositionEmbedding, unless: true, .hasPositionEmbedding)
        try container.encodeIfPresent(positionedPrefix, forKey: .positionedPrefix)
        try write(positionsAreAntialiased, unless: false, .positionsAreAntialiased)
        try container.encodeIfPresent(rotary, forKey: .rotary)
        try write(hasClassToken, unless: true, .hasClassToken)
        try write(hasGate, unless: false, .hasGate)
        try write(hasMLPNorm, unless: false, .hasMLPNorm)
        try write(hasAttentionNorm, unless: false, .hasAttentionNorm)
        try write(attentionBias, unless: .all, .attentionBias)
        try write(pooling, unless: .classToken, .pooling)
    }
}
