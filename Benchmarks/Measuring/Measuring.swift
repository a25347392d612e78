import CPeak
import Dispatch
import Foundation

/// Seconds that `body` takes.
public func seconds(_ body: () -> Void) -> Double {
    let start = ContinuousClock.now
    body()
    let (whole, fraction) = (ContinuousClock.now - start).components
    return Double(whole) + Double(fraction) * 1e-18
}

/// Processor seconds, of all threads together, that `body` takes; time that other programs had the processor for does not
/// count.
public func processorSeconds(_ body: () -> Void) -> Double {
    let start = clock()
    body()
    return Double(clock() - start) / Double(CLOCKS_PER_SEC)
}

/// Calls `body` for 0..<count on as many threads, which wait in between.
public func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    Team.shared.run(count, body)
}

/// Threads of our own: those of Dispatch may be fewer when the machine is busy.
///
/// `@unchecked Sendable`: used from the main thread only; helpers read `body` between the semaphores.
private final class Team: @unchecked Sendable {
    static let shared = Team()
    private var starts: [DispatchSemaphore] = []
    private let ends = DispatchSemaphore(value: 0)
    private var body: @Sendable (Int) -> Void = { _ in }

    func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        self.body = body
        while starts.count < count - 1 {
            let start = DispatchSemaphore(value: 0)
            starts.append(start)
            let index = starts.count
            Thread {
                while true {
                    start.wait()
                    self.body(index)
                    self.ends.signal()
                }
            }.start()
        }
        for start in starts.prefix(count - 1) { start.signal() }
        body(0)
        for _ in 1..<max(1, count) { ends.wait() }
    }
}

/// The GFLOP/s of fused multiply-adds in registers on a number of threads at once.
public func peak(threads: Int) -> Double {
    let rounds = 400_000
    let flop = Double(peak_rounds(0)) * Double(rounds * threads)
    return flop / seconds { onThreads(threads) { _ in _ = peak_rounds(rounds) } } / 1e9
}

/// The GFLOP/s of fused multiply-adds in registers, a processor second.
public func peakOfProcessor() -> Double {
    let rounds = 400_000
    let flop = Double(peak_rounds(0)) * Double(rounds)
    return flop / processorSeconds { _ = peak_rounds(rounds) } / 1e9
}

/// What was measured of one thing.
public struct Samples {
    private var values: [Double] = []

    /// Nothing yet.
    public init() {}

    /// Adds a sample.
    public mutating func add(_ value: Double) { values.append(value) }

    /// The middle one of the samples.
    public var median: Double { quantile(0.5) }

    /// The value below which a share of the samples lies.
    public func quantile(_ share: Double) -> Double {
        let sorted = values.sorted()
        return sorted[Int((Double(sorted.count - 1) * share).rounded())]
    }
}

extension Double {
    /// With a number of digits after the point, padded on the left.
    public func text(_ digits: Int = 1, width: Int = 7) -> String {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        let value = Int((self * scale).rounded())
        let zeros = String(repeating: "0", count: digits)
        let fraction = digits == 0 ? "" : "." + (zeros + "\(abs(value) % Int(scale))").suffix(digits)
        return "\(value / Int(scale))\(fraction)".padded(width)
    }
}

extension String {
    /// With spaces before it.
    public func padded(_ width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
