/// The size of the untrained network of a Deep Image Prior (Ulyanov, Vedaldi and Lempitsky 2018): an hourglass that halves
/// its maps level by level and doubles them again, with narrow connections across.
package struct UntrainedNetworkShape: Hashable, Sendable, Codable {
    /// Channels of the noise that goes in; fixed but for a little fresh noise each step.
    package var inputChannels = 32
    /// Channels of every level on the way down and up.
    package var channels = 32
    /// Channels that go across at every level; 0 for none.
    package var skipChannels = 4
    /// How often maps are halved; levels whose shorter side would be below 4 are left out.
    package var levels = 5
    /// The standard deviation of the noise that is added to the input at each step.
    package var inputNoise: Double = 0.03

    /// The default shape: with less than the published 128 channels, for processors.
    package init() {}

    /// Checks every number.
    /// - Throws: `DreamSimError` with `.badSetting`.
    func check() throws(DreamSimError) {
        let faults: [(Bool, String, String)] = [
            ((1...512).contains(inputChannels), "\(inputChannels) input channels", "must be from 1 to 512"),
            ((1...512).contains(channels), "\(channels) channels", "must be from 1 to 512"),
            ((0...512).contains(skipChannels), "\(skipChannels) skip channels", "must be from 0 to 512"),
            ((1...8).contains(levels), "\(levels) levels", "must be from 1 to 8"),
            (inputNoise.isFinite && inputNoise >= 0, "input noise \(inputNoise)", "must be zero or above"),
        ]
        if let fault = faults.first(where: { !$0.0 }) {
            throw DreamSimError(.badSetting, "network with \(fault.1)", fault.2)
        }
    }
}
