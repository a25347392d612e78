import Foundation

/// FSIM, feature similarity (Zhang, Zhang, Mou and Zhang 2011): how similar phase congruency and the gradients of luma are,
/// weighed by phase congruency. Images are first averaged over squares of max(1, round(least side / 256)) pixels; held to
/// piq.
///
/// Values run from 0 to 1, which identical images have exactly. Exchanging the images changes no bit.
public enum FeatureSimilarity: String, PerceptualMetric, CaseIterable {
    /// Of luma alone.
    case luma = "fsim"
    /// With the differences of color, FSIMc.
    case color = "fsimc"

    static let entries = allCases.map { metric in
        MetricCatalog.Entry(card: metric.card) { _, _ in metric }
    }

    /// What the metric is.
    public var card: MetricCard {
        MetricCard(
            name: rawValue,
            summary: "similarity of phase congruency and gradients\(self == .color ? " and color" : ""), as piq",
            direction: .higherIsMoreAlike, lowest: 0, highest: 1, size: .full(minimum: 2))
    }

    /// The metric between a reference and each image.
    public func values(from reference: Image, to images: [Image]) throws -> [Double] {
        for image in images { try card.checkSizes(reference, image) }
        // Halves go to the even number, as Python rounds.
        let factor = max(1, Int((Double(min(reference.width, reference.height)) / 256).rounded(.toNearestOrEven)))
        func features(_ image: Image, _ bank: PhaseCongruency) -> Features {
            let planes = OpponentPlanes(image).map { $0.changed(.averaged(factor, padding: 0)) }
            return Features(
                planes: planes, gradient: planes.luma.gradientMagnitude(3 / 16.0, 10 / 16.0),
                congruency: bank.map(of: planes.luma))
        }
        let bank = PhaseCongruency(height: reference.height / factor, width: reference.width / factor)
        let first = features(reference, bank)
        return try images.map { image in
            try Interruption.check()
            return value(first, features(image, bank))
        }
    }

    private struct Features {
        let planes: OpponentPlanes
        let gradient: [Double]
        let congruency: [Double]
    }

    private func value(_ a: Features, _ b: Features) -> Double {
        var (sum, total) = (0.0, 0.0)
        for place in a.gradient.indices {
            let weight = max(a.congruency[place], b.congruency[place])
            var likeness =
                similarity(a.gradient[place], b.gradient[place], constant: 160)
                * similarity(a.congruency[place], b.congruency[place], constant: 0.85)
            if self == .color {
                let colors =
                    similarity(a.planes.i.values[place], b.planes.i.values[place], constant: 200)
                    * similarity(a.planes.q.values[place], b.planes.q.values[place], constant: 200)
                likeness *= pow(abs(colors), 0.03)
            }
            sum += likeness * weight
            total += weight
        }
        return sum / total
    }
}

/// Phase congruency by a bank of log-Gabor filters of four scales and four orientations (Kovesi 1999), with the constants
/// of FSIM's authors.
private struct PhaseCongruency {
    private let (height, width): (Int, Int)
    /// [orientation][scale], in the frequency domain.
    private let filters: [[[Double]]]
    /// For each orientation the noise's energy for a unit of its power.
    private let noise: [Double]
    /// For each orientation the mean square of the finest filter, times the number of places.
    private let power: [Double]

    init(height: Int, width: Int) {
        (self.height, self.width) = (height, width)
        func axis(_ size: Int) -> [Double] {
            let scale = Double(size % 2 == 1 ? max(size - 1, 1) : size)
            let values = (0..<size).map { (Double($0) - Double(size / 2)) / scale }
            // Frequency 0 to the corner.
            return (0..<size).map { values[($0 + size / 2) % size] }
        }
        let (rows, columns) = (axis(height), axis(width))
        let places = (0..<(height * width)).map { (x: rows[$0 / width], y: columns[$0 % width]) }
        let radii = places.map { ($0.x * $0.x + $0.y * $0.y).squareRoot() }
        let angles = places.map { atan2(-$0.y, $0.x) }
        let sigma = Double.pi / (4 * 1.2)
        let radial = (0..<4).map { scale -> [Double] in
            let center = 1 / (6 * pow(2, Double(scale)))
            return radii.indices.map { place in
                guard place > 0 else { return 0 }
                let ratio = log(radii[place] / center)
                return exp(-ratio * ratio / (2 * log(0.55) * log(0.55))) / (1 + pow(radii[place] / 0.45, 30))
            }
        }
        filters = (0..<4).map { orientation in
            let angle = Double(orientation) * .pi / 4
            let spread = angles.map { own -> Double in
                let sine = sin(own) * cos(angle) - cos(own) * sin(angle)
                let cosine = cos(own) * cos(angle) + sin(own) * sin(angle)
                let turn = atan2(sine, cosine)
                return exp(-turn * turn / (2 * sigma * sigma))
            }
            return radial.map { zip($0, spread).map { $0 * $1 } }
        }
        power = filters.map { $0[0].reduce(0) { $0 + $1 * $1 } }
        let size = (height, width)
        noise = filters.map { scales in
            let inverses = scales.map { filter in
                FourierTransform.plane(
                    filter.map { FourierTransform.Complex($0, 0) }, height: size.0, width: size.1, isInverse: true
                ).map { $0.x * Double(size.0 * size.1).squareRoot() }
            }
            var (squares, products) = (0.0, 0.0)
            for (index, filter) in inverses.enumerated() {
                squares += filter.reduce(0) { $0 + $1 * $1 }
                for other in inverses[(index + 1)...] { products += zip(filter, other).reduce(0) { $0 + $1.0 * $1.1 } }
            }
            return 2 * squares + 4 * products
        }
    }

    /// The phase congruency at each place of a plane.
    func map(of plane: Plane) -> [Double] {
        // No filter lets the mean pass; without it nothing is left of flat planes that rounding could fill.
        let mean = plane.values.reduce(0, +) / Double(plane.values.count)
        let spectrum = FourierTransform.plane(
            plane.values.map { FourierTransform.Complex($0 - mean, 0) }, height: height, width: width)
        var energy = [Double](repeating: 0, count: plane.values.count)
        var amplitude = energy
        for (orientation, scales) in filters.enumerated() {
            let responses = scales.map { filter in
                FourierTransform.plane(
                    zip(spectrum, filter).map { $0 * $1 }, height: height, width: width, isInverse: true)
            }
            let finest = responses[0].map { $0.x * $0.x + $0.y * $0.y }.sorted()
            // The lower one of the two in the middle, as torch takes it.
            let median = finest[(finest.count - 1) / 2]
            let noisePower = -median / log(0.5) / power[orientation]
            let tau = (noisePower * noise[orientation] / 2).squareRoot()
            let threshold =
                (tau * (Double.pi / 2).squareRoot() + 2 * ((2 - Double.pi / 2) * tau * tau).squareRoot()) / 1.7
            for place in energy.indices {
                let sum = responses.reduce(FourierTransform.Complex.zero) { $0 + $1[place] }
                let mean = sum / ((sum.x * sum.x + sum.y * sum.y).squareRoot() + .ulpOfOne)
                var own = 0.0
                for response in responses {
                    let value = response[place]
                    own += value.x * mean.x + value.y * mean.y - abs(value.x * mean.y - value.y * mean.x)
                    amplitude[place] += (value.x * value.x + value.y * value.y).squareRoot()
                }
                energy[place] += max(own - threshold, 0)
            }
        }
        return zip(energy, amplitude).map { ($0 + .ulpOfOne) / ($1 + .ulpOfOne) }
    }
}
