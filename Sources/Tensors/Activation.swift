internal import CVectorMath

/// The nonlinearity of a multilayer perceptron.
public enum Activation: String, Sendable, Hashable, Codable {
    /// v (1 + erf(v / sqrt 2)) / 2 (Hendrycks and Gimpel 2016, exact form).
    case gelu
    /// v sigmoid(1.702 v), as OpenAI's CLIP uses.
    case quickGELU

    /// x = activation(x + bias), row by row.
    package func apply(to x: MatrixView, addingBias bias: UnsafePointer<Float>) {
        switch self {
        case .gelu: dsv_bias_gelu(x.base, x.rows, x.columns, x.stride, bias)
        case .quickGELU: dsv_bias_quick_gelu(x.base, x.rows, x.columns, x.stride, bias)
        }
    }
}
