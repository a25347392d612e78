import ArgumentParser
import DreamSimService
import Foundation

/// How much `serve` takes on. What is not given comes from the environment, and else is the service's own default.
struct ServiceLimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Maximum number of open connections.", valueName: "n"))
    var maxConnections: Int?

    @Option(help: ArgumentHelp("Maximum number of open connections of one address.", valueName: "n"))
    var maxConnectionsPerPeer: Int?

    @Option(help: ArgumentHelp("Seconds for a connection's first byte.", valueName: "s"))
    var firstByteTimeout: Double?

    @Option(help: ArgumentHelp("Seconds for a request's head.", valueName: "s"))
    var headTimeout: Double?

    @Option(help: ArgumentHelp("Seconds for a request's body.", valueName: "s"))
    var bodyTimeout: Double?

    @Option(help: ArgumentHelp("Seconds for a request's answer.", valueName: "s"))
    var answerTimeout: Double?

    @Option(help: ArgumentHelp("Seconds that a connection may rest.", valueName: "s"))
    var idleTimeout: Double?

    @Option(help: ArgumentHelp("Maximum size of a request's body in MB.", valueName: "mb"))
    var maxBody: Double?

    @Option(help: ArgumentHelp("Maximum size of an image in megapixels.", valueName: "mp"))
    var maxPixels: Double?

    @Option(help: ArgumentHelp("Maximum computing time of a request, in seconds.", valueName: "s"))
    var maxWork: Double?

    @Option(help: ArgumentHelp("Maximum computing time of all waiting requests, in seconds.", valueName: "s"))
    var maxQueuedWork: Double?

    @Option(help: ArgumentHelp("Memory for bodies and images in MB.", valueName: "mb"))
    var memory: Double?

    @Option(help: ArgumentHelp("Memory for decoding in MB.", valueName: "mb"))
    var decodingMemory: Double?

    @Option(help: ArgumentHelp("Memory for metrics in MB.", valueName: "mb"))
    var workingMemory: Double?

    /// Changes the limits that are given.
    /// - Throws: `ValidationError` for what cannot be.
    func apply(
        to limits: inout ServiceLimits, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        func value(_ given: Double?, _ name: String, _ range: ClosedRange<Double>) throws -> Double? {
            let variable = "DREAMSIM_" + name.uppercased().replacing("-", with: "_")
            guard given != nil || environment[variable] != nil else { return nil }
            guard let value = given ?? environment[variable].flatMap(Double.init), range.contains(value) else {
                throw ValidationError(
                    "\(given == nil ? variable : "--" + name) must be from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
                )
            }
            return value
        }
        func whole(_ given: Int?, _ name: String) throws -> Int? {
            try value(given.map(Double.init), name, 1...100_000).map { Int($0) }
        }
        func time(_ given: Double?, _ name: String) throws -> Duration? {
            try value(given, name, 0.1...86_400).map { .seconds($0) }
        }
        func bytes(_ given: Double?, _ name: String) throws -> Int? {
            try value(given, name, 1...1_000_000).map { Int($0 * 1e6) }
        }
        limits.connections = try whole(maxConnections, "max-connections") ?? limits.connections
        limits.connectionsPerPeer =
            try whole(maxConnectionsPerPeer, "max-connections-per-peer") ?? limits.connectionsPerPeer
        limits.firstByteTime = try time(firstByteTimeout, "first-byte-timeout") ?? limits.firstByteTime
        limits.headTime = try time(headTimeout, "head-timeout") ?? limits.headTime
        limits.bodyTime = try time(bodyTimeout, "body-timeout") ?? limits.bodyTime
        limits.answerTime = try time(answerTimeout, "answer-timeout") ?? limits.answerTime
        limits.idleTime = try time(idleTimeout, "idle-timeout") ?? limits.idleTime
        limits.bodyBytes = try bytes(maxBody, "max-body") ?? limits.bodyBytes
        limits.pixels = try value(maxPixels, "max-pixels", 0.001...10_000).map { Int($0 * 1e6) } ?? limits.pixels
        limits.workTime = try time(maxWork, "max-work") ?? limits.workTime
        limits.acceptedWork = try time(maxQueuedWork, "max-queued-work") ?? limits.acceptedWork
        limits.heldBytes = try bytes(memory, "memory") ?? limits.heldBytes
        limits.workingBytes = try bytes(workingMemory, "working-memory") ?? limits.workingBytes
        limits.decodingBytes = try bytes(decodingMemory, "decoding-memory") ?? limits.decodingBytes
    }

    private static func text(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
}
