extension Problem {
    /// An image or a pair of images of a request that has no result.
    package struct Failure: Encodable, Sendable {
        /// The field of the body in which the image came; nil when a pair fails and neither image is to blame.
        var field: String?
        /// What answers call the image, likewise.
        var image: String?
        /// The places of a pair's images; nil when no pairs were asked for.
        var a: Int?
        var b: Int?
        /// What is wrong.
        let error: String
    }

    /// A request has more images than one may have.
    static func tooMany(_ limit: Int) -> Problem {
        Problem(
            .tooLarge, "the request has more than \(limit) images, the limit of this service",
            advice: "send them in several requests")
    }

    /// What clients are told of an image that they sent and that cannot be used.
    init(_ error: any Error, of upload: Upload) {
        let error: any Error =
            switch error {
            // Of an image that was sent, what cannot be read is the sender's.
            case let error as DreamSimError where [.unreadable, .unwritable].contains(error.kind):
                Problem(.unusableImage, "\(error)")
            default: error
            }
        self.init(error)
        failures = [Failure(field: upload.field, image: upload.name, error: detail)]
    }

    /// Why there is no result at all of several images, or pairs, each of which has a reason of its own.
    /// - Parameter what: what all of them are, such as "images".
    static func joining(_ problems: [Problem], _ what: String) -> Problem {
        precondition(!problems.isEmpty, "nothing went wrong")
        guard problems.count > 1 else { return problems[0] }
        let told = problems.prefix(mostTold).map(\.detail).joined(separator: "; ")
        let rest = problems.count - mostTold
        let detail = "none of \(problems.count) \(what) has a result: \(told)" + (rest > 0 ? "; and \(rest) more" : "")
        let kinds = Set(problems.map(\.kind))
        // What passes is worth another try, whatever the others lack.
        let kind: Kind =
            kinds.contains(.overload)
            ? .overload : kinds.contains(.fault) ? .fault : kinds.count == 1 ? problems[0].kind : .unusableImage
        var problem = kind == .overload ? passing(kind, detail, retryAfter: 1) : Problem(kind, detail)
        if problem.advice == nil, Set(problems.map(\.advice)).count == 1 { problem.advice = problems[0].advice }
        problem.failures = problems.flatMap(\.failures)
        return problem
    }

    /// How many reasons stand in the text; all are among the failures.
    private static let mostTold = 3
}

extension Engine.Comparison {
    /// Why a result has no value at all; nil when it has one.
    /// - Parameter failure: names what has no value.
    func problem(of result: Int, _ failure: (String) -> Problem.Failure) -> Problem? {
        switch results[result] {
        case .failure(let problem): return problem
        case .success(let values):
            let errors = values.compactMap { value -> (any Error)? in
                if case .failure(let error) = value { error } else { nil }
            }
            guard errors.count == values.count, let first = errors.first else { return nil }
            return Problem(errors, first, failure)
        }
    }
}

extension Problem {
    /// Why no metric has a value.
    fileprivate init(_ errors: [any Error], _ first: any Error, _ failure: (String) -> Failure) {
        let problem = Problem(first)
        if problem.kind == .fault {
            self = problem
        } else {
            let reasons = errors.map { "\($0)" }.joined(separator: "; ")
            self.init(
                problem.kind, reasons,
                advice: problem.advice ?? "give resize=SIDE to bring images to one size, or choose a model")
        }
        failures = [failure(detail)]
    }

    /// What became of those images of a request that can be used, and why the others cannot.
    /// - Parameter results: one an image.
    /// - Throws: `Problem` that joins the reasons, where no image can be used.
    static func usable<Value>(
        _ results: [Result<Value, Problem>], of images: [Upload]
    ) throws(Problem) -> (values: [Value], failures: [ComparisonReport.Failure]) {
        var (values, problems, failures) = ([Value](), [Problem](), [ComparisonReport.Failure]())
        for (image, result) in zip(images, results) {
            switch result {
            case .success(let value): values.append(value)
            case .failure(let problem):
                problems.append(problem)
                var failure = ComparisonReport.Failure(image: ImagePath(image.name), error: problem.detail)
                failure.field = image.field
                failures.append(failure)
            }
        }
        guard !values.isEmpty else { throw Problem.joining(problems, "images") }
        return (values, failures)
    }
}
