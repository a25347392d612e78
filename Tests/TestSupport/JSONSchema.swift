import Foundation

/// Holds JSON against a schema of `Sources/DreamSimService/Schemas`: as much of JSON Schema 2020-12 as they use.
public struct JSONSchema {
    private let documents: [String: [String: Any]]
    private let name: String

    /// Reads a schema, such as `compare`, and those beside it.
    public init(_ name: String) throws {
        let folder = Fixtures.packageRoot.appending(path: "Sources/DreamSimService/Schemas")
        var documents: [String: [String: Any]] = [:]
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            documents[file.lastPathComponent] =
                try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        }
        (self.documents, self.name) = (documents, name + ".json")
    }

    /// What does not follow the schema, each with its place; empty for JSON that follows it.
    public func faults(of json: Any) -> [String] { check(json, documents[name] ?? [:], in: name, at: "$") }

    private func check(_ value: Any, _ schema: [String: Any], in document: String, at place: String) -> [String] {
        if let reference = schema["$ref"] as? String {
            let parts = reference.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
            let file = parts[0].isEmpty ? document : parts[0]
            let key = parts[1].split(separator: "/").last.map(String.init) ?? ""
            guard let target = (documents[file]?["$defs"] as? [String: [String: Any]])?[key] else {
                return ["\(place): unknown reference \(reference)"]
            }
            return check(value, target, in: file, at: place)
        }
        if let choices = schema["anyOf"] as? [[String: Any]] {
            return choices.contains { check(value, $0, in: document, at: place).isEmpty }
                ? [] : ["\(place): \(value) is of no allowed kind"]
        }
        if let type = schema["type"] as? String, !Self.isOf(type, value) { return ["\(place): \(value) is no \(type)"] }
        if let values = schema["enum"] as? [String], !values.contains(value as? String ?? "") {
            return ["\(place): \(value) is none of \(values)"]
        }
        var faults: [String] = []
        if let items = schema["items"] as? [String: Any], let array = value as? [Any] {
            for (index, item) in array.enumerated() {
                faults += check(item, items, in: document, at: "\(place)[\(index)]")
            }
        }
        guard let object = value as? [String: Any] else { return faults }
        for name in schema["required"] as? [String] ?? [] where object[name] == nil {
            faults.append("\(place): lacks \(name)")
        }
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        for (name, member) in object {
            let place = "\(place).\(name)"
            if let property = properties[name] ?? (schema["additionalProperties"] as? [String: Any]) {
                faults += check(member, property, in: document, at: place)
            } else if schema["additionalProperties"] as? Bool == false {
                faults.append("\(place): unknown member")
            }
        }
        return faults
    }

    private static func isOf(_ type: String, _ value: Any) -> Bool {
        // Numbers and truth values are both NSNumber.
        let isBoolean = (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
        return switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "boolean": isBoolean
        case "integer": !isBoolean && (value as? NSNumber).map { $0.doubleValue == $0.doubleValue.rounded() } == true
        default: !isBoolean && value is NSNumber
        }
    }
}
