import CDreamSimKernels
import DreamSimTensors
import TestSupport
import Testing

/// Backward passes over maps, kernel by kernel, against finite differences in double precision.
@Suite("Gradients of maps")
struct MapGradientTests {
    typealias Kernels = VectorMathTests

    /// Random values of which some are exactly zero, as a ReLU leaves them.
    static func features(_ count: Int, seed: UInt64) -> [Float] {
        Kernels.values(count, seed: seed, range: -1...3).map { max($0, 0) }
    }

    static func close(_ actual: [Float], _ expected: [Double], _ tolerance: Double = 1e-5) {
        let difference = Difference(actual, expected.map { Float($0) })
        #expect(difference.maxScaled < tolerance, "\(difference)")
    }

    @Test("Where a ReLU gave nothing, nothing goes back", arguments: Kernels.kinds, [1, 16, 37])
    func gates(kind: String, channels: Int) throws {
        let kernels = try Kernels.kernels(kind)
        let (places, width) = (5, channels + 3)
        let values = Self.features(places * width, seed: 1)
        var flags = [UInt8](repeating: 9, count: values.count)
        let positiveFlags = try #require(kernels.positive_flags)
        positiveFlags(values, values.count, &flags)
        #expect(zip(values, flags).allSatisfy { $1 == ($0 > 0 ? 1 : 0) })
        let gradient = Kernels.values(places * channels, seed: 2)
        let gate = try #require(kernels.gate)
        for usesFlags in [false, true] {
            var dy = gradient
            if usesFlags {
                gate(nil, flags, width, places, channels, &dy, channels)
            } else {
                gate(values, nil, width, places, channels, &dy, channels)
            }
            let expected = (0..<places).flatMap { p in
                (0..<channels).map { values[p * width + $0] > 0 ? gradient[p * channels + $0] : 0 }
            }
            #expect(dy == expected)
        }
    }

    /// One row of pooled windows over x [rows, columns, channels] in double precision.
    static func pool(
        _ x: [Double], columns: Int, rows: Int, channels: Int, size: Int, step: Int, outputs: Int, isMaximum: Bool
    ) -> [Double] {
        (0..<outputs).flatMap { o in
            (0..<channels).map { c in
                let window = (0..<min(size, rows)).flatMap { r in
                    (0..<min(size, columns - o * step)).map { i in
                        (x[(r * columns + o * step + i) * channels + c], [0.25, 0.5, 0.25][r] * [0.25, 0.5, 0.25][i])
                    }
                }
                return isMaximum
                    ? window.map(\.0).max() ?? 0
                    : (window.reduce(0) { $0 + $1.1 * $1.0 * $1.0 } + 1e-12).squareRoot()
            }
        }
    }

    @Test(
        "Pooling gives back what finite differences say, windows that are cut off too", arguments: Kernels.kinds,
        [
            (3, 2, 7, false), (3, 2, 6, false), (3, 1, 5, false), (3, 2, 7, true), (2, 2, 6, true), (3, 2, 6, true),
            (3, 1, 5, true),
        ])
    func pooling(kind: String, window: (size: Int, step: Int, columns: Int, isMaximum: Bool)) throws {
        let isMaximum = window.isMaximum
        let kernels = try Kernels.kernels(kind)
        let kernel = try #require(isMaximum ? kernels.max_pool_backward : kernels.l2_pool_backward)
        let (rows, channels) = (window.size == 3 && window.columns == 6 ? 2 : window.size, 21)
        let outputs = (window.columns - 1) / window.step + 1
        // Distinct values, so that differences do not meet a tie.
        let x = Kernels.values(rows * window.columns * channels, seed: 3, range: 0.01...2)
        let dy = Kernels.values(outputs * channels, seed: 4)
        var dx = [Float](repeating: 0, count: x.count)
        x.withUnsafeBufferPointer { x in
            dy.withUnsafeBufferPointer { dy in
                dx.withUnsafeMutableBufferPointer { dx in
                    // Channels in two parts.
                    for range in [0..<16, 16..<channels] {
                        var job = dsv_pooling_gradient(
                            x: x.baseAddress! + range.lowerBound, x_stride: window.columns * channels,
                            columns: window.columns, rows: rows, channels: channels, count: range.count,
                            size: window.size, step: window.step, outputs: outputs,
                            dy: dy.baseAddress! + range.lowerBound, dx: dx.baseAddress! + range.lowerBound,
                            dx_stride: window.columns * channels)
                        kernel(&job)
                    }
                }
            }
        }
        let expected = FiniteDifferences.gradient(
            of: { x in
                zip(
                    Self.pool(
                        x, columns: window.columns, rows: rows, channels: channels, size: window.size,
                        step: window.step, outputs: outputs, isMaximum: isMaximum), dy
                ).reduce(0) { $0 + $1.0 * Double($1.1) }
            }, at: x.map(Double.init), indices: Array(x.indices), step: 1e-7)
        Self.close(dx, expected)
    }

