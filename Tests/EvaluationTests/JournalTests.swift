import DreamSim
import DreamSimEvaluation
import Foundation
import TestSupport
import Testing

@Suite("Journals")
struct JournalTests {
    static let identity = MetricColumn(PixelMetric.mse, decoding: .standard).identity

    static func keys(_ count: Int, in folder: URL) throws -> [FileKey] {
        try (0..<count).map { index in
            let url = folder.appending(path: "\(index).png")
            try Images.gray(index, to: url)
            return try #require(FileKey(url.imagePath))
        }
    }

    @Test("Values come back exactly, infinities too")
    func values() throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "j.values")
            let values = [0.1 + 0.2, .infinity, -0.0, 1e-300, .leastNonzeroMagnitude]
            do {
                let journal = try ValueJournal(url, identity: Self.identity)
                try journal.add(values.enumerated().map { (String(repeating: "\($0)", count: 32), $1) })
                let busy = try #require(throws: DreamSimError.self) {
                    try ValueJournal(url, identity: Self.identity)
                }
                #expect(busy.kind == .locked)
            }
            let journal = try ValueJournal(url, identity: Self.identity)
            for (index, value) in values.enumerated() {
                #expect(journal[String(repeating: "\(index)", count: 32)] == value)
            }
        }
    }

    @Test("Values of another identity are not taken")
    func identity() throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "j.values")
            let key = String(repeating: "a", count: 32)
            try ValueJournal(url, identity: Self.identity).add([(key, 1)])
            let other = MetricColumn(PixelMetric.mse, decoding: .reference).identity
            #expect(other != Self.identity && other.fileName != Self.identity.fileName)
            #expect(try ValueJournal(url, identity: other)[key] == nil)
        }
    }

    @Test(
        "Embeddings come back exactly; a torn record is cut off and a damaged one not taken", arguments: [true, false])
    func embeddings(keepsFile: Bool) throws {
        try Fixtures.withTemporaryFolder { folder in
            let keys = try Self.keys(4, in: folder)
            let url = keepsFile ? folder.appending(path: "j.embeddings") : nil
            func vector(_ index: Int) -> [Float] { [Float(index), .pi, -0.0] }
            func open() throws -> EmbeddingJournal { try EmbeddingJournal(url, identity: Self.identity, width: 3) }
            let journal = try open()
            for index in 0..<3 { try journal.add(vector(index), for: keys[index]) }
            for index in 0..<3 { #expect(try journal.vector(keys[index]) == vector(index)) }
            #expect(try journal.vector(keys[3]) == nil && !journal.contains(keys[3]))
        }
    }

    @Test("What a killed process or a bad disk leaves of embeddings is computed anew")
    func damage() throws {
        try Fixtures.withTemporaryFolder { folder in
            let keys = try Self.keys(3, in: folder)
            let url = folder.appending(path: "j.embeddings")
            do {
                let journal = try EmbeddingJournal(url, identity: Self.identity, width: 2)
                for key in keys { try journal.add([1, 2], for: key) }
            }
            var bytes = try Data(contentsOf: url)
            bytes.removeLast(5)
            bytes[bytes.count - 48] ^= 1  // Inside the components of the second record.
            try bytes.write(to: url)
            let journal = try EmbeddingJournal(url, identity: Self.identity, width: 2)
            #expect(try journal.vector(keys[0]) == [1, 2])
            #expect(try journal.vector(keys[1]) == nil && journal.vector(keys[2]) == nil)
            try journal.add([3, 4], for: keys[2])
            #expect(try journal.vector(keys[2]) == [3, 4] && journal.vector(keys[0]) == [1, 2])
        }
    }
}
