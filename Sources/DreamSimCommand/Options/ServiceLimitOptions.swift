import ArgumentParser
import DreamSimService
import Foundation

/// How much `serve` takes on. What is not given is the service's own default.
struct ServiceLimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Maximum number of open connections.", valueName: "n"))
    var maxConnections: Int?

    @Option(help: ArgumentHelp("Maximum number of open connections of one address.", valueName: "n"))
    var maxConnectionsPerPeer: Int?

    @Option(help: ArgumentHelp("Maximum number of images of a request.", valueName: "n"))
    var maxImages: Int?

    @Option(help: ArgumentHelp("Seconds for a connection's first byte.", valueName: "s"))
    var firstByteTimeout: Double?

    @Option(help: ArgumentHelp("Seconds for a request's head.", valueName: "s"))
    var headTimeout: Double?

    @Option(help: ArgumentHelp("Seconds for a request's body.", valueName: "s"))
    var bodyTimeout: Double?

    @Option(help: ArgumentHelp("Seconds for a request's answer.", valueName: "s"))
    var answerTimeout: Double?

    @Option(help: ArgumentHelp("Seconds for a client to take its answer.", valueName: "s"))
    var sendTimeout: Double?

    @Option(help: ArgumentHelp("Seconds that a connection may rest.", valueName: "s"))
    var idleTimeout: Double?

    @Option(help: ArgumentHelp("Seconds for accepted requests when the service is stopped.", valueName: "s"))
    var shutdownTimeout: Double?

    @Option(help: ArgumentHelp("Seconds that a batch waits for more images.", valueName: "s"))
    var batchWait: Double?

    @Option(help: ArgumentHelp("Maximum number of header fields.", valueName: "n"))
    var maxHeaders: Int?

    @Option(help: ArgumentHelp("Maximum size of a header field in MB.", valueName: "mb"))
    var maxHeader: Double?

    @Option(help: ArgumentHelp("Maximum size of a request's body in MB.", valueName: "mb"))
    var maxBody: Double?

    @Option(help: ArgumentHelp("Maximum size of an image in megapixels.", valueName: "mp"))
    var maxPixels: Double?

    @Option(help: ArgumentHelp("The same for metrics that compare full size, and heat maps.", valueName: "mp"))
    var maxFullPixels: Double?

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

    /// An option, and the limit that it is.
    private struct Entry {
        enum Place {
            case count(WritableKeyPath<ServiceLimits, Int>, scale: Double)
            case time(WritableKeyPath<ServiceLimits, Duration>)
        }

        let name: String
        let given: Double?
        let place: Place
        let range: ClosedRange<Double>

        func apply(_ value: Double, to limits: inout ServiceLimits) {
            switch place {
            case .count(let path, let scale): limits[keyPath: path] = Int((value * scale).rounded())
            case .time(let path): limits[keyPath: path] = .seconds(value)
            }
        }

        func value(in limits: ServiceLimits) -> Double {
            switch place {
            case .count(let path, let scale): Double(limits[keyPath: path]) / scale
            case .time(let path): limits[keyPath: path] / .seconds(1)
            }
        }
    }

    private var entries: [Entry] {
        func whole(_ name: String, _ given: Int?, _ path: WritableKeyPath<ServiceLimits, Int>) -> Entry {
            Entry(name: name, given: given.map(Double.init), place: .count(path, scale: 1), range: 1...100_000)
        }
        func millions(
            _ name: String, _ given: Double?, _ path: WritableKeyPath<ServiceLimits, Int>,
            _ range: ClosedRange<Double> = 1...1_000_000
        ) -> Entry { Entry(name: name, given: given, place: .count(path, scale: 1e6), range: range) }
        func time(
            _ name: String, _ given: Double?, _ path: WritableKeyPath<ServiceLimits, Duration>,
            _ range: ClosedRange<Double> = 0.1...86_400
        ) -> Entry { Entry(name: name, given: given, place: .time(path), range: range) }
        return [
            whole("max-connections", maxConnections, \.connections),
            whole("max-connections-per-peer", maxConnectionsPerPeer, \.connectionsPerPeer),
            whole("max-images", maxImages, \.images),
            time("first-byte-timeout", firstByteTimeout, \.firstByteTime),
            time("head-timeout", headTimeout, \.headTime), time("body-timeout", bodyTimeout, \.bodyTime),
            time("answer-timeout", answerTimeout, \.answerTime), time("send-timeout", sendTimeout, \.sendTime),
            time("idle-timeout", idleTimeout, \.idleTime),
            time("shutdown-timeout", shutdownTimeout, \.shutdownTime),
            time("batch-wait", batchWait, \.gathering, 0...1), whole("max-headers", maxHeaders, \.headerCount),
            millions("max-header", maxHeader, \.headerBytes, 0.001...16), millions("max-body", maxBody, \.bodyBytes),
            millions("max-pixels", maxPixels, \.pixels, 0.001...10_000),
            millions("max-full-pixels", maxFullPixels, \.pixelsInFull, 0.001...10_000),
            time("max-work", maxWork, \.workTime), time("max-queued-work", maxQueuedWork, \.acceptedWork),
            millions("memory", memory, \.heldBytes), millions("decoding-memory", decodingMemory, \.decodingBytes),
            millions("working-memory", workingMemory, \.workingBytes),
        ]
    }

    func validate() throws {
        for entry in entries {
            guard let given = entry.given else { continue }
            guard entry.range.contains(given) else {
                throw ValidationError(
                    "--\(entry.name) must be from \(Self.text(entry.range.lowerBound)) to \(Self.text(entry.range.upperBound))"
                )
            }
        }
    }

    /// Changes the limits that are given.
    func apply(to limits: inout ServiceLimits) {
        for entry in entries { if let given = entry.given { entry.apply(given, to: &limits) } }
    }

    /// The limits in force, by the names of their options, in the options' units.
    func texts(_ limits: ServiceLimits) -> [String: String] {
        Dictionary(uniqueKeysWithValues: entries.map { ($0.name, Self.text($0.value(in: limits))) })
    }

    private static func text(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
}
