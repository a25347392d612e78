import Foundation

/// What the system tells of this process, under the names that Prometheus has for it.
enum ProcessFigures {
    /// When this was first asked, in seconds since 1970: the service asks when it is made. What the system says of it counts
    /// from the machine's start, of which a process may know nothing.
    static let start = Date().timeIntervalSince1970

    /// The memory that the process holds, in bytes; 0 where the system does not tell.
    static var residentBytes: Double {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
        return (fields?.dropFirst().first.flatMap { Double($0) } ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The seconds of all processors that the process took.
    static var processorSeconds: Double {
        var usage = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &usage)
        return Double(usage.tv_sec) + Double(usage.tv_nsec) * 1e-9
    }

    /// Adds them to a text.
    static func add(to text: inout PrometheusText) {
        text.gauge("process_start_time_seconds", "When the process was started, since 1970.", start)
        text.counter("process_cpu_seconds_total", "Processor time of the process.", processorSeconds)
        text.gauge("process_resident_memory_bytes", "Memory of the process.", residentBytes)
    }
}
