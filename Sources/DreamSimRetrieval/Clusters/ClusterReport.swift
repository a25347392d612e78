/// Images in clusters.
package struct ClusterReport: DistanceReport, Sendable, Encodable {
    /// Images that are alike.
    package struct Cluster: Sendable, Encodable {
        /// The image nearest to the center: the first of `files`.
        package var center: ImagePath { files[0].image }
        /// The mean distance of its images from the center.
        package let spread: Double
        /// From the center outwards.
        package let files: [File]

        private enum CodingKeys: String, CodingKey { case center, size, spread, files }

        /// Writes the cluster with its center and size.
        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(center, forKey: .center)
            try container.encode(files.count, forKey: .size)
            try container.encode(spread, forKey: .spread)
            try container.encode(files, forKey: .files)
        }
    }

    /// A file of a cluster.
    package struct File: DistanceEntry, Sendable, Encodable {
        /// Its number in the index.
        package let id: Int64
        /// Where it is.
        package let image: ImagePath
        /// Its distance from the cluster's center, under the metric's name; lower is nearer.
        package let values: [String: Double]
    }

    /// What made the vectors: one metric.
    package let metrics: [MetricColumn]
    /// By which rule.
    package let method: ClusterOptions.Method
    /// The distance at which linkage stopped; nil for k-means and where a number of clusters was asked for.
    package let distance: Double?
    /// The number of files.
    package let images: Int
    /// The largest first; equal ones in the order of their centers' paths.
    package let clusters: [Cluster]
    /// What is worth knowing, such as that there are more clusters than were asked for.
    package let notes: [String]
}

extension IndexReader {
    /// Puts the images into clusters. The same index, options and seed give the same clusters, whatever the number of
    /// threads.
    /// - Parameter progress: called with what is being done, and how much of it is.
    /// - Throws: `DreamSimError`: `.badRequest` for options out of range or an index without images; for linkage over more
    ///   than 200,000 images what `neighbors()` throws, and `.missing` without a graph.
    package func clusters(
        _ options: ClusterOptions = ClusterOptions(),
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> ClusterReport {
        let files = try filesByRow(in: options.folders)
        let rows = files.keys.sorted()
        try options.check(images: rows.count)
        var notes: [String] = []
        var limit: Double?
        let groups: [[Int32]]
        switch options.method {
        case .kMeans:
            let count = options.count ?? max(1, Int((Double(rows.count) / 2).squareRoot().rounded()))
            groups = KMeans(self, rows, count: count, seed: options.seed, rounds: options.rounds).run(progress)
            if groups.count < count {
                notes.append("\(groups.count) clusters, not \(count): the images are equal to these centers")
            }
        case .linkage:
            if options.count == nil || options.distance != nil {
                limit = try options.distance ?? 0.5 * (typicalDistance() ?? 0)
            }
            groups = try AverageLinkage(self, rows, neighbors: options.neighbors, progress: progress)
                .groups(count: options.count, limit: limit, progress: progress)
            if limit == nil, let count = options.count, groups.count > count {
                notes.append(
                    "\(groups.count) clusters, not \(count): no others hold near neighbors of each other; "
                        + "consider more neighbors")
            }
        }
        let clusters = clusters(groups, files).sorted {
            $0.files.count != $1.files.count
                ? $0.files.count > $1.files.count
                : $0.center.bytes.lexicographicallyPrecedes($1.center.bytes)
        }
        try vectors.checkIsWhole()
        guard clusters.allSatisfy(\.spread.isFinite) else { throw vectors.notFinite }
        return ClusterReport(
            metrics: [MetricColumn(settings.stamp)], method: options.method, distance: limit,
            images: clusters.reduce(0) { $0 + $1.files.count }, clusters: clusters, notes: notes)
    }

    /// Clusters of rows, their files ordered by their distance from the mean of the cluster's images.
    private func clusters(_ groups: [[Int32]], _ files: [Int32: [IndexedFile]]) -> [ClusterReport.Cluster] {
        let stored = vectors.stored
        let centers = stored.means(of: groups).map { $0.map { Float($0) } }
        let places = groups.indices.flatMap { group in groups[group].map { (group: group, row: $0) } }
        let distances = [Double](unsafeUninitializedCapacity: places.count) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            let target = UnsafeSendablePointer(base)
            Parallel.forEachRange(places.count, multiple: 64) { range in
                for place in range {
                    let (group, row) = places[place]
                    target.pointer[place] = Embedding.cosineDistance(centers[group], vectors.values(Int(row)))
                }
            }
            count = places.count
        }
        let metric = MetricColumn(settings.stamp).name
        var members = [[ClusterReport.File]](repeating: [], count: groups.count)
        for ((group, row), distance) in zip(places, distances) {
            members[group] += (files[row] ?? []).map {
                ClusterReport.File(id: $0.id, image: $0.path, values: [metric: distance])
            }
        }
        return members.map { files in
            ClusterReport.Cluster(
                spread: files.reduce(0) { $0 + $1.distance } / Double(max(1, files.count)),
                files: files.sorted {
                    $0.distance != $1.distance
                        ? $0.distance < $1.distance : $0.image.bytes.lexicographicallyPrecedes($1.image.bytes)
                })
        }
    }
}
