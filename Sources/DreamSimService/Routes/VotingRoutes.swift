import DreamSimEvaluation
import HTTPTypes
import Hummingbird

/// The voting room: what a person is to judge next, the images of it, and the judgments.
enum VotingRoutes {
    static let all: [Route] = [
        Route(
            method: .get, path: "/v1/voting",
            summary: "Say what is to be judged next and how far the person is. No answer names a file.", tag: "Voting",
            answers: [.json(state, "The state of the room.")], problems: problems,
            handle: { try await answer($0) { _ in } }),
        Route(
            method: .get, path: "/v1/voting/images/{trial}/{place}",
            summary: "An image of a trial, without loss unless it is larger than asked for.", tag: "Voting",
            parameters: [
                trial(isInPath: true),
                Parameter(
                    name: "place", kind: .choice(["reference", "left", "right"]), summary: "Where it stands.",
                    isInPath: true),
                Parameter(
                    name: "side", kind: .integer(16...4096), summary: "The longer side in pixels, at most.",
                    standard: 1024),
            ],
            answers: [
                Route.Answer(
                    mediaType: "image/png", summary: "The image, upright, over white.", headers: [.cacheControl])
            ],
            problems: problems + [.unusableImage], handle: image),
        Route(
            method: .post, path: "/v1/voting/judgments",
            summary: "Keep a judgment. It is on the disk when the answer comes.", tag: "Voting",
            parameters: [
                trial(isInPath: false),
                Parameter(
                    name: "choice", kind: .choice(VotingRoom.Side.allCases.map(\.rawValue) + [skip]),
                    summary:
                        "Where the image stood that is more like the reference; or 'skip' to pass over the trial.",
                    isRequired: true),
                Parameter(name: "seconds", kind: .number(0...86400), summary: "How long the person looked."),
                Parameter(name: "rater", kind: .text, summary: "The person's name, of at most 100 characters."),
            ],
            answers: [.json(state, "The state of the room after it.")], problems: problems, handle: judge),
        Route(
            method: .delete, path: "/v1/voting/judgments/last",
            summary:
                "Take the last judgment since the service was started back, so that it is asked for again. Earlier ones stay.",
            tag: "Voting",
            answers: [.json(state, "The state of the room after it.")], problems: problems,
            handle: { call in
                try await answer(call) { room in
                    guard try room.undo() else {
                        throw Problem(.notFound, "there is no judgment that could be taken back")
                    }
                }
            }),
        Route(
            method: .delete, path: "/v1/voting/judgments/{id}",
            summary: "Take a judgment back by its number, also an earlier one, so that it is asked for again.",
            tag: "Voting",
            parameters: [
                Parameter(
                    name: "id", kind: .integer(1...Int(Int32.max)),
                    summary: "The judgment's number, as lastJudgment and the journal have it.", isInPath: true)
            ],
            answers: [.json(state, "The state of the room after it.")], problems: problems,
            handle: { call in
                let id = call.integer("id") ?? 0
                return try await answer(call) { room in
                    guard try room.undo(id) else {
                        throw Problem(.notFound, "there is no judgment \(id) that could be taken back")
                    }
                }
            }),
        Route(
            method: .get, path: "/v1/voting/votes.csv", summary: "The judgments as a table to train on.",
            tag: "Voting",
            answers: [Route.Answer(mediaType: "text/csv", summary: "The table.", headers: [.contentDisposition])],
            problems: problems,
            handle: { call in
                let room = try room(call)
                return try await call.core.engine().files.run {
                    .bytes(
                        room.table, "text/csv; charset=utf-8",
                        headers: [.contentDisposition: "attachment; filename=\"votes.csv\""])
                }
            }),
    ]

    private static let problems: [Problem.Kind] = [.notFound, .loading]
    private static let skip = "skip"

    private static func trial(isInPath: Bool) -> Parameter {
        Parameter(
            name: "trial", kind: .integer(0...Int(Int32.max)), summary: "The trial's number.", isInPath: isInPath,
            isRequired: !isInPath)
    }

