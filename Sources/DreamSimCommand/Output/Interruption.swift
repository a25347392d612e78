import Dispatch
import Foundation
import Synchronization

/// Whether the program was asked to stop, by Ctrl-C or by `kill`. A second request ends it at once.
final class Interruption {
    private final class Flag: Sendable {
        let isUp = Atomic(false)
        let number = Atomic(SIGINT)
    }

    private let flag = Flag()
    private var sources: [any DispatchSourceSignal] = []

    init() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [flag] in
                flag.number.store(number, ordering: .relaxed)
                if flag.isUp.exchange(true, ordering: .relaxed) { Foundation.exit(128 + number) }
            }
            source.resume()
            sources.append(source)
        }
    }

    var isRequested: Bool { flag.isUp.load(ordering: .relaxed) }

    /// How the program ends that was asked to stop.
    var code: Terminal.Code { flag.number.load(ordering: .relaxed) == SIGINT ? .interrupted : .terminated }

    /// Waits.
    /// - Returns: false at once when the program was asked to stop.
    func isAbsent(for seconds: Double) -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while !isRequested && ContinuousClock.now < end { Thread.sleep(forTimeInterval: min(0.1, seconds)) }
        return !isRequested
    }
}