    @Test("Of equal values the first gets all, and zeros get nothing", arguments: Kernels.kinds)
    func ties(kind: String) throws {
        let kernel = try #require(try Kernels.kernels(kind).max_pool_backward)
        let (x, dy): ([Float], [Float]) = ([2, 0, 2, 0, 2, 0, 1, 0], [5, 7])
        var dx = [Float](repeating: 0, count: 8)
        var job = dsv_pooling_gradient()
        (job.x_stride, job.columns, job.rows, job.channels, job.count) = (4, 2, 2, 2, 2)
        (job.size, job.step, job.outputs, job.dx_stride) = (2, 2, 1, 4)
        x.withUnsafeBufferPointer { x in
            dy.withUnsafeBufferPointer { dy in
                dx.withUnsafeMutableBufferPointer { dx in
                    (job.x, job.dy, job.dx) = (x.baseAddress, dy.baseAddress, dx.baseAddress)
                    kernel(&job)
                }
            }
        }
        #expect(dx == [5, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("Differences of unit features give back what finite differences say", arguments: Kernels.kinds, [1, 16, 37])
    func unitDifferences(kind: String, channels: Int) throws {
        let kernel = try #require(try Kernels.kernels(kind).unit_differences_backward)
        let count = 4
        var a = Self.features(count * channels, seed: 5)
        let b = Self.features(count * channels, seed: 6)
        a[0] = 0.5
        let weights = Kernels.values(channels, seed: 7, range: 0...2)
        var da = [Float](repeating: .nan, count: a.count)
        kernel(a, b, count, channels, weights, 0.25, &da)
        let other = b.map(Double.init)
        func unit(_ v: [Double], _ place: Int) -> [Double] {
            let part = v[(place * channels)..<((place + 1) * channels)]
            let square: Double = part.reduce(0.0) { $0 + $1 * $1 }
            return part.map { $0 / (square.squareRoot() + 1e-10) }
        }
        func value(_ a: [Double]) -> Double {
            var sum = 0.0
            for place in 0..<count {
                let (p, q) = (unit(a, place), unit(other, place))
                for c in 0..<channels { sum += 0.25 * Double(weights[c]) * (p[c] - q[c]) * (p[c] - q[c]) }
            }
            return sum
        }
        let all = FiniteDifferences.gradient(of: value, at: a.map(Double.init), indices: Array(a.indices))
        let expected: [Double] = zip(a, all).map { $0 > 0 ? $1 : 0 }
        if channels > 1 {
            Self.close(da, expected, 1e-5)
        } else {
            // A single channel is 1 or 0 wherever it is, and so does not change.
            #expect(da.allSatisfy { abs($0) < 1e-5 })
        }
    }

    @Test("Features that are equal, zero or tiny have finite gradients", arguments: Kernels.kinds)
    func finiteUnitDifferences(kind: String) throws {
        let kernel = try #require(try Kernels.kernels(kind).unit_differences_backward)
        let (channels, weights) = (20, [Float](repeating: 1, count: 20))
        let some = Self.features(channels, seed: 8)
        let zero = [Float](repeating: 0, count: channels)
        for factor: Float in [1e-6, 1e-12, 1e-20, 1e-30, 1e-38, 7 * .leastNonzeroMagnitude] {
            let tiny = some.map { $0 * factor }
            for (a, b) in [(tiny, some), (some, tiny), (tiny, zero), (tiny, tiny), (zero, tiny)] {
                var da = [Float](repeating: .nan, count: channels)
                kernel(a, b, 1, channels, weights, 1, &da)
                #expect(da.allSatisfy { $0.isFinite }, "\(factor)")
            }
        }
        for a in [some, zero] {
            var da = [Float](repeating: .nan, count: channels)
            kernel(a, a, 1, channels, weights, 1, &da)
            #expect(da.allSatisfy { $0 == 0 })
        }
    }

    @Test("Gradients by moments of channels agree, and equal maps leave exactly nothing", arguments: Kernels.kinds)
    func channelGradient(kind: String) throws {
        let kernel = try #require(try Kernels.kernels(kind).channel_gradient)
        let (count, channels) = (7, 19)
        let (x, y) = (Self.features(count * channels, seed: 9), Self.features(count * channels, seed: 10))
        let parts = (0..<5).map { Kernels.values(channels, seed: 20 + UInt64($0)) }
        for (isGated, hasSecond) in [(0, true), (1, true), (1, false)] {
            var dx = [Float](repeating: .nan, count: x.count)
            Self.withPointers(parts, gated: Int32(isGated)) { job in
                var job = job
                kernel(&job, x, hasSecond ? y : nil, count, channels, &dx)
            }
            let expected = x.indices.map { i -> Double in
                let c = i % channels
                guard isGated == 0 || x[i] > 0 else { return 0 }
                let second = Double(parts[4][c]) * Double(y[i] - parts[3][c])
                return Double(parts[0][c]) + Double(parts[2][c]) * Double(x[i] - parts[1][c]) + (hasSecond ? second : 0)
            }
            Self.close(dx, expected)
        }
        let opposite = [[Float](repeating: 0, count: channels), parts[1], parts[2], parts[1], parts[2].map { -$0 }]
        var dx = [Float](repeating: .nan, count: x.count)
        Self.withPointers(opposite, gated: 0) { job in
            var job = job
            kernel(&job, x, x, count, channels, &dx)
        }
        #expect(dx.allSatisfy { $0 == 0 })
    }

    static func withPointers(_ parts: [[Float]], gated: Int32, _ body: (dsv_channel_gradient) -> Void) {
        let width = parts[0].count
        parts.flatMap { $0 }.withUnsafeBufferPointer { all in
            let base = all.baseAddress!
            body(
                dsv_channel_gradient(
                    constant: base, mean_x: base + width, slope_x: base + 2 * width, mean_y: base + 3 * width,
                    slope_y: base + 4 * width, gated: gated))
        }
    }

    static func plane(_ height: Int, _ width: Int, seed: UInt64) -> Plane {
        Plane(
            height: height, width: width,
            values: Kernels.values(height * width, seed: seed, range: 0...255).map(Double.init))
    }

    @Test(
        "Planes change their size and back as finite differences say",
        arguments: [
            Plane.Change.averaged(2, padding: 0), .averaged(2, padding: 1), .averaged(3, padding: 0), .mirrored(2),
        ])
    func planes(change: Plane.Change) {
        let x = Self.plane(7, 6, seed: 1)
        let y = x.changed(change)
        let dy = Self.plane(y.height, y.width, seed: 2)
        let expected = FiniteDifferences.gradient(
            of: { values in
                let y = Plane(height: 7, width: 6, values: values).changed(change)
                return zip(y.values, dy.values).reduce(0) { $0 + $1.0 * $1.1 }
            }, at: x.values, indices: Array(x.values.indices), step: 1e-3)
        Self.close(dy.unchanged(change, height: 7, width: 6).values.map { Float($0) }, expected, 1e-6)
    }

    @Test(
        "Similarity of windows gives back what finite differences say", arguments: [7, 11],
        [WindowedSimilarity.Wanted.similarity, .contrast])
    func windows(taps: Int, wanted: WindowedSimilarity.Wanted) {
        let window =
            taps == 7
            ? WindowedSimilarity(weights: [Double](repeating: 1 / 7, count: 7), covariance: 49 / 48)
            : WindowedSimilarity(weights: WindowedSimilarity.gaussian(taps: 11, sigma: 1.5))
        let (a, b) = (Self.plane(14, 13, seed: 1), Self.plane(14, 13, seed: 2))
        let result = window.meanAndGradient(wanted, a, b)
        let indices = FiniteDifferences.indices(below: 14 * 13, count: 60)
        func value(_ a: [Double], _ b: [Double]) -> Double {
            window.meanAndGradient(
                wanted, Plane(height: 14, width: 13, values: a), Plane(height: 14, width: 13, values: b)
            ).mean
        }
        for (gradient, expected) in [
            (
                result.gradientA,
                FiniteDifferences.gradient(of: { value($0, b.values) }, at: a.values, indices: indices, step: 1e-3)
            ),
            (
                result.gradientB,
                FiniteDifferences.gradient(of: { value(a.values, $0) }, at: b.values, indices: indices, step: 1e-3)
            ),
        ] {
            Self.close(indices.map { Float(gradient.values[$0]) }, expected, 1e-6)
        }
        let same = window.meanAndGradient(wanted, a, a)
        #expect(same.mean == 1 && same.gradientA.values.allSatisfy { $0 == 0 })
        #expect(same.gradientB.values.allSatisfy { $0 == 0 })
    }
}
