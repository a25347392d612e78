import Foundation

/// How an image is optimized.
package struct InversionOptions: Hashable, Sendable, Codable {
    /// The image's parameterization.
    package var parameterization: Parameterization
    /// The columns of the image.
    package var width: Int
    /// The rows of the image.
    package var height: Int
    /// How many steps are taken.
    package var steps = 300
    /// The optimizer's settings.
    package var adam: Adam.Settings
    /// Whether the learning rate falls to zero along half a wave of the cosine (Loshchilov and Hutter 2017), so that the end
    /// comes to rest.
    package var slowsDown = true
    /// How far image and target are shifted together at each step, at most, in pixels.
    package var shift = 0
    /// The smallest share of either side that a step looks at; 1 for whole images.
    package var crop: Double = 1
    /// Shifts and crops a step, over which the loss is averaged.
    package var views = 1
    /// What the total variation of the image is multiplied with.
    package var totalVariation: Double = 0
    /// The random seed; the same seed gives the same result.
    package var seed: UInt64 = 1

    /// Settings for images of a size, with the parameterization's own learning rate.
    package init(_ parameterization: Parameterization = .fourier, width: Int, height: Int) {
        self.parameterization = parameterization
        self.width = width
        self.height = height
        adam = Adam.Settings()
        (adam.beta1, adam.learningRate) = (0.9, parameterization.learningRate)
    }

    /// How windows are drawn.
    var viewSettings: RandomView.Settings { RandomView.Settings(shift: shift, crop: crop) }

    /// The share of the learning rate with which a step goes, the first being 0.
    func rate(at step: Int) -> Double {
        slowsDown ? (1 + cos(Double.pi * Double(step) / Double(steps))) / 2 : 1
    }

    /// Checks every setting.
    /// - Throws: `DreamSimError` with `.badSetting`.
    func check() throws(DreamSimError) {
        let faults: [(Bool, String, String)] = [
            (
                (1...4096).contains(width) && (1...4096).contains(height), "\(width)x\(height) pixels",
                "must be from 1 to 4096 on either side"
            ),
            ((1...1_000_000).contains(steps), "\(steps) steps", "must be from 1 to 1000000"),
            ((0...4096).contains(shift), "shift \(shift)", "must be from 0 to 4096 pixels"),
            (crop > 0 && crop <= 1, "crop \(crop)", "must be above 0 and at most 1, the share of either side"),
            ((1...64).contains(views), "\(views) views", "must be from 1 to 64"),
            (
                totalVariation.isFinite && totalVariation >= 0, "total variation \(totalVariation)",
                "must be zero or above"
            ),
        ]
        if let fault = faults.first(where: { !$0.0 }) { throw DreamSimError(.badSetting, fault.1, fault.2) }
        try parameterization.check()
        try adam.check()
    }
}
