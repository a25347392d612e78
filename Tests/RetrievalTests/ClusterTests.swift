import DreamSim
import DreamSimRetrieval
import DreamSimSupport
import Foundation
import TestSupport
import Testing

@Suite("Clusters")
struct ClusterTests {
    private static func options(
        _ method: ClusterOptions.Method, count: Int? = nil, distance: Double? = nil, seed: UInt64 = 1
    ) -> ClusterOptions {
        var options = ClusterOptions(method)
        (options.count, options.distance, options.seed) = (count, distance, seed)
        return options
    }

    /// The numbers of the images of each cluster.
    private static func numbers(_ report: ClusterReport) -> [[Int]] {
        report.clusters.map { $0.files.map { SyntheticIndex.number($0.image) } }
    }

    private static func unit(_ vector: [Float]) -> [Float] {
        let norm = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return vector.map { Float(Double($0) / norm) }
    }

    private static func mean(_ vectors: [[Float]]) -> [Float] {
        vectors[0].indices.map { i in Float(vectors.reduce(0.0) { $0 + Double($1[i]) } / Double(vectors.count)) }
    }

    @Test(
        "Clouds come out as clusters, the nearest image first, with the distances from the mean",
        arguments: ClusterOptions.Method.allCases, [VectorPrecision.float16, .float32])
    func clouds(method: ClusterOptions.Method, precision: VectorPrecision) throws {
        // Cloud 0 is the largest.
        let vectors = SyntheticIndex.clouds(6, of: 30) + SyntheticIndex.clouds(6, of: 1).prefix(1)
        try SyntheticIndex.with(vectors, precision) { index in
            let reader = try index.reader
            let report = try reader.clusters(Self.options(method, count: 6))
            let numbers = Self.numbers(report)
            #expect(report.images == 181 && numbers.map(\.count) == [31, 30, 30, 30, 30, 30])
            #expect(Set(numbers.joined()) == Set(0..<181))
            for cluster in numbers { #expect(Set(cluster.map { $0 == 180 ? 0 : $0 % 6 }).count == 1) }
            let files = Dictionary(uniqueKeysWithValues: try reader.files().map { ($0.id, $0) })
            for cluster in report.clusters {
                let members = try cluster.files.map { file in
                    let found = try reader.vector(of: #require(files[file.id]))
                    return try #require(found)
                }
                let center = Self.mean(members)
                let distances = members.map { Embedding.cosineDistance(center, $0) }
                for (file, distance) in zip(cluster.files, distances) { #expect(abs(file.distance - distance) < 1e-7) }
                #expect(cluster.files.map(\.distance) == cluster.files.map(\.distance).sorted())
                #expect(cluster.center == cluster.files[0].image && distances[0] <= distances.min()! + 1e-7)
                #expect(abs(cluster.spread - distances.reduce(0, +) / Double(distances.count)) < 1e-7)
            }
        }
    }

    @Test(
        "k-means ends where every image is nearest to the direction of its own cluster's mean", arguments: 1...4)
    func settled(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        let vectors = (0..<300).map { _ in Self.unit((0..<10).map { _ in Float.random(in: -1...1, using: &generator) })
        }
        try SyntheticIndex.with(vectors) { index in
            let clusters = Self.numbers(try index.reader.clusters(Self.options(.kMeans, count: 12, seed: seed)))
            #expect(clusters.count == 12)
            let centers = clusters.map { Self.unit(Self.mean($0.map { vectors[$0] })) }
            for (own, cluster) in clusters.enumerated() {
                for number in cluster {
                    let distances = centers.map { Embedding.cosineDistance($0, vectors[number]) }
                    #expect(distances[own] <= distances.min()! + 1e-6, "\(number)")
                }
            }
        }
    }

    @Test(
        "The same seed gives the same clusters on any number of threads, another seed others",
        arguments: ClusterOptions.Method.allCases)
    func repeatable(method: ClusterOptions.Method) throws {
        // Without structure, so that where centers begin decides.
        try SyntheticIndex.with(SyntheticIndex.clouds(1500, of: 1, width: 300)) { index in
            let reader = try index.reader
            try expectRepeatable(threads: [1, 2, 3, 8], differs: method != .linkage) { seed in
                try JSON.text(reader.clusters(Self.options(method, count: 9, seed: seed)))
            }
        }
    }

    @Test("From one cluster to one for each image; more are refused")
    func counts() throws {
        try SyntheticIndex.with(SyntheticIndex.clouds(23, of: 1)) { index in
            let reader = try index.reader
            for count in [1, 2, 22, 23] {
                let report = try reader.clusters(Self.options(.kMeans, count: count))
                #expect(report.clusters.count == count && report.images == 23 && report.notes.isEmpty)
            }
            for method in ClusterOptions.Method.allCases {
                for count in [0, -1, 24] {
                    #expect(
                        try StoreTests.kind { _ = try reader.clusters(Self.options(method, count: count)) }
                            == .badRequest)
                }
            }
            // The root of half the images.
            #expect(try reader.clusters().clusters.count == 3)
        }
    }

    @Test("One image is a cluster; equal ones stay together, and it is said that there are fewer clusters")
    func equals() throws {
        try SyntheticIndex.with([[1, 2, 3]]) { index in
            for method in ClusterOptions.Method.allCases {
                let report = try index.reader.clusters(Self.options(method))
                #expect(report.clusters.count == 1 && report.clusters[0].files.count == 1)
                #expect(report.clusters[0].spread < 1e-6)
            }
        }
        // The same vector in different files; and two vectors in turn.
        for (kinds, expected) in [(1, [12]), (2, [6, 6])] {
            let vectors = (0..<12).map { number in (0..<40).map { Float(($0 * (1 + number % kinds)) % 7) } }
            try SyntheticIndex.with(vectors) { index in
                let report = try index.reader.clusters(Self.options(.kMeans, count: 5))
                #expect(report.clusters.map(\.files.count) == expected)
                #expect(report.notes.count == 1 && report.notes[0].contains("not 5"))
                #expect(
                    try index.reader.clusters(Self.options(.linkage, distance: 0.001)).clusters.map(\.files.count)
                        == expected)
            }
        }
    }

    @Test("Files with the same content are in the same cluster")
    func copies() throws {
        try SyntheticIndex.with(SyntheticIndex.clouds(4, of: 3)) { index in
            let file = index.home.appending(path: "copy.ndjson")
            let line = SyntheticIndex.line(5, SyntheticIndex.clouds(4, of: 3)[5]).replacing(
                "/synthetic/5.png", with: "/other/5.png")
            try Data(line.utf8).write(to: file)
            _ = try IndexWriter.importing(file, into: index.url, stamp: InterchangeStamp(SyntheticIndex.settings(24)))
            let report = try index.reader.clusters(Self.options(.kMeans, count: 12))
            #expect(
                report.images == 13
                    && report.clusters[0].files.map(\.image.description) == ["/other/5.png", "/synthetic/5.png"])
            var options = Self.options(.kMeans, count: 1)
            options.folders = [ImagePath("/other")]
            #expect(try index.reader.clusters(options).clusters.map(\.files.count) == [1])
            options.folders = [ImagePath("/none")]
            #expect(try StoreTests.kind { _ = try index.reader.clusters(options) } == .badRequest)
        }
    }

