import DreamSim
import DreamSimService
import Foundation
import TestSupport
import Testing

/// What Prometheus reads.
@Suite("The metrics of a service", .timeLimit(.minutes(5)))
struct StatisticsTests {
    @Test("are in Prometheus' format, with names by its conventions, and no label of a client's")
    func format() async throws {
        let png = try Images.png(1)
        try await RunningService.with { service in
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            #expect(try service.post("/v1/compare", form).status == 200)
            #expect(try service.get("/evil\"}1..;").status == 404)
            let client = try service.client()
            client.send("PROPFIND", "/v1/compare")
            #expect(try client.answer().status == 405)
            let text = try service.get("/metrics").text
            let page = try PrometheusPage(text)
            #expect(page.faults == [])
            for name in [
                "dreamsim_requests_total", "dreamsim_request_duration_seconds", "dreamsim_queue_duration_seconds",
                "dreamsim_decode_duration_seconds", "dreamsim_model_duration_seconds", "dreamsim_requests_in_flight",
                "dreamsim_connections", "dreamsim_refused_total", "dreamsim_held_bytes", "dreamsim_decoding_bytes",
                "dreamsim_working_bytes", "dreamsim_work_cancelled_total", "dreamsim_build_info",
                "process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes",
            ] { #expect(page.types[name] != nil, "\(name)") }
            let labels = page.samples.flatMap { $0.labels.values }
            #expect(!labels.contains { $0.contains("evil") || $0.contains("PROPFIND") })
            let compared = page.samples.first {
                $0.name == "dreamsim_request_duration_seconds_count" && $0.labels["route"] == "/v1/compare"
                    && $0.labels["status"] == "2xx"
            }
            #expect(compared?.value == 1)
            #expect(page.samples.first { $0.name == "dreamsim_model_duration_seconds_count" }?.value == 1)
            let start = try #require(page.samples.first { $0.name == "process_start_time_seconds" }?.value)
            // That of this process's first service, whatever the system tells of its own start.
            #expect(start <= Date().timeIntervalSince1970 && Date().timeIntervalSince1970 - start < 3600)
            let version = try service.get("/v1/service").json()["version"] as? String
            #expect(version?.isEmpty == false)
            #expect(page.samples.first { $0.name == "dreamsim_build_info" }?.labels["version"] == version)
        }
    }

    @Test("count work that was dropped because its client had gone")
    func cancelled() async throws {
        let (metric, png) = (GatedMetric(), try Images.png(1))
        try await RunningService.with(metrics: [metric]) { service in
            defer { metric.open() }
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            var client: RawClient? = try service.client()
            client?.send("POST", "/v1/compare", headers: [Form.header], body: form.body)
            while metric.calls < 1 { usleep(1000) }
            client = nil
            try service.wait(for: "dreamsim_work_cancelled_total", 1)
            #expect(try service.statistic("dreamsim_disconnects_total") == 1)
        }
    }
}

/// The text format of Prometheus (version 0.0.4), read strictly.
private struct PrometheusPage {
    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    private(set) var types: [String: String] = [:]
    private(set) var samples: [Sample] = []
    private(set) var faults: [String] = []

    init(_ text: String) throws {
        #expect(text.hasSuffix("\n") && !text.contains("\n\n"))
        var helped: Set<String> = []
        for line in text.split(separator: "\n") {
            if let match = line.wholeMatch(of: #/# HELP ([a-z_]+) (.+)/#) {
                if !helped.insert(String(match.1)).inserted { faults.append("\(match.1) has two helps") }
            } else if let match = line.wholeMatch(of: #/# TYPE ([a-z_]+) (counter|gauge|histogram)/#) {
                if types.updateValue(String(match.2), forKey: String(match.1)) != nil {
                    faults.append("\(match.1) comes twice")
                }
            } else {
                try add(String(line))
            }
        }
        if helped != Set(types.keys) { faults.append("helps and types differ") }
        for (name, type) in types where (type == "counter") != name.hasSuffix("_total") {
            faults.append("\(name) is a \(type)")
        }
        check()
    }

    private mutating func add(_ line: String) throws {
        let sample = #/([a-z_]+)(?:\{([^}]*)\})? ([0-9.e+-]+|\+Inf)/#
        guard let match = line.wholeMatch(of: sample), let value = Double(match.3) else {
            return faults.append("not understood: \(line)")
        }
        var labels: [String: String] = [:]
        for part in (match.2 ?? "").matches(of: #/([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/#) {
            labels[String(part.1)] = String(part.2)
        }
        let written = labels.map { $0.key.count + $0.value.count + 3 }.reduce(0, +) + max(0, labels.count - 1)
        if written != (match.2 ?? "").count { faults.append("labels not understood: \(line)") }
        samples.append(Sample(name: String(match.1), labels: labels, value: value))
    }

    /// Every sample is of a type, once; histograms are whole and grow.
    private mutating func check() {
        var seen: Set<String> = []
        var counts: [String: [Double]] = [:]
        for sample in samples {
            let rest = sample.labels.filter { $0.key != "le" }.sorted { $0.key < $1.key }.map {
                "\($0.key)=\($0.value)"
            }
            if !seen.insert("\(sample.name) \(rest) \(sample.labels["le"] ?? "")").inserted {
                faults.append("\(sample.name) \(rest) comes twice")
            }
            let family = sample.name.replacing(#/_(bucket|sum|count)$/#, with: "")
            guard types[family] == "histogram" else {
                if types[sample.name] == nil { faults.append("\(sample.name) has no type") }
                continue
            }
            if sample.name.hasSuffix("_bucket") || sample.name.hasSuffix("_count") {
                counts["\(family) \(rest)", default: []].append(sample.value)
            }
        }
        for (family, values) in counts where values != values.sorted() || values.suffix(2).first != values.last {
            faults.append("\(family) does not grow to its count")
        }
    }
}
