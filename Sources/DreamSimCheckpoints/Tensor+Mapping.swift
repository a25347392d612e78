package import DreamSimTensors
package import Foundation

extension Tensor {
    /// A read-only window on a file that holds nothing but float32 values in the machine's order.
    /// - Throws: `.unreadable`, or `.mismatch` when the file has another size.
    package init(mapping url: URL, shape: Shape) throws(DreamSimError) {
        let file = try MappedFile(url)
        guard let base = file.bytes.baseAddress, file.bytes.count == shape.count * MemoryLayout<Float>.size else {
            throw DreamSimError(
                .mismatch, url.path, "holds \(file.bytes.count) bytes, which are not \(shape.count) numbers")
        }
        self.init(borrowing: base.bindMemory(to: Float.self, capacity: shape.count), shape: shape, owner: file)
    }
}
