/// Makes an image that matches others in the eyes of a metric, step by step: what the metric keeps of them, and what not.
///
/// ```swift
/// let loss = try await Loss("lpips-vgg + 0.5*dists")
/// let inversion = try Inversion(
///     of: [InversionTarget(photo, name: "photo.jpg")], by: loss, InversionOptions(width: 224, height: 224))
/// while !inversion.isDone { print(try inversion.step().loss) }
/// try inversion.image.write(to: url)
/// ```
///
/// The same steps give the same numbers. Not for sharing between threads.
package final class Inversion {
    /// How the image is optimized.
    package let options: InversionOptions
    /// What it comes to match.
    package let targets: [InversionTarget]
    /// What the image is called from which it started; nil for noise, or when it has no name.
    package let startName: String?
    /// SHA-256 over everything that the numbers depend on, in hexadecimal.
    package let stamp: String
    let objective: Objective
    let parameterization: any ImageParameterization
    var parameters: [String: Tensor]
    var adam: Adam
    /// Steps in turn that had no gradient.
    private var stillSteps = 0
    var best: Found?

    /// A whole image and what it costs.
    struct Found {
        /// [1, 3, H, W].
        var image: Tensor
        var loss: Double
        var penalty: Double
        /// The steps before it.
        var step: Int

        var cost: Double { loss + penalty }
    }

    /// What a step found, before it changed anything.
    package struct Step: Sendable {
        /// The steps before it.
        package let number: Int
        /// The distance from the targets: of whole images, or as this step's shifts and crops show them.
        package let loss: Double
        /// What the total variation adds.
        package let penalty: Double
        /// [1, 3, H, W] in [0, 1].
        package let image: Tensor
    }

    /// Begins.
    /// - Parameters:
    ///   - targets: at least one.
    ///   - loss: the metric, or several.
    ///   - options: the settings.
    ///   - start: the image to start from, brought to the inversion's size; noise when nil.
    ///   - startName: what reports call it, such as its file.
    /// - Throws: `DreamSimError` with `.badSetting`; `DreamSimError` when a mask is not as large as its target, or the metric
    ///   cannot be computed at this size.
    package init(
        of targets: [InversionTarget], by loss: Loss, _ options: InversionOptions,
        from start: Image? = nil, named startName: String? = nil
    ) throws {
        try options.check()
        try Self.check(targets, loss)
        let total = targets.reduce(0) { $0 + $1.weight }
        let prepared = try targets.map {
            try PreparedTarget($0, height: options.height, width: options.width, share: $0.weight / total)
        }
        objective = try Objective(loss: loss, targets: prepared, totalVariation: options.totalVariation)
        parameterization = options.parameterization.made(height: options.height, width: options.width)
        let first = try start.map { try Tensor([$0.resized(width: options.width, height: options.height)]) }
        if let first {
            guard let found = parameterization.parameters(of: first) else {
                throw DreamSimError(
                    .badSetting, options.parameterization.name,
                    "starts from noise and cannot begin with an image; choose pixels, pyramid or fourier")
            }
            parameters = found
        } else {
            parameters = parameterization.start(seed: options.seed)
        }
        adam = Adam(options.adam)
        stamp = InversionStamp.digest(prepared, loss, options, start: first)
        (self.options, self.targets, self.startName) = (options, targets, start == nil ? nil : startName)
    }

    private static func check(_ targets: [InversionTarget], _ loss: Loss) throws(DreamSimError) {
        guard !targets.isEmpty else { throw DreamSimError(.badSetting, "targets", "are missing; name at least one") }
        for target in targets {
            guard target.weight.isFinite, target.weight > 0 else {
                throw DreamSimError(.badSetting, target.name, "has the weight \(target.weight); it must be above zero")
            }
        }
        if let endless = loss.terms.first(where: { !$0.metric.card.identical.isFinite }) {
            throw DreamSimError(
                .badSetting, endless.metric.card.name,
                "has no end that it could fall to; choose mse, which falls with it")
        }
    }

    /// Of the image.
    var imageShape: Shape { [1, 3, options.height, options.width] }

    /// Steps taken since the beginning.
    package var steps: Int { adam.steps }

    /// Whether all steps have been taken.
    package var isDone: Bool { steps >= options.steps }

    /// Takes a step.
    /// - Throws: `DreamSimError` with `.diverged` when a number is no longer finite; then nothing has changed.
    @discardableResult
    package func step() throws -> Step {
        // all randomness follows from the seed and the step.
        let stepSeed = SeededGenerator.mixed(options.seed ^ SeededGenerator.mixed(UInt64(steps) + 1))
        let rendered = parameterization.rendered(parameters, noise: stepSeed)
        guard rendered.image.isFinite else { throw diverged("the image is") }
        let value = try objective.value(of: rendered.image, through: views(stepSeed))
        guard (value.loss + value.penalty).isFinite else { throw diverged("the loss is") }
        let gradients = rendered.backward(value.gradient)
        guard gradients.values.allSatisfy(\.isFinite) else { throw diverged("a gradient is") }
        try checkMovement(value)
        if options.viewSettings.isWhole { keep(rendered.image, value) }
        let step = Step(number: steps, loss: value.loss, penalty: value.penalty, image: rendered.image)
        adam.step(&parameters, gradients: gradients, rate: options.rate(at: steps))
        return step
    }

    /// Looks at the whole image as it is now, which may become the best, and says what it costs.
    package func look() throws -> Step {
        let image = parameterization.rendered(parameters, noise: nil).image
        guard image.isFinite else { throw diverged("the image is") }
        let value = try objective.value(of: image)
        guard (value.loss + value.penalty).isFinite else { throw diverged("the loss is") }
        keep(image, value)
        return Step(number: steps, loss: value.loss, penalty: value.penalty, image: image)
    }

    /// The best whole image that was seen; that of now when none was.
    package var image: Image {
        get throws {
            let found = best?.image ?? parameterization.rendered(parameters, noise: nil).image
            return try found.images()[0]
        }
    }

    /// The loss of an image of the inversion's size, such as of one that was rounded to 8 bits, and each metric of it by
    /// itself, without its weight.
    package func loss(of image: Image) throws -> (value: Double, terms: [Double]) {
        let value = try objective.value(of: Tensor([image]))
        return (value.loss, value.terms)
    }

    private func keep(_ image: Tensor, _ value: Objective.Value) {
        let found = Found(image: image, loss: value.loss, penalty: value.penalty, step: steps)
        if found.cost < best?.cost ?? .infinity { best = found }
    }

    private func views(_ stepSeed: UInt64) -> [RandomView] {
        guard !options.viewSettings.isWhole else { return [] }
        var generator = SeededGenerator(state: SeededGenerator.mixed(stepSeed &+ 1))
        return (0..<options.views).map { _ in
            RandomView(height: options.height, width: options.width, options.viewSettings, from: &generator)
        }
    }

    /// Refuses to go on where nothing would ever change: MS-SSIM, as published, is 0 for all images that are unlike enough, and says
    /// of none of them which way is better.
    private func checkMovement(_ value: Objective.Value) throws {
        let isStill = value.loss > 0 && value.gradient.values.allSatisfy { $0 == 0 }
        stillSteps = isStill ? stillSteps + 1 : 0
        // Random views can miss what moves.
        guard isStill, stillSteps >= (options.viewSettings.isWhole ? 1 : 20) else { return }
        let names = objective.loss.terms.map(\.metric.card.name).joined(separator: ", ")
        throw DreamSimError(
            .diverged, "step \(steps + 1)",
            "the gradient of \(names) is zero at this image, so that the loss stays \(String(format: "%g", value.loss)); begin with "
                + "an image that is more like the target, or add a metric such as mse or lpips-vgg")
    }

    private func diverged(_ what: String) -> DreamSimError {
        DreamSimError(.diverged, "step \(steps + 1)", "\(what) not finite; lower the learning rate")
    }
}
