internal import CDreamSimKernels

/// The nonlinearity of an MLP.
package enum Activation: String, Sendable, Hashable, Codable {
    /// v (1 + erf(v / sqrt 2)) / 2 (Hendrycks and Gimpel 2016, exact form).
    case gelu
    /// v sigmoid(1.702 v), as OpenAI's CLIP uses.
    case quickGELU
    /// max(v, 0).
    case relu
    /// v (1 + tanh(sqrt(2 / π) (v + 0.044715 v³))) / 2, GELU's approximation that SigLIP uses.
    case tanhGELU
    /// v sigmoid(v) (Elfwing et al. 2017; SiLU or swish), which gates SwiGLU.
    case silu

    /// What the packed product calls it.
    var kernel: Int32 {
        switch self {
        case .gelu: Int32(DSV_GELU.rawValue)
        case .quickGELU: Int32(DSV_QUICK_GELU.rawValue)
        case .relu: Int32(DSV_RELU.rawValue)
        case .tanhGELU: Int32(DSV_TANH_GELU.rawValue)
        case .silu: Int32(DSV_SILU.rawValue)
        }
    }
}
