/// What the sizes of sets do to scores, for whoever reads them.
struct SetNotes {
    let texts: [String]

    init(
        real: SetComparison.Side, generated: SetComparison.Side, width: Int, settings: SetComparison.Settings,
        manifolds: Manifolds?, extrapolation: FrechetExtrapolation?, unknown: String?
    ) {
        var texts: [String] = []
        let counts = [real.images, generated.images].compactMap(\.self)
        let fewest = counts.min() ?? 0
        let sizes =
            "\(real.images.map(String.init) ?? "an unknown number of") real and "
            + "\(generated.images.map(String.init) ?? "an unknown number of") generated images"
        if settings.scores.contains(.frechet) {
            if counts.count < 2 || fewest < max(10_000, 10 * width) {
                texts.append(
                    "fd grows as sets shrink, by a part in proportion to 1/n; this one is of \(sizes): compare it only with "
                        + "those of as many, or take fd-infinity")
            }
            if let count = counts.first(where: { $0 <= width }) {
                texts.append(
                    "\(count) images have a covariance of rank \(count - 1) in \(width) components: most of fd may be "
                        + "what their number makes of it")
            }
        }
        if let extrapolation {
            texts.append(
                "fd-infinity is the intercept of \(extrapolation.sizes.count) distances over 1/n, of "
                    + "\(extrapolation.sizes.first ?? 0) to \(extrapolation.sizes.last ?? 0) generated images; the real set is "
                    + "taken as it is")
            if (extrapolation.sizes.first ?? 0) < FrechetExtrapolation.least {
                texts.append(
                    "its authors take at least \(FrechetExtrapolation.least) images for the smallest of these; with fewer "
                        + "the line is not straight")
            }
        }
        if settings.scores.contains(where: \.usesNeighbors) {
            if counts.count == 2, counts[0] != counts[1] || fewest < 1000 {
                texts.append(
                    "precision, recall, density and coverage change with the number of images and with k; these are of "
                        + "\(sizes), k \(settings.neighbors)")
            }
            if let manifolds, manifolds.emptyNeighborhoods > 0 {
                texts.append(
                    "\(manifolds.emptyNeighborhoods) images have \(settings.neighbors) others in their set that are equal to "
                        + "them: nothing lies in their neighborhoods")
            }
        }
        if let unknown {
            texts.append("\(unknown) does not say which model embedded it; make sure that it is the other set's")
        }
        for side in [real, generated] where !side.failures.isEmpty {
            texts.append("\(side.name): \(side.failures.count) images cannot be read, and are left out")
        }
        self.texts = texts
    }
}
