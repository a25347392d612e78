import CDreamSim
import DreamSim
import DreamSimC
import Foundation

/// What a failed call said.
struct CallError: Error {
    let code: Int
    let message: String
}

/// Calls a function of the interface.
func call(_ body: (UnsafeMutablePointer<dreamsim1_error>) -> Int32) throws {
    var error = dreamsim1_error()
    let code = body(&error)
    defer { dreamsim1_error_clear(&error) }
    guard code == 0 else {
        throw CallError(code: Int(code), message: error.message.map { String(cString: $0) } ?? "")
    }
    precondition(error.message == nil && error.code == 0, "a success that left an error")
}

/// Calls a function of the interface that gives JSON.
func json(
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, UnsafeMutablePointer<dreamsim1_error>) -> Int32
) throws -> Any {
    var text: UnsafeMutablePointer<CChar>?
    try call { body(&text, $0) }
    defer { dreamsim1_free(text) }
    guard let text else { preconditionFailure("a success without a text") }
    return try JSONSerialization.jsonObject(with: Data(String(cString: text).utf8))
}

/// Loads a metric, and releases it afterwards.
func withMetric<R>(_ name: String, options: String? = nil, _ body: (dreamsim1_metric) throws -> R) throws -> R {
    var metric: dreamsim1_metric = 0
    try call { dreamsim1_load(name, options, nil, &metric, $0) }
    defer { dreamsim1_release(metric, nil) }
    return try body(metric)
}

/// Loads the model of `TinyModels.withModel`.
func withModel<R>(in home: URL, _ body: (dreamsim1_metric) throws -> R) throws -> R {
    let options = #"{"home": "\#(home.path)", "offline": true, "side": 64}"#
    return try withMetric(home.appending(path: "model.json").path, options: options, body)
}

extension Image {
    /// Calls a closure with the image as C has it.
    func withC<R>(_ body: (inout dreamsim1_image) throws -> R) rethrows -> R {
        try pixels.withUnsafeBytes { bytes in
            var image = dreamsim1_image(
                kind: Int32(DREAMSIM1_PIXELS.rawValue), channels: 3, data: bytes.baseAddress, size: 0,
                width: Int64(width), height: Int64(height), row_stride: Int64(3 * width), column_stride: 3,
                channel_stride: 1)
            return try body(&image)
        }
    }
}

extension Tensor {
    /// Calls a closure with the batch as C has it, which may write to it.
    mutating func withC<R>(_ body: (inout dreamsim1_tensor) throws -> R) rethrows -> R {
        let shape = shape
        return try withUnsafeMutableBufferPointer { values in
            var tensor = dreamsim1_tensor(
                data: values.baseAddress, images: Int64(shape[0]), height: Int64(shape[2]), width: Int64(shape[3]),
                image_stride: Int64(3 * shape[2] * shape[3]), channel_stride: Int64(shape[2] * shape[3]),
                row_stride: Int64(shape[3]), column_stride: 1)
            return try body(&tensor)
        }
    }
}
