import Foundation

extension InversionReport {
    /// The frames side by side, each with its step and loss, beside the first target.
    /// - Parameter target: the first target's image.
    package func strip(target: Image) -> Image {
        let size = "\(options.width) × \(options.height) pixels"
        return ContactSheet(
            title: "\(targets[0].name) as \(metric) sees it",
            subtitle:
                "\(options.parameterization.name), \(steps) steps",
            reference: ContactSheet.Cell(
                image: target, title: targets[0].name,
                lines: [targets.count > 1 ? "the first of \(targets.count)" : "target"]),
            cells: frames.map { frame in
                ContactSheet.Cell(
                    image: frame.image, title: frame.step == 0 ? "start" : "step \(frame.step)",
                    figure: Self.figure(frame.loss))
            }, columns: 4, footer: "\(size), seed \(options.seed); the figures are the loss"
        ).rendered()
    }

    /// The loss by step, on a logarithmic axis.
    package var curve: VectorDrawing {
        LossCurve(
            title: "\(targets[0].name) by \(metric)",
            subtitle: "loss by step, from \(Self.figure(loss.start)) to \(Self.figure(loss.end)): "
                + "\(Self.figure(loss.fall)) times smaller",
            values: losses + [loss.end]
        ).drawing()
    }

    private static func figure(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let size = abs(value)
        let format = size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 0.1 ? "%.3f" : size >= 0.001 ? "%.5f" : "%.2e"
        return String(format: format, value)
    }
}
