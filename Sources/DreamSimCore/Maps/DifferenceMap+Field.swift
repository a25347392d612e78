extension DifferenceMap {
    /// The map as a field, to be drawn, resized or written.
    public var field: ScalarField { ScalarField(width: width, height: height, values: values) }

    /// The map as a field over the whole images; a margin is filled with the nearest values.
    public var wholeField: ScalarField {
        guard margin > 0 else { return field }
        let (columns, rows) = (width + 2 * margin, height + 2 * margin)
        let whole = (0..<rows).flatMap { y in
            let row = min(max(y - margin, 0), height - 1) * width
            return (0..<columns).map { values[row + min(max($0 - margin, 0), width - 1)] }
        }
        return ScalarField(width: columns, height: rows, values: whole)
    }

    /// A field whose higher values mean more different.
    public init(_ field: ScalarField) {
        self.init(width: field.width, height: field.height, values: field.values)
    }
}
