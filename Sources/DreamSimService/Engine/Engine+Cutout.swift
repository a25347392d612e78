extension Engine {
    /// Cuts out what stands out in an image.
    /// - Throws: `Problem` when the image cannot be used or nothing stands out, `CancellationError`.
    func cutout(
        of upload: Upload, by detector: SaliencyDetector, leastSaliency: Double, _ admission: Admission
    ) async throws -> Cutout {
        let results = try await prepare([upload], for: [], inFull: true, admission)
        let prepared = try results[0].mapError { (problem: Problem) -> Problem in
            guard problem.kind == .tooLarge else { return problem }
            // It is no metric that the image is too large for.
            var own = Problem(
                problem.kind, problem.detail.replacing(" for metrics that compare images in full size", with: ""),
                advice: Demand.smaller)
            own.failures = problem.failures
            return own
        }.get()
        let demand = Demand(cutoutOf: prepared.image.pixelCount)
        try reserve([demand], admission)
        let (width, height) = prepared.image.image.map { ($0.width, $0.height) } ?? (0, 0)
        let memory = SaliencyDetector.mostWorkingBytes(width: width, height: height)
        do {
            return try await perform(demand, memory: memory, admission) {
                guard let image = prepared.image.image else { preconditionFailure("no image") }
                return try detector.cutout(of: image, name: prepared.name, leastSaliency: leastSaliency)
            }
        } catch let error as DreamSimError where error.kind == .badSetting {
            // Nothing stands out, which the image is to blame for.
            var problem = Problem(.unusableImage, "\(error.subject): \(error.problem)", advice: error.remedy)
            problem.failures = [Problem.Failure(field: upload.field, image: upload.name, error: problem.detail)]
            throw problem
        }
    }
}
