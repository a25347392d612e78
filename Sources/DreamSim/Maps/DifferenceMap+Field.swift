public import Imaging

extension DifferenceMap {
    /// The map as a field, to be drawn, resized or written.
    public var field: ScalarField { ScalarField(width: width, height: height, values: values) }

    /// A field of which higher values say more different.
    public init(_ field: ScalarField) {
        self.init(width: field.width, height: field.height, values: field.values)
    }
}
