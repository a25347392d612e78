import ArgumentParser
import DreamSim
import Foundation

extension Alteration {
    /// The alteration that `--alteration` names.
    static func named(_ name: some StringProtocol) throws -> Alteration {
        guard let found = Alteration(rawValue: String(name)) else {
            throw ValidationError(
                "--alteration \(name): there are \(allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return found
    }
}

/// Alterations with their strengths.
struct AlterationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Comma-separated alterations, each with :STRENGTH or without.", valueName: "names"),
        completion: .list(Alteration.allCases.map(\.rawValue)))
    var alteration: String?

    func validate() throws { _ = try steps() }

    /// The alterations in the order given, each at the strength given or at all of its own.
    func steps() throws -> [Alteration.Step] {
        guard let alteration else { return Alteration.mild }
        var steps: [Alteration.Step] = []
        for item in alteration.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.trimmingCharacters(in: .whitespaces).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let found = try Alteration.named(parts.first ?? "")
            var added = found.mildSteps
            if parts.count > 1 {
                let range = found.range
                guard let strength = Double(parts[1]), range.contains(strength) else {
                    throw ValidationError(
                        "--alteration \(item): the strength of \(found.rawValue) is \(found.unit), "
                            + String(format: "from %g to %g", range.lowerBound, range.upperBound))
                }
                added = [Alteration.Step(found, strength)]
            }
            for step in added where !steps.contains(step) { steps.append(step) }
        }
        return steps
    }
}
