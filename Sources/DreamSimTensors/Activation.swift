internal import CDreamSimKernels

/// The nonlinearity of an MLP.
package enum Activation: String, Sendable, Hashable, Codable {
    /// v (1 + erf(v / sqrt 2)) / 2 (Hendrycks and Gimpel 2016, exact form).
    case gelu
    /// v sigmoid(1.702 v), as OpenAI's CLIP uses.
    case quickGELU
    /// max(v, 0).
    case relu

    /// What the packed product calls it.
    var kernel: Int32 {
        switch self {
        case .gelu: Int32(DSV_GELU.rawValue)
        case .quickGELU: Int32(DSV_QUICK_GELU.rawValue)
        case .relu: Int32(DSV_RELU.rawValue)
        }
    }
}
