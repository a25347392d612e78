import CDreamSimKernels
import DreamSimTensors
import TestSupport
import Testing

/// Layers over channels-last maps, run row by row, against plain loops in double precision.
@Suite("Maps")
struct MapTests {
    /// A whole map, for the plain loops.
    struct PlainMap {
        let height: Int
        let width: Int
        let channels: Int
        var values: [Double]

        init(_ extent: MapStream.Extent, _ values: [Double]) {
            (height, width, channels, self.values) = (extent.height, extent.width, extent.channels, values)
        }

        /// Zero outside.
        subscript(y: Int, x: Int, c: Int) -> Double {
            y >= 0 && y < height && x >= 0 && x < width ? values[(y * width + x) * channels + c] : 0
        }

        /// Makes each place of the next map from its window.
        func next(
            _ extent: MapStream.Extent, _ window: MapWindow, _ body: (PlainMap, _ y: Int, _ x: Int, _ c: Int) -> Double
        ) -> PlainMap {
            PlainMap(
                extent,
                (0..<extent.height).flatMap { y in
                    (0..<extent.width).flatMap { x in
                        (0..<extent.channels).map { c in
                            body(self, y * window.step - window.padding, x * window.step - window.padding, c)
                        }
                    }
                })
        }
    }

    static func convolution(_ window: MapWindow, inputs: Int, outputs: Int, seed: UInt64) -> (
        layer: Convolution, weight: [Float], bias: [Float]
    ) {
        let count = window.size * window.size * inputs
        let (weight, bias) = (
            VectorMathTests.values(outputs * count, seed: seed, range: -0.5...0.5),
            VectorMathTests.values(outputs, seed: seed + 1)
        )
        let layer = Convolution(
            weight: PackedMatrix(packing: Tensor(weight, shape: [outputs, count])),
            bias: Tensor(bias, shape: [outputs]), inputChannels: inputs, window: window)
        return (layer, weight, bias)
    }

