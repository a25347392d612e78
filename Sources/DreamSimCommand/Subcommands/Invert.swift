import ArgumentParser
import DreamSimTraining
import Foundation

struct Invert: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invert",
        abstract: "Optimize an image to match others by a metric.",
        discussion: """
            Starts from noise, or from --from, and minimizes the metric's distance to the target by gradient descent (Adam). \
            What the result shares with the target is what the metric is sensitive to; where they differ, it is robust. The \
            result depends on the parameterization: pixels; pyramid (coarse to fine); fourier (the amplitudes of natural \
            images); network (an untrained network, Deep Image Prior).

            Several targets are matched together, by --weight. A --mask limits a target to its white part: give one mask \
            for all targets, or one per target.

            The same command gives the same image. The best image so far is written during the run; with --checkpoint, a \
            stopped run resumes.

            EXAMPLES
              dreamsim invert photo.jpg -o out.png --metric lpips-vgg
              dreamsim invert photo.jpg -o out.png --sheet sheet.png --curve loss.png --json run.json
              dreamsim invert photo.jpg -o out.png --metric vits14-focus --as pyramid --crop 0.3
              dreamsim invert left.jpg right.jpg -o both.png --mask left.png --mask right.png
            """)

    /// What is matched by when nothing is named.
    private static let standardMetric = "lpips-vgg"

    @Argument(help: "Images to match.")
    var targets: [ImagePath]

    @Option(
        help: ArgumentHelp(
            "Metric or weighted sum, in place of --model. (default: \(Self.standardMetric))",
            valueName: "metric"),
        completion: .list(MetricCatalog.all.map(\.card.name) + Catalog.all.map(\.name)))
    var metric: String?

    @Option(help: ArgumentHelp("Image to start from instead of noise.", valueName: "image"))
    var from: ImagePath?

    @Option(help: ArgumentHelp("Mask of the target; white counts (repeatable, per target).", valueName: "file"))
    var mask: [ImagePath] = []

    @Option(help: ArgumentHelp("Weight of a target (repeatable, per target).", valueName: "weight"))
    var weight: [Double] = []

    @OptionGroup(title: "Optimization") var flags: InversionFlags
    @OptionGroup(title: "Output") var outputs: InversionOutputs
    @OptionGroup(title: "Model") var model: ModelOptionsWith<NoDefault>

    func validate() throws {
        guard mask.count <= 1 || mask.count == targets.count else {
            throw ValidationError("--mask: \(mask.count) for \(targets.count) targets; give one, or one for each")
        }
        guard weight.isEmpty || weight.count == targets.count else {
            throw ValidationError("--weight: \(weight.count) for \(targets.count) targets; give one for each")
        }
        guard metric == nil || model.chosenModel == nil else {
            throw ValidationError("--model and --metric name two things to match by; give one, or a sum to --metric")
        }
        try outputs.files.check(against: targets + mask + [from])
    }

    func run() async throws {
        let decoding = model.preprocessing.decoding
        let images = try targets.map { try Image(contentsOfFile: $0.bytes, options: decoding) }
        let masks = try mask.map { try Mask(contentsOf: $0, options: decoding) }
        let start = try from.map { try Image(contentsOfFile: $0.bytes, options: decoding) }
        let matched = images.enumerated().map { index, image in
            InversionTarget(
                image, name: targets[index].name, mask: masks.count > 1 ? masks[index] : masks.first,
                weight: weight.isEmpty ? 1 : weight[index])
        }
        let inversion = try Inversion(
            of: matched, by: await loss(), flags.options(like: images[0]), from: start, named: from?.name)
        let run = try InversionRun(inversion, outputs.settings)
        if !outputs.quiet, inversion.steps > 0 { Terminal.note("resuming after step \(inversion.steps)") }
        let interruption = Interruption()
        let report = try run.run { progress in
            show(progress)
            return !interruption.isRequested
        }
        if !outputs.quiet { Terminal.progress("") }
        try outputs.write(report, target: images[0])
        tell(report)
        if !report.isComplete { Terminal.exit(interruption.code) }
    }

    private func loss() async throws -> Loss {
        // The path of a model may hold a plus sign, which would join the terms of a sum.
        if let name = model.chosenModel {
            return Loss([Loss.Term(try Loss.differentiable(await model.load(metric: name, quiet: outputs.quiet)))])
        }
        var terms: [Loss.Term] = []
        let expression = try LossExpression(parsing: metric ?? Self.standardMetric)
        try model.checkPrecision(for: expression.terms.map(\.metric))
        for term in expression.terms {
            let loaded = try await model.load(metric: term.metric, quiet: outputs.quiet)
            terms.append(Loss.Term(try Loss.differentiable(loaded), weight: term.weight))
        }
        return Loss(terms)
    }

    private func show(_ progress: InversionRun.Progress) {
        guard !outputs.quiet, Terminal.isInteractive else { return }
        Terminal.progress(
            "\(ProgressLine.bar(Double(progress.step) / Double(progress.total)))  step \(progress.step) of "
                + "\(progress.total), "
                + String(format: "loss %.5g, %.2f steps a second, ", progress.loss, progress.stepsPerSecond)
                + "\(Duration.seconds(progress.secondsLeft).brief) left")
    }

    private func tell(_ report: InversionReport) {
        guard !outputs.quiet else { return }
        let loss = report.loss
        Terminal.note(
            String(format: "the loss fell from %.5g to %.5g, %.3g times", loss.start, loss.end, loss.fall)
                + ", in \(report.steps) steps and \(Duration.seconds(report.seconds).brief); the image is in \(outputs.output)"
        )
        if report.isComplete && from == nil && loss.fall < 2 {
            Terminal.note("the loss hardly fell; take more --steps, or another --learning-rate")
        }
        if !report.isComplete {
            Terminal.note(
                outputs.checkpoint == nil
                    ? "stopped; with --checkpoint it could be resumed" : "stopped; the same command resumes it")
        }
    }
}