    /// Average linkage by looking at all pairs.
    private static func plainLinkage(_ vectors: [[Float]], count: Int, limit: Double) -> Set<Set<Int>> {
        func distance(_ a: [Int], _ b: [Int]) -> Double {
            let sum = a.reduce(0.0) { sum, x in
                b.reduce(sum) { $0 + Embedding.cosineDistance(vectors[x], vectors[$1]) }
            }
            return sum / Double(a.count * b.count)
        }
        var clusters = vectors.indices.map { [$0] }
        while clusters.count > count {
            var best = (distance: Double.infinity, a: 0, b: 0)
            for a in clusters.indices {
                for b in (a + 1)..<max(a + 1, clusters.count) {
                    let found = distance(clusters[a], clusters[b])
                    if found < best.distance { best = (found, a, b) }
                }
            }
            if best.distance > limit { break }
            clusters[best.a] += clusters.remove(at: best.b)
        }
        return Set(clusters.map { Set($0) })
    }

    @Test("Linkage joins as looking at all pairs does, down to a count or up to a distance", arguments: 1...5)
    func linkage(seed: UInt64) throws {
        let vectors = SyntheticIndex.clouds(8, of: 5, width: 6, spread: 0.8, seed: seed)
        try SyntheticIndex.with(vectors) { index in
            let reader = try index.reader
            func found(_ count: Int?, _ distance: Double?) throws -> Set<Set<Int>> {
                var options = Self.options(.linkage, count: count, distance: distance)
                options.neighbors = 40
                let report = try reader.clusters(options)
                #expect(report.notes.isEmpty && report.distance == distance)
                return Set(Self.numbers(report).map { Set($0) })
            }
            for count in [1, 3, 11, 40] {
                #expect(try found(count, nil) == Self.plainLinkage(vectors, count: count, limit: 2))
            }
            for distance in [0, 0.05, 0.2, 0.5, 2] {
                #expect(try found(nil, distance) == Self.plainLinkage(vectors, count: 1, limit: distance))
            }
            #expect(try found(5, 0.2) == Self.plainLinkage(vectors, count: 5, limit: 0.2))
        }
    }

