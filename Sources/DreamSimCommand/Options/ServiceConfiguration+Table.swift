import DreamSim
import Foundation

extension ServiceConfiguration {
    /// All settings and where they come from, a line each.
    /// - Parameter limits: those in force that the parser knows no default of.
    static func table(_ limits: [String: String]) -> String {
        let environment = ProcessInfo.processInfo.environment
        let settings = (try? settings(RawArguments.all(), environment)) ?? []
        var lines: [(name: String, value: String, source: String)] = []
        for option in options() where !runOnly.subtracting(["config"]).contains(option.name) {
            if let setting = settings.last(where: { $0.option.name == option.name }) {
                let values = setting.values.map { shown($0, option) }.joined(separator: ", ")
                lines.append((option.name, limits[option.name] ?? values, setting.source))
            } else if ownVariables.contains(option.name), let text = environment[option.variable] {
                lines.append((option.name, shown(text, option), option.variable))
            } else {
                lines.append((option.name, limits[option.name] ?? standard(option), "default"))
            }
        }
        let hasFile = settings.contains { $0.option.name == "token-file" }
        if !hasFile, environment["DREAMSIM_TOKEN"] != nil { lines.append(("token", "(hidden)", "DREAMSIM_TOKEN")) }
        let names = lines.map(\.name.count).max() ?? 0
        let values = min(60, lines.map(\.value.count).max() ?? 0)
        return lines.sorted { $0.name < $1.name }
            .map { "\(padded($0.name, names))  \(padded($0.value, values))  \($0.source)\n" }.joined()
    }

    private static func standard(_ option: Option) -> String {
        guard let text = option.defaultValue else { return option.kind == "flag" ? "false" : "none" }
        return text == "--\(option.name)" ? "true" : text
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// A value as people are told of it: of a flag, whether it is on.
    private static func shown(_ text: String, _ option: Option) -> String {
        guard option.kind == "flag" else { return hidden(text) }
        return ["1", "true", "yes"].contains(text.lowercased()) ? "true" : "false"
    }

    /// A value without the password of a URL, and without its query, which may be a key.
    private static func hidden(_ text: String) -> String {
        text.replacing(#/:\/\/[^\/@]*@/#, with: "://(hidden)@").replacing(#/(:\/\/[^ ?,]*)\?[^ ,]*/#) { found in
            "\(found.output.1)?(hidden)"
        }
    }
}
