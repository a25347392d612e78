import Foundation

extension Heatmap {
    /// How maps are drawn.
    package struct Drawing: Sendable {
        /// What stands on the image.
        package enum Layout: String, Sendable, CaseIterable {
            /// The images and the overlays side by side, with headings and the color bar.
            case sheet
            /// The overlays at the size of their images, with the color bar.
            case overlay
            /// One overlay and nothing else, exactly as large as its image.
            case plain
        }

        /// What stands on the image.
        package var layout: Layout
        /// The colors.
        package var colors: ColorMap
        /// How much of the colors is seen, 0...1.
        package var opacity: Double
        /// The value of the last color; nil for the largest of the maps. Set it to compare images with each other.
        package var highest: Double?

        /// A way of drawing.
        package init(
            layout: Layout = .sheet, colors: ColorMap = .inferno, opacity: Double = 0.6, highest: Double? = nil
        ) {
            self.layout = layout
            self.colors = colors
            self.opacity = opacity
            self.highest = highest
        }
    }

    /// Draws the maps over their images.
    package func drawn(_ drawing: Drawing = Drawing()) -> Image {
        let scale = ColorScale(
            drawing.colors, to: drawing.highest ?? Double(largest), caption: "\(metric.name): \(meaning)")
        switch drawing.layout {
        case .plain:
            return layers[0].image.overlaid(with: layers[0].field, scale: scale, opacity: drawing.opacity)
        case .overlay:
            let side = layers.map { max($0.image.width, $0.image.height) }.max() ?? 1
            return HeatmapSheet(
                panels: layers.map { HeatmapSheet.Panel(image: $0.image, field: $0.field) }, scale: scale,
                opacity: drawing.opacity, panelSize: side
            ).rendered()
        case .sheet:
            return HeatmapSheet(
                title: title, subtitle: subtitle, panels: panels, scale: scale, opacity: drawing.opacity,
                footer: footer
            ).rendered()
        }
    }

    private var title: String {
        switch kind {
        case .difference: "Where do they differ?"
        case .rollout, .attention: "What does it look at?"
        }
    }

    private var subtitle: String {
        guard let value else { return "\(metric.name): \(meaning)" }
        let extent =
            mask.map { String(format: "within the white part of its mask (%.0f %% of the image)", $0.share * 100) }
            ?? "as a whole"
        return "\(metric.name) " + String(format: "%.4f ", value) + "\(extent), \(metric.direction.rawValue)"
    }

    private var footer: String {
        let model = model.map { "weights \($0.shortWeights), \($0.preprocessing)" }
        let grid = layers.first.map { "map of \($0.field.width)x\($0.field.height) values" }
        return [model, grid].compactMap(\.self).joined(separator: "; ")
    }

    private var panels: [HeatmapSheet.Panel] {
        func size(_ image: Image) -> String { "\(image.width) × \(image.height) pixels" }
        var panels: [HeatmapSheet.Panel] = []
        if let reference {
            panels.append(
                HeatmapSheet.Panel(
                    image: reference.image, title: reference.path.name, line: "reference, \(size(reference.image))"))
        }
        for layer in layers {
            panels.append(HeatmapSheet.Panel(image: layer.image, title: layer.path.name, line: size(layer.image)))
            panels.append(
                HeatmapSheet.Panel(
                    image: layer.image, field: layer.field, title: kind == .difference ? "difference" : "attention",
                    line: String(format: "mean %.4g, largest %.4g", layer.field.mean, layer.field.largest)))
        }
        return panels
    }
}
