import DreamSim
import DreamSimSupport
import Foundation

@testable import DreamSimEvaluation

/// Tables, by each of the ways in which they are read.
extension Target {
    static let csv = Target("csv") { bytes in
        let path = ImagePath(ScratchFile.write(bytes, name: "data.csv").path)
        let readers: [() throws -> Void] = [
            {
                let table = try PairTable(Array(bytes), path: path)
                for row in 0..<table.count { _ = table[row] }
            },
            { _ = try JudgedSet.triplets(path) }, { _ = try JudgedSet.pairs(path) },
            { _ = try JudgedSet.nights(path.parent, split: .all) }, { _ = try JudgedSet.things(path) },
            { _ = try UnjudgedTriplet.all(in: path, root: nil) }, { _ = try VotesFile(path).bytes },
        ]
        // A table that one refuses may be another's.
        for read in readers { answered(read) }
    }
}
