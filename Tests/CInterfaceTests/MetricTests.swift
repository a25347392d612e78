import CDreamSim
import DreamSim
import DreamSimC
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// Values and embeddings through C are those of the library.
@Suite("The C interface: metrics")
struct MetricTests {
    private static let a = TinyModels.image(1)
    private static let b = TinyModels.image(2)

    private static func value(_ metric: dreamsim1_metric, _ a: inout dreamsim1_image, _ b: inout dreamsim1_image) throws
        -> Double
    {
        var value = Double.nan
        try call { dreamsim1_values(metric, &a, 1, &b, 1, &value, nil, nil, $0) }
        return value
    }

    @Test("gives the library's values", arguments: ["ssim", "psnr", "l1", "pdq"])
    func values(name: String) async throws {
        let metric = try await MetricCatalog.load(name)
        let expected = try metric.value(Self.a, Self.b)
        try withMetric(name) { handle in
            let value = try Self.a.withC { a in try Self.b.withC { b in try Self.value(handle, &a, &b) } }
            #expect(value == expected)
        }
    }

    @Test("takes pixels in any order of rows, columns and channels")
    func strides() throws {
        let (width, height) = (Self.a.width, Self.a.height)
        try withMetric("l1") { metric in
            // The same image from its last byte on, with rows, columns and channels backwards, and planes of gaps between.
            let reversed = [UInt8](Self.a.pixels.reversed())
            var planes: [UInt8] = []
            for c in 0..<3 {
                for y in 0..<height {
                    for x in 0..<width { planes.append(Self.a.pixels[3 * (y * width + x) + c]) }
                    planes += [7, 7]
                }
            }
            try Self.a.withC { a in
                try reversed.withUnsafeBytes { bytes in
                    var b = a
                    b.data = bytes.baseAddress! + bytes.count - 1
                    (b.row_stride, b.column_stride, b.channel_stride) = (-a.row_stride, -3, -1)
                    let value = try Self.value(metric, &a, &b)
                    #expect(value == 0)
                }
                try planes.withUnsafeBytes { bytes in
                    var b = a
                    b.data = bytes.baseAddress
                    (b.row_stride, b.column_stride, b.channel_stride) = (
                        Int64(width + 2), 1, Int64((width + 2) * height)
                    )
                    let value = try Self.value(metric, &a, &b)
                    #expect(value == 0)
                }
            }
        }
    }

    @Test("takes gray pixels, and colors over white by their alpha")
    func channels() throws {
        let gray = [UInt8](repeating: 100, count: 16), clear: [UInt8] = Array(repeating: 0, count: 64)
        try withMetric("l1") { metric in
            func value(_ bytes: [UInt8], _ channels: Int32, _ color: RGB) throws -> Double {
                try bytes.withUnsafeBytes { bytes in
                    var a = dreamsim1_image()
                    (a.kind, a.channels, a.data) = (Int32(DREAMSIM1_PIXELS.rawValue), channels, bytes.baseAddress)
                    (a.width, a.height, a.row_stride) = (4, 4, Int64(4 * channels))
                    (a.column_stride, a.channel_stride) = (Int64(channels), 1)
                    return try Image(width: 4, height: 4, filledWith: color).withC { try Self.value(metric, &a, &$0) }
                }
            }
            let (fromGray, fromWhite) = (try value(gray, 1, RGB(100, 100, 100)), try value(clear, 4, .white))
            let fromBlack = try value(clear, 4, .black)
            #expect(fromGray == 0 && fromWhite == 0 && fromBlack == 1)
        }
    }

    @Test("reads paths and the bytes of files")
    func files() throws {
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let png = try Self.a.pngData(), path = folder.appending(path: "ä b.png").path
        try Data(png).write(to: URL(filePath: path))
        try withMetric("l1") { metric in
            try Self.a.withC { a in
                try png.withUnsafeBytes { bytes in
                    var b = dreamsim1_image()
                    (b.kind, b.data, b.size) = (Int32(DREAMSIM1_FILE_BYTES.rawValue), bytes.baseAddress, bytes.count)
                    let value = try Self.value(metric, &a, &b)
                    #expect(value == 0)
                }
                try Array(path.utf8).withUnsafeBytes { bytes in
                    var b = dreamsim1_image()
                    (b.kind, b.data, b.size) = (Int32(DREAMSIM1_PATH.rawValue), bytes.baseAddress, bytes.count)
                    let value = try Self.value(metric, &a, &b)
                    #expect(value == 0)
                }
            }
        }
    }

    @Test("says of each pair by itself what is wrong, or ends with the first")
    func failures() throws {
        try withMetric("l1") { metric in
            try Self.a.withC { a in
                var bad = a
                bad.width = 0
                let images = [a, bad, a]
                var values = [0.0, 0, 0], failures = [dreamsim1_error](repeating: dreamsim1_error(), count: 3)
                try call { dreamsim1_values(metric, &a, 1, images, 3, &values, &failures, nil, $0) }
                #expect(values[0] == 0 && values[1].isNaN && values[2] == 0)
                #expect(failures.map(\.code) == [0, Int32(DREAMSIM1_ARGUMENT.rawValue), 0])
                #expect(String(cString: failures[1].message).contains("0x70 pixels"))
                dreamsim1_error_clear(&failures[1])
                let error = #expect(throws: CallError.self) {
                    try call { dreamsim1_values(metric, images, 3, images, 3, &values, nil, nil, $0) }
                }
                #expect(error?.code == Int(DREAMSIM1_ARGUMENT.rawValue))
            }
        }
    }

    @Test("embeds as the library does, into rows that need not follow each other")
    func embeddings() async throws {
        try await TinyModels.withModel { model, home in
            let expected = model.embed([Self.a, Self.b])
            try withModel(in: home) { metric in
                let width = model.width, step = width + 3
                var rows = [Float](repeating: 9, count: 2 * step)
                try Self.a.withC { a in
                    try Self.b.withC { b in
                        try call { dreamsim1_embed(metric, [a, b], 2, &rows, Int64(step), nil, nil, $0) }
                    }
                }
                #expect(Array(rows[0..<width]) == expected[0].values)
                #expect(Array(rows[step..<(step + width)]) == expected[1].values)
                #expect(rows[width..<step].allSatisfy { $0 == 9 })
                let said = try #require(try json { dreamsim1_describe(metric, $0, $1) } as? [String: Any])
                #expect(said["width"] as? Int == width)
                #expect((said["stamp"] as? [String: Any])?["weights"] as? String == model.stamp.weights)
            }
        }
    }

    @Test("stops where a listener asks for it")
    func cancellation() throws {
        try withMetric("l1") { metric in
            Self.a.withC { a in
                var seen = 0
                let images = [dreamsim1_image](repeating: a, count: 100)
                var values = [Double](repeating: -1, count: 100)
                let error = #expect(throws: CallError.self) {
                    try withUnsafeMutablePointer(to: &seen) { seen in
                        var listener = dreamsim1_listener(
                            listen: { context, event in
                                context!.assumingMemoryBound(to: Int.self).pointee += 1
                                return event!.pointee.done >= 32 ? 1 : 0
                            }, context: seen)
                        try call { dreamsim1_values(metric, &a, 1, images, 100, &values, nil, &listener, $0) }
                    }
                }
                #expect(error?.code == Int(DREAMSIM1_CANCELLED.rawValue))
                #expect(seen == 2 && values[31] == 0 && values[32] == -1)
            }
        }
    }
}
