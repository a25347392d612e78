/// Human judgments that a model was chosen or tuned on, so that its agreement with them says little about other images.
package struct SeenJudgments: Hashable, Sendable {
    /// How a model came to know them.
    package enum Use: String, Hashable, Sendable, Encodable {
        /// It, or a part of it, was picked because it agrees with them.
        case chosen
        /// Its weights were trained on them.
        case tuned
    }

    /// How the model came to know them.
    package let use: Use
    /// What they are, for people.
    package let name: String
    /// Triplets of NIGHTS by the numbers in their paths: `ref/061/480.png` is 61480.
    package let nightsTriplets: Set<Int>
    /// Splits of NIGHTS, as `data.csv` names them, all of whose triplets they are.
    package let nightsSplits: Set<String>

    /// Joins what they are with how they are known again.
    package init(_ use: Use, on name: String, nightsTriplets: Set<Int> = [], nightsSplits: Set<String> = []) {
        (self.use, self.name) = (use, name)
        (self.nightsTriplets, self.nightsSplits) = (nightsTriplets, nightsSplits)
    }

    /// The split that DreamSim's published models are tuned on (arXiv 2306.09344).
    package static let nightsTraining = SeenJudgments(
        .tuned, on: "the training split of NIGHTS", nightsSplits: ["train"])

    /// The 59 triplets, two of them of one reference, that https://dreamsim-nights.github.io shows beside the choices of metrics.
    package static let nightsPage = SeenJudgments(
        .chosen, on: "the triplets of NIGHTS that DreamSim's project page shows",
        nightsTriplets: [
            6614, 6719, 8296, 10128, 11471, 12617, 13728, 17672, 18930, 18963, 19336, 23953, 24297, 24809, 29155, 31500,
            32036, 32162, 32769, 33432, 33998, 34014, 34674, 34778, 35841, 36050, 36107, 36138, 36497, 38111, 40841,
            43140,
            48289, 50397, 50521, 51104, 51432, 53466, 54122, 55111, 55550, 61480, 63298, 75595, 76027, 80741, 81818,
            82900,
            84581, 85015, 87721, 90714, 91003, 95017, 95633, 96437, 97397, 98303,
        ])
}