    @Test("Linkage with few neighbors says when it cannot join as far as was asked for")
    func apart() throws {
        try SyntheticIndex.with(SyntheticIndex.clouds(4, of: 12, spread: 0.05)) { index in
            var options = Self.options(.linkage, count: 1)
            options.neighbors = 4
            let report = try index.reader.clusters(options)
            #expect(report.clusters.count > 1 && report.notes.count == 1)
            options.neighbors = 40
            #expect(try index.reader.clusters(options).clusters.count == 1)
        }
    }

    @Test("Options without a meaning and an empty index are refused")
    func refusals() throws {
        try SyntheticIndex.with(SyntheticIndex.clouds(3, of: 1)) { index in
            let reader = try index.reader
            for change: (inout ClusterOptions) -> Void in [
                { $0.distance = -0.1 }, { $0.distance = 2.1 }, { $0.distance = .nan }, { $0.neighbors = 0 },
                { $0.rounds = 0 },
            ] {
                var options = ClusterOptions(.linkage)
                change(&options)
                #expect(try StoreTests.kind { _ = try reader.clusters(options) } == .badRequest)
            }
        }
        try Fixtures.withTemporaryFolder { home in
            let url = home.appending(path: "empty")
            _ = try IndexWriter(url, settings: SyntheticIndex.settings(4))
            #expect(try StoreTests.kind { _ = try IndexReader(url).clusters() } == .badRequest)
        }
    }

    @Test("A page shows each cluster's center first, says what it leaves out, and takes no name for markup")
    func page() async throws {
        try await Gallery.with(5) { gallery in
            let hostile = "<img src=x onerror=alert(1)> \"&'.png"
            try Gallery.image(9).write(to: gallery.image(hostile))
            try gallery.update()
            let report = try IndexReader(gallery.index).clusters(Self.options(.kMeans, count: 1))
            let html = GalleryPage(report, decoding: .standard).html()
            #expect(html.components(separatedBy: "data:image/jpeg;base64,").count == 7)
            #expect(html.components(separatedBy: "class=\"card marked\"").count == 2)
            #expect(!html.contains("<img src=x") && html.contains("&lt;img src=x onerror=alert(1)&gt; &quot;&amp;"))
            #expect(html.contains("<dt>Model</dt>") && html.contains("<dt>Threshold</dt>"))
            #expect(html.contains("1 cluster of 6 images"))
            #expect(html.components(separatedBy: "<input type=\"checkbox\" data-path=").count == 7)
            #expect(GalleryPage(report, most: 2, decoding: .standard).html().contains("4 more are not shown"))
        }
    }
}
