/// A scalar that stood beside the tensors in a pickled dictionary, such as `kwargs.depth` or `epoch`.
package enum AttributeValue: Hashable, Sendable {
    /// A whole number.
    case integer(Int)
    /// A floating-point number.
    case real(Double)
    /// A truth value.
    case bool(Bool)
    /// A text.
    case string(String)
    /// Python's `None`.
    case null
}