    /// Runs layers over images and returns every layer's result, [layer][image].
    static func run(_ layers: [any MapLayer], _ images: [[Float]], _ extent: MapStream.Extent) throws -> [[[Float]]] {
        let stream = try #require(MapStream(layers, images: extent))
        var results = [[[Float]]](repeating: Array(repeating: [], count: images.count), count: layers.count)
        var next = [Int](repeating: 0, count: layers.count)
        stream.run(count: images.count, taps: Set(layers.indices)) { rows, maps in
            for (image, map) in zip(images, maps) {
                for (index, row) in rows.enumerated() {
                    let start = row * extent.width * extent.channels
                    for i in 0..<(extent.width * extent.channels) { map.row(index)[i] = image[start + i] }
                }
            }
        } visit: { layer, rows, maps in
            #expect(rows.lowerBound == next[layer], "rows come in order")
            next[layer] = rows.upperBound
            for (image, map) in maps.enumerated() {
                for row in 0..<map.rows {
                    results[layer][image] += UnsafeBufferPointer(
                        start: map.row(row), count: map.columns * map.channels)
                }
            }
        }
        for (layer, last) in next.enumerated() { #expect(last == stream.extents[layer + 1].height) }
        return results
    }

    @Test(
        "A chain of convolutions and poolings agrees at every layer, for several images",
        arguments: [(37, 23), (16, 16), (40, 300), (201, 17), (23, 1), (39, 23), (71, 300), (203, 40)])
    func chain(height: Int, width: Int) throws {
        let isNarrow = width < 16
        let first = Self.convolution(
            isNarrow ? MapWindow(size: 1) : MapWindow(size: 5, step: 2, padding: 2), inputs: 3, outputs: 20, seed: 1)
        let second = Self.convolution(MapWindow(size: 3, padding: 1), inputs: 20, outputs: 33, seed: 3)
        let third = Self.convolution(MapWindow(size: 1), inputs: 33, outputs: 70, seed: 5)
        let pooling = MaxPooling(size: isNarrow ? 1 : 3, step: 2, roundsUp: height.isMultiple(of: 2))
        let layers: [any MapLayer] = [first.layer, second.layer, pooling, third.layer, L2Pooling()]
        let extent = MapStream.Extent(height: height, width: width, channels: 3)
        let images = (0..<3).map { VectorMathTests.values(height * width * 3, seed: 10 + UInt64($0), range: -1...1) }
        let extents = try #require(MapStream(layers, images: extent)).extents
        let results = try Self.run(layers, images, extent)
        for (index, image) in images.enumerated() {
            var map = PlainMap(extent, image.map(Double.init))
            for (number, layer) in layers.enumerated() {
                let window = layer.window
                let side = 0..<window.size
                switch number {
                case 2:
                    map = map.next(extents[3], window) { map, y, x, c in
                        side.flatMap { i in
                            side.compactMap { j in
                                y + i < map.height && x + j < map.width ? map[y + i, x + j, c] : nil
                            }
                        }.max() ?? .nan
                    }
                case 4:
                    let h = [0.25, 0.5, 0.25]
                    map = map.next(extents[5], window) { map, y, x, c in
                        (side.reduce(0.0) { sum, i in
                            side.reduce(sum) { $0 + h[i] * h[$1] * map[y + i, x + $1, c] * map[y + i, x + $1, c] }
                        } + 1e-12).squareRoot()
                    }
                default:
                    let (_, weight, bias) = [first, second, second, third][number]
                    map = map.next(extents[number + 1], window) { map, y, x, o in
                        var sum = Double(bias[o])
                        for i in side {
                            for j in side {
                                for c in 0..<map.channels {
                                    let at = ((o * window.size + i) * window.size + j) * map.channels + c
                                    sum += Double(weight[at]) * map[y + i, x + j, c]
                                }
                            }
                        }
                        return max(sum, 0)
                    }
                }
                let difference = Difference(results[number][index], map.values.map { Float($0) })
                #expect(difference.relativeL2 < 2e-6, "image \(index), layer \(number): \(difference)")
            }
        }
    }

    @Test("Images that are too small for a layer are refused")
    func tooSmall() {
        let layers: [any MapLayer] = [MaxPooling(size: 3, step: 2), MaxPooling(size: 3, step: 2)]
        #expect(MapStream(layers, images: .init(height: 6, width: 9, channels: 3)) == nil)
        #expect(MapStream(layers, images: .init(height: 7, width: 9, channels: 3)) != nil)
    }

    @Test(
        "Windows are counted as PyTorch counts them",
        arguments: [
            (MapWindow(size: 3, step: 2, roundsUp: true), [1, 2, 3, 4, 5, 6, 13], [0, 1, 1, 2, 2, 3, 6]),
            (MapWindow(size: 3, step: 2), [1, 2, 3, 4, 5, 6, 13], [0, 0, 1, 1, 2, 2, 6]),
            (MapWindow(size: 11, step: 4, padding: 2), [6, 7, 31, 224], [0, 1, 7, 55]),
            (MapWindow(size: 2, step: 2, padding: 1, roundsUp: true), [1, 2, 3], [1, 2, 2]),
        ])
    func windows(window: MapWindow, lengths: [Int], expected: [Int]) {
        #expect(lengths.map(window.outputs) == expected)
    }

    @Test("Products over rows in groups and blocks that are summed together agree", arguments: VectorMathTests.kinds)
    func groups(kind: String) throws {
        let multiply = try #require(try VectorMathTests.kernels(kind).multiply_packed)
        // A 3x3 convolution over 9 x 7 places of 5 channels, to 4 x 3 with step 2.
        let (channels, columns, rows, outputs) = (5, 7, 9, 37)
        let map = VectorMathTests.values(rows * columns * channels, seed: 1)
        let w = VectorMathTests.values(outputs * 9 * channels, seed: 2)
        let bias = VectorMathTests.values(outputs, seed: 3)
        let panels = PackedProductTests.packed(w, outputs: outputs, inputs: 9 * channels)
        for together in [0, 1, 2, 3] {
            var y = [Float](repeating: .nan, count: 4 * 4 * outputs)
            map.withUnsafeBufferPointer { map in
                panels.withUnsafeBufferPointer { panels in
                    bias.withUnsafeBufferPointer { bias in
                        y.withUnsafeMutableBufferPointer { y in
                            var product = dsv_product()
                            (product.x, product.x_stride) = (map.baseAddress, 2 * channels)
                            (product.x_block, product.x_block_stride) = (3 * channels, columns * channels)
                            product.x_blocks_together = together
                            (product.group, product.x_group_stride) = (3, 2 * columns * channels)
                            // A place between the groups of y stays as it is.
                            product.y_group_stride = 4 * outputs
                            product.w = panels.baseAddress
                            product.w_panel = 9 * channels * PackedMatrix.panel
                            (product.rows, product.inputs, product.outputs) = (12, 9 * channels, outputs)
                            (product.y, product.y_stride) = (y.baseAddress, outputs)
                            product.bias = bias.baseAddress
                            product.activation = Int32(DSV_RELU.rawValue)
                            multiply(&product)
                        }
                    }
                }
            }
            var (actual, expected): ([Float], [Float]) = ([], [])
            for r in 0..<4 {
                for x in 0..<3 {
                    for o in 0..<outputs {
                        var sum = Double(bias[o])
                        for i in 0..<3 {
                            for j in 0..<(3 * channels) {
                                let at = (2 * r + i) * columns * channels + 2 * x * channels + j
                                sum += Double(map[at]) * Double(w[o * 9 * channels + i * 3 * channels + j])
                            }
                        }
                        actual.append(y[(r * 4 + x) * outputs + o])
                        expected.append(Float(max(sum, 0)))
                    }
                }
                for o in 0..<outputs { #expect(y[(r * 4 + 3) * outputs + o].isNaN) }
            }
            let difference = Difference(actual, expected)
            #expect(difference.relativeL2 < 1e-6, "\(together) together: \(difference)")
        }
    }

    @Test(
        "Differences of unit features agree, and equal features leave exactly nothing",
        arguments: VectorMathTests.kinds,
        [1, 7, 16, 64, 100])
    func unitDifferences(kind: String, channels: Int) throws {
        let compare = try #require(try VectorMathTests.kernels(kind).unit_differences)
        let count = 5
        var (a, b) = (
            VectorMathTests.values(count * channels, seed: 1), VectorMathTests.values(count * channels, seed: 2)
        )
        let weights = VectorMathTests.values(channels, seed: 3, range: 0...2)
        // Two equal places, one without any feature and one with very small ones.
        for c in 0..<channels { (b[c], a[channels + c], b[2 * channels + c]) = (a[c], 0, a[2 * channels + c] * 1e-9) }
        var d = [Float](repeating: .nan, count: count)
        compare(a, b, count, channels, weights, &d)
        #expect(d[0] == 0)
        let expected = (0..<count).map { i -> Float in
            func unit(_ v: [Float]) -> [Double] {
                let v = v[(i * channels)..<((i + 1) * channels)].map(Double.init)
                let norm = v.reduce(0) { $0 + $1 * $1 }.squareRoot() + 1e-10
                return v.map { $0 / norm }
            }
            let (p, q) = (unit(a), unit(b))
            return Float(weights.indices.reduce(0.0) { $0 + Double(weights[$1]) * (p[$1] - q[$1]) * (p[$1] - q[$1]) })
        }
        let difference = Difference(d, expected)
        #expect(difference.maxAbsolute < 2e-6, "\(difference)")
    }

    @Test(
        "Moments agree, also of nearly flat features", arguments: VectorMathTests.kinds, [3, 16, 50])
    func moments(kind: String, channels: Int) throws {
        let gather = try #require(try VectorMathTests.kernels(kind).moments)
        let count = 41
        let x = VectorMathTests.values(count * channels, seed: 1, range: 99.99...100.01)
        let y = VectorMathTests.values(count * channels, seed: 2)
        var moments = [Float](repeating: .nan, count: 5 * channels)
        gather(x, y, count, channels, &moments)
        for c in 0..<channels {
            let (p, q) = (
                (0..<count).map { Double(x[$0 * channels + c]) }, (0..<count).map { Double(y[$0 * channels + c]) }
            )
            let (mp, mq) = (p.reduce(0, +) / Double(count), q.reduce(0, +) / Double(count))
            let expected = [
                mp, mq, p.reduce(0) { $0 + ($1 - mp) * ($1 - mp) }, q.reduce(0) { $0 + ($1 - mq) * ($1 - mq) },
                zip(p, q).reduce(0) { $0 + ($1.0 - mp) * ($1.1 - mq) },
            ]
            for (m, value) in expected.enumerated() {
                let actual = Double(moments[m * channels + c])
                #expect(
                    abs(actual - value) <= 1e-5 * max(abs(value), m == 4 ? 0.1 : 1e-2), "\(m): \(actual) for \(value)")
            }
        }
        var single = [Float](repeating: .nan, count: 5 * channels)
        gather(x, nil, count, channels, &single)
        #expect(single[0] == moments[0] && single[2 * channels] == moments[2 * channels] && single[channels].isNaN)
    }
}
