internal import CDreamSimKernels

/// Writes the places, in order, at which a number is larger than `limits[i] + offset`. For kernel files only.
/// - Parameter places: room for `count`.
/// - Returns: how many there are.
package func placesAbove(
    _ values: UnsafePointer<Float>, limits: UnsafePointer<Float>, offset: Float, count: Int,
    into places: UnsafeMutablePointer<UInt32>
) -> Int {
    dsv_places_above(values, limits, offset, count, places)
}
