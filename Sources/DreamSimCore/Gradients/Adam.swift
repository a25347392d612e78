/// Adam (Kingma and Ba 2014) as PyTorch computes it, with weight decay added to the gradient.
///
/// ```swift
/// var adam = Adam(learningRate: 0.02)
/// adam.step(&image, gradient)
/// ```
public struct Adam: Sendable {
    /// What Adam can be told.
    public struct Settings: Hashable, Sendable, Codable {
        /// How far a step goes.
        public var learningRate: Double = 3e-4
        /// How much of the mean of gradients is kept from step to step.
        public var beta1: Double = 0.5
        /// How much of the mean of their squares is kept.
        public var beta2: Double = 0.999
        /// Added to the root of the mean square.
        public var epsilon: Double = 1e-8
        /// What of a parameter is added to its gradient.
        public var weightDecay: Double = 0

        /// The settings of the published models.
        public init() {}

        package func check() throws(DreamSimError) {
            let faults: [(Bool, String, String)] = [
                (learningRate.isFinite && learningRate > 0, "learning rate \(learningRate)", "must be above zero"),
                ((0..<1).contains(beta1), "beta1 \(beta1)", "must be at least 0 and below 1"),
                ((0..<1).contains(beta2), "beta2 \(beta2)", "must be at least 0 and below 1"),
                (epsilon.isFinite && epsilon > 0, "epsilon \(epsilon)", "must be above zero"),
                (weightDecay.isFinite && weightDecay >= 0, "weight decay \(weightDecay)", "must be zero or above"),
            ]
            if let fault = faults.first(where: { !$0.0 }) { throw DreamSimError(.badSetting, fault.1, fault.2) }
        }
    }

    /// The means that belong to one parameter.
    package struct Moments: Sendable {
        package var first: Tensor
        package var second: Tensor

        package init(first: Tensor, second: Tensor) {
            (self.first, self.second) = (first, second)
        }
    }

    /// The settings.
    public let settings: Settings
    /// Steps taken.
    public private(set) var steps: Int
    /// By the parameters' names.
    package private(set) var moments: [String: Moments]

    package init(_ settings: Settings, steps: Int = 0, moments: [String: Moments] = [:]) {
        self.settings = settings
        self.steps = steps
        self.moments = moments
    }

    /// Begins with zero moments.
    /// - Parameters:
    ///   - learningRate: above 0; how far a step goes.
    ///   - beta1: the decay of the mean of gradients, at least 0 and below 1.
    ///   - beta2: the decay of the mean of their squares, at least 0 and below 1.
    public init(learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999) {
        var settings = Settings()
        (settings.learningRate, settings.beta1, settings.beta2) = (learningRate, beta1, beta2)
        self.init(settings)
    }

    /// Takes a step with one parameter; an optimizer has either this one or parameters by name.
    /// - Parameters:
    ///   - parameter: is moved against its gradient.
    ///   - gradient: of the parameter's shape, which stays the same from step to step.
    public mutating func step(_ parameter: inout Tensor, _ gradient: Tensor) {
        var parameters = ["": parameter]
        parameter = Tensor(zeros: [0])  // So that the dictionary alone holds the memory and nothing is copied.
        step(&parameters, gradients: ["": gradient])
        if let moved = parameters[""] { parameter = moved }
    }

    /// Takes a step.
    /// - Parameters:
    ///   - parameters: by name; those without a gradient stay as they are.
    ///   - gradients: by name, of the same shapes.
    ///   - rate: the share of the learning rate with which this step goes.
    package mutating func step(
        _ parameters: inout [String: Tensor], gradients: [String: Tensor], rate: Double = 1
    ) {
        steps += 1
        for (name, gradient) in gradients {
            guard var parameter = parameters.removeValue(forKey: name) else {
                preconditionFailure("gradient of '\(name)', which is not a parameter")
            }
            precondition(parameter.shape == gradient.shape, "'\(name)': \(parameter.shape), gradient \(gradient.shape)")
            var moments =
                self.moments.removeValue(forKey: name)
                ?? Moments(first: Tensor(zeros: parameter.shape), second: Tensor(zeros: parameter.shape))
            update(&parameter, gradient, &moments, rate)
            parameters[name] = parameter
            self.moments[name] = moments
        }
    }

    private func update(_ parameter: inout Tensor, _ gradient: Tensor, _ moments: inout Moments, _ rate: Double) {
        let correction1 = 1 - power(settings.beta1, steps)
        let root2 = Float((1 - power(settings.beta2, steps)).squareRoot())
        let stepSize = Float(settings.learningRate * rate / correction1)
        let (keep1, keep2) = (Float(1 - settings.beta1), Float(settings.beta2))
        let (new2, epsilon, decay) = (
            Float(1 - settings.beta2), Float(settings.epsilon), Float(settings.weightDecay)
        )
        parameter.withUnsafeMutableBufferPointer { p in
            moments.first.withUnsafeMutableBufferPointer { m in
                moments.second.withUnsafeMutableBufferPointer { v in
                    gradient.withUnsafeBufferPointer { gradient in
                        for i in p.indices {
                            let g = gradient[i] + decay * p[i]
                            m[i] += (g - m[i]) * keep1
                            v[i] = v[i] * keep2 + g * g * new2
                            p[i] -= stepSize * (m[i] / (v[i].squareRoot() / root2 + epsilon))
                        }
                    }
                }
            }
        }
    }

    /// A whole power by repeated multiplication, the same on every machine.
    private func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, factor, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return result
    }
}