    private static func room(_ call: Call) throws(Problem) -> VotingRoom {
        guard let room = call.core.settings.votingRoom else {
            throw Problem(.notFound, "the service has no voting room", advice: "start it with a table of triplets")
        }
        return room
    }

    private struct State: Encodable {
        struct Trial: Encodable {
            let number: Int
            let reference: String
            let left: String
            let right: String

            init(_ trial: VotingRoom.Trial) {
                number = trial.number
                let folder = "/v1/voting/images/\(trial.number)"
                (reference, left, right) = ("\(folder)/reference", "\(folder)/left", "\(folder)/right")
            }
        }

        let trial: Trial?
        /// So that its images can be fetched meanwhile.
        let following: Trial?
        let progress: VotingRoom.Progress
        /// The last judgment that was not taken back.
        let lastJudgment: Int?
        let votes: ImagePath

        init(_ room: VotingRoom) {
            let upcoming = room.upcoming.map(Trial.init)
            (trial, following) = (upcoming.first, upcoming.dropFirst().first)
            (progress, lastJudgment, votes) = (room.progress, room.lastJudgment, room.votes)
        }
    }

    /// Does something in the room, and tells its state.
    private static func answer(
        _ call: Call, _ body: @escaping @Sendable (VotingRoom) throws -> Void
    ) async throws -> Response {
        let room = try room(call)
        // Files are waited for, which is no work for the threads of the network.
        return try await call.core.engine().files.run {
            do {
                try body(room)
            } catch let error as DreamSimError {
                throw Problem(
                    .fault, "the judgment could not be kept: \(error.reason)",
                    advice: "see that there is room on the disk and that the folder can be written, then choose again")
            }
            return try .json(State(room))
        }
    }

    private static func judge(_ call: Call) async throws -> Response {
        let (number, choice, seconds) = (
            call.integer("trial") ?? 0, call.text("choice") ?? "", call.number("seconds")
        )
        let rater = try rater(call)
        return try await answer(call) { room in
            let isKept =
                if let side = VotingRoom.Side(rawValue: choice) {
                    try room.judge(number, side, seconds: seconds, rater: rater)
                } else {
                    try room.skip(number)
                }
            guard isKept else {
                throw Problem(
                    .badParameter, "trial \(number) waits for no judgment", advice: "ask /v1/voting what is next")
            }
        }
    }

    /// Who judges; empty when that is not said.
    private static func rater(_ call: Call) throws(Problem) -> String {
        let name = call.text("rater") ?? ""
        guard name.count <= 100, !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            throw Problem(.badParameter, "the rater's name is longer than 100 characters or has control characters")
        }
        return name
    }

    private static func image(_ call: Call) async throws -> Response {
        let (room, engine) = (try room(call), try call.core.engine())
        guard let number = call.integer("trial"), let trial = room.trial(numbered: number) else {
            throw Problem(.notFound, "there is no such trial")
        }
        let place = call.text("place")
        let path = place == "reference" ? trial.reference : place == "left" ? trial.left : trial.right
        let side = call.integer("side") ?? 1024
        return try await engine.images.run(for: call.client) {
            // The name would tell what was done to the image.
            let image = try engine.image(path, named: "the image", side: side)
            return .bytes(
                try image.pngData(), "image/png", headers: [.cacheControl: "private, max-age=300"])
        }
    }

    private static let oneTrial = Schema.object([
        "number": Schema.integer, "reference": Schema.string, "left": Schema.string, "right": Schema.string,
    ])
    private static let state = Schema.object([
        "trial?": oneTrial, "following?": oneTrial,
        "progress": Schema.object([
            "done": Schema.integer, "total": Schema.integer, "skipped": Schema.integer, "repeats": Schema.integer,
            "agreeing": Schema.integer,
        ]),
        "lastJudgment?": Schema.integer, "votes": Schema.string,
    ])
}
