import Dispatch
import DreamSim
import Foundation
import Synchronization

/// A line on standard error that shows how far a count has come, its rate and the time that is left.
final class ProgressLine: Sendable {
    private let total: Int
    private let unit: String
    private let isShown: Bool
    private let start = ContinuousClock.now

    init(_ total: Int, unit: String, isQuiet: Bool) {
        self.total = total
        self.unit = unit
        isShown = !isQuiet && Terminal.isInteractive && total > 1
    }

    func show(_ done: Int) {
        guard isShown else { return }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let rate = Double(done) / max(seconds, 1e-9)
        let left = rate > 0 ? Double(total - done) / rate : 0
        let count = "\(Self.bar(Double(done) / Double(total)))  \(done) of \(total) \(unit)"
        // A rate of the first moments is one of the clock.
        guard seconds >= 0.5, done > 0 else { return Terminal.progress(count) }
        let figure = rate >= 10 ? String(format: "%.0f", rate) : String(format: "%.2f", rate)
        Terminal.progress("\(count), \(figure) a second, \(Duration.seconds(left).brief) left")
    }

    /// A share as a bar of 24 characters.
    static func bar(_ share: Double) -> String {
        let filled = Int(min(max(share, 0), 1) * 24)
        return String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
    }

    func clear() {
        if isShown { Terminal.progress("") }
    }
}

/// A line on a terminal that shows for how long something has been computed whose end is not known.
final class WaitingLine {
    private let timer: (any DispatchSourceTimer)?

    init(_ what: String, isQuiet: Bool) {
        guard !isQuiet, Terminal.isInteractive else {
            timer = nil
            return
        }
        let (start, source) = (ContinuousClock.now, DispatchSource.makeTimerSource(queue: .global()))
        source.schedule(deadline: .now() + 1, repeating: 1)
        source.setEventHandler { Terminal.progress("\(what), \((ContinuousClock.now - start).brief)") }
        source.resume()
        timer = source
    }

    func clear() {
        guard let timer else { return }
        timer.cancel()
        Terminal.progress("")
    }
}

/// The progress of a download: a line that is rewritten on a terminal, and one plain line a download elsewhere.
final class DownloadProgressLine: Sendable {
    private let isQuiet: Bool
    private let announced = Mutex<Set<String>>([])

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func show(_ state: DownloadProgress) {
        guard !isQuiet else { return }
        let verb =
            switch state.phase {
            case .waitingForLock: "waiting for another process to fetch"
            case .downloading: "fetching"
            case .verifying: "checking"
            case .unpacking: "unpacking"
            }
        if announced.withLock({ $0.insert("\(verb) \(state.what)").inserted }), !Terminal.isInteractive {
            let size = state.totalBytes.map { " (\(Self.size($0)))" } ?? ""
            Terminal.note("\(verb) \(state.what)\(size)")
        }
        var line = "\(verb) \(state.what)"
        if state.phase != .waitingForLock {
            line += "  \(Self.size(state.receivedBytes))"
            if let total = state.totalBytes, total > 0 {
                line += " of \(Self.size(total))  " + ProgressLine.bar(Double(state.receivedBytes) / Double(total))
            }
            if state.bytesPerSecond > 0 { line += "  \(Self.size(Int(state.bytesPerSecond)))/s" }
            if let left = state.secondsLeft { line += "  \(Duration.seconds(left).brief) left" }
        }
        Terminal.progress(line)
    }

    func clear() {
        if announced.withLock({ !$0.isEmpty }) { Terminal.progress("") }
    }

    static func size(_ bytes: Int) -> String {
        bytes < 1_000_000
            ? String(format: "%.0f kB", Double(bytes) / 1e3)
            : bytes < 1_000_000_000
                ? String(format: "%.1f MB", Double(bytes) / 1e6) : String(format: "%.2f GB", Double(bytes) / 1e9)
    }
}

extension Duration {
    /// Such as `42 s`, `3 min 05 s`, `2 h 10 min`.
    var brief: String {
        let seconds = Int((self / .seconds(1)).rounded())
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3600 { return "\(seconds / 60) min \(String(format: "%02d", seconds % 60)) s" }
        return "\(seconds / 3600) h \(String(format: "%02d", seconds % 3600 / 60)) min"
    }
}

/// A progress line whose total is known only when the work has begun.
final class LateProgressLine {
    private let unit: String
    private let isQuiet: Bool
    private var line: ProgressLine?

    init(unit: String, isQuiet: Bool) { (self.unit, self.isQuiet) = (unit, isQuiet) }

    func show(_ done: Int, of total: Int) {
        if line == nil { line = ProgressLine(total, unit: unit, isQuiet: isQuiet) }
        line?.show(done)
    }

    func clear() { line?.clear() }
}
