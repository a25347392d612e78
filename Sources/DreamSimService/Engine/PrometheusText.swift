/// Metrics as Prometheus reads them (text format, version 0.0.4).
struct PrometheusText {
    /// The text's media type.
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// What a metric may be of.
    typealias Labels = KeyValuePairs<String, String>

    private var lines: [String] = []

    /// The whole text.
    var text: String { lines.joined(separator: "\n") + "\n" }

    /// Adds what only grows; its name ends in `_total`.
    mutating func counter(_ name: String, _ help: String, _ values: [(labels: Labels, value: Double)]) {
        describe(name, "counter", help)
        for (labels, value) in values { add(name, labels, Self.number(value)) }
    }

    /// Adds a counter without labels.
    mutating func counter(_ name: String, _ help: String, _ value: Double) {
        counter(name, help, [(labels: Labels(), value: value)])
    }

    /// Adds a value of the moment.
    mutating func gauge(_ name: String, _ help: String, _ value: Double, _ labels: Labels = [:]) {
        describe(name, "gauge", help)
        add(name, labels, Self.number(value))
    }

    /// Adds histograms.
    mutating func histogram(_ name: String, _ help: String, _ values: [(labels: Labels, histogram: Histogram)]) {
        describe(name, "histogram", help)
        for (labels, histogram) in values {
            for (bound, count) in zip(histogram.bounds, histogram.counts) {
                add("\(name)_bucket", labels, "\(count)", le: Self.number(bound))
            }
            add("\(name)_bucket", labels, "\(histogram.count)", le: "+Inf")
            add("\(name)_sum", labels, Self.number(histogram.sum))
            add("\(name)_count", labels, "\(histogram.count)")
        }
    }

    private mutating func describe(_ name: String, _ type: String, _ help: String) {
        lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"]
    }

    private mutating func add(_ name: String, _ labels: Labels, _ value: String, le: String? = nil) {
        let all = labels.map { ($0.key, $0.value) } + (le.map { [("le", $0)] } ?? [])
        let text = all.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        lines.append("\(name)\(all.isEmpty ? "" : "{\(text)}") \(value)")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }
}
