import Foundation

/// What the system tells of this process, under the names that Prometheus has for it.
enum ProcessFigures {
    /// Seconds since 1970; when this was first asked, where the system does not tell.
    static let start: Double = {
        guard let boot = field(of: "/proc/stat", "btime").flatMap(Double.init), let ticks = statistics(19) else {
            return Date().timeIntervalSince1970
        }
        return boot + ticks / ticksPerSecond
    }()

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

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// A number of `/proc/self/stat`, counted from what follows the program's name, which may hold anything.
    private static func statistics(_ place: Int) -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[end...].dropFirst(2).split(separator: " ")
        return fields.indices.contains(place) ? Double(fields[place]) : nil
    }

    private static func field(of file: String, _ name: String) -> String? {
        let lines = (try? String(contentsOfFile: file, encoding: .utf8))?.split(separator: "\n")
        return lines?.first { $0.hasPrefix(name + " ") }?.split(separator: " ").last.map(String.init)
    }
}
