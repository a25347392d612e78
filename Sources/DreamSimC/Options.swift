import DreamSim
import DreamSimEvaluation
import Foundation

/// The options of a call: a JSON object, whose keys are taken one after another. What is left at the end is an error.
struct Options {
    private enum Value: Decodable {
        case null
        case boolean(Bool)
        case number(Double)
        case text(String)
        case texts([String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let value = try? container.decode(Bool.self) {
                self = .boolean(value)
            } else if let value = try? container.decode(Double.self) {
                self = .number(value)
            } else if let value = try? container.decode(String.self) {
                self = .text(value)
            } else {
                self = .texts(try container.decode([String].self))
            }
        }
    }

    private var values: [String: Value]
    private var known: [String] = []
    /// What was said of how models are loaded.
    private(set) var given: [ModelSetting] = []

    init(_ pointer: UnsafePointer<CChar>?) throws {
        guard let pointer else {
            values = [:]
            return
        }
        do {
            values = try JSONDecoder().decode([String: Value].self, from: Data(String(cString: pointer).utf8))
        } catch {
            throw badArgument(
                "options", "are no JSON object of texts, numbers, true, false and lists of texts; write {} for none")
        }
    }

    private mutating func take<Result>(_ key: String, _ wanted: String, _ cast: (Value) -> Result?) throws -> Result? {
        known.append(key)
        guard let value = values.removeValue(forKey: key) else { return nil }
        if case .null = value { return nil }
        guard let result = cast(value) else { throw badArgument("option '\(key)'", "must be \(wanted)") }
        return result
    }

    mutating func text(_ key: String) throws -> String? {
        try take(key, "a text") { if case .text(let value) = $0 { value } else { nil } }
    }

    mutating func texts(_ key: String) throws -> [String]? {
        try take(key, "a list of texts") { if case .texts(let value) = $0 { value } else { nil } }
    }

    /// Where a file or folder is.
    mutating func url(_ key: String) throws -> URL? {
        guard let path = try text(key).map({ ImagePath($0) }) else { return nil }
        guard let text = String(validating: path.bytes, as: UTF8.self) else {
            throw badArgument("option '\(key)'", "is a path that is not UTF-8, \(path); rename the file or folder")
        }
        return URL(filePath: text)
    }

    /// Texts that are paths, with bytes that are not UTF-8 as they are.
    mutating func paths(_ key: String) throws -> [ImagePath]? { try texts(key)?.map { ImagePath($0) } }

    /// A setting of models: noted as given where it is, so that one without effect can be refused.
    mutating func setting<Value>(
        _ setting: ModelSetting, _ take: (inout Options, String) throws -> Value?
    ) throws -> Value? {
        let value = try take(&self, setting.rawValue)
        if value != nil { given.append(setting) }
        return value
    }

    mutating func boolean(_ key: String) throws -> Bool? {
        try take(key, "true or false") { if case .boolean(let value) = $0 { value } else { nil } }
    }

    mutating func number(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
        try take(key, "a number from \(range.lowerBound) to \(range.upperBound)") {
            if case .number(let value) = $0, range.contains(value) { value } else { nil }
        }
    }

    mutating func count(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        try take(key, "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            if case .number(let value) = $0, let whole = Int(exactly: value), range.contains(whole) {
                whole
            } else {
                nil
            }
        }
    }

    /// One of a type's cases, by its name.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ type: Choice.Type) throws -> Choice?
    where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return try take(key, "one of \(names)") {
            if case .text(let value) = $0 { Choice(rawValue: value) } else { nil }
        }
    }

    /// Throws when a key is left that nobody has taken.
    func finish() throws {
        guard let key = values.keys.sorted().first else { return }
        throw badArgument("option '\(key)'", "is unknown; known are \(known.joined(separator: ", "))")
    }
}

extension Options {
    /// Where weights lie.
    mutating func store() throws -> ModelStore.Configuration {
        var environment = ProcessInfo.processInfo.environment
        if let home = try url("home") { environment["DREAMSIM_HOME"] = home.path }
        if let mirror = try text("mirror") { environment["DREAMSIM_MIRROR"] = mirror }
        var configuration = try ModelStore.Configuration.fromEnvironment(environment)
        if let folder = try url("weights") {
            guard ImageFinder.isFolder(ImagePath(url: folder)) else {
                throw badArgument("weights '\(folder.path)'", "is no folder; name the folder that holds the weights")
            }
            configuration.weightsFolder = folder
        }
        if try boolean("offline") == true { configuration.isOffline = true }
        return configuration
    }

    /// Refuses settings that were given and would change nothing, unsaid.
    func checkGiven(on metrics: [String]) throws {
        guard let (setting, problem) = ModelSetting.withoutEffect(given, on: metrics) else { return }
        throw badArgument("option '\(setting)'", problem)
    }

    private enum Fit: String, CaseIterable { case stretch, pad, crop }
    private enum Parity: String, CaseIterable { case reference }

    /// How a model is found and set up.
    mutating func loading() throws -> PerceptualModel.LoadingOptions {
        var preprocessing = try choice("parity", Parity.self) == nil ? Preprocessing.standard : .reference
        switch try setting(.fit, { try $0.choice($1, Fit.self) }) {
        case .pad: preprocessing.fit = .pad(.white)
        case .crop: preprocessing.fit = .crop
        case .stretch, nil: break
        }
        if let side = try setting(.side, { try $0.count($1, in: 1...4096) }) { preprocessing.side = side }
        return PerceptualModel.LoadingOptions(
            store: try store(), preprocessing: preprocessing,
            isNormalized: try setting(.normalize, { try $0.boolean($1) }) ?? true,
            precision: try setting(.precision, { try $0.choice($1, Precision.self) }),
            head: try setting(.head, { try $0.url($1) }))
    }
}
