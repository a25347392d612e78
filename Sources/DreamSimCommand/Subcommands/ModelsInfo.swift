import ArgumentParser
import DreamSim
import Foundation

struct ModelsInfo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show a model's architecture, weights and license.",
        discussion: """
            EXAMPLES
              dreamsim models info ensemble
              dreamsim models info --hardware
            """)

    @Argument(help: "Name of the model.")
    var name: CatalogName?

    @Flag(help: "Show the kernels, threads and processors in use.")
    var hardware = false

    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard name != nil || hardware else { throw ValidationError("give a model's name, or --hardware") }
    }

    func run() throws {
        if hardware { Terminal.write(Self.text(HardwareReport())) }
        if let name { try describe(name.description) }
    }

    private static func text(_ report: HardwareReport) -> String {
        """
        kernels     \(report.kernels) (this processor has \(report.availableKernels.joined(separator: ", ")))
        threads     \(report.threads)
        processors  \(report.processors)

        """
    }

    private func describe(_ model: ModelDescription) throws {
        let store = ModelStore(try store.configuration())
        var table = TextTable([(model.name, .left), (model.summary, .left)])
        table.add(["embedding", "\(model.width) components"])
        for part in model.parts {
            let share = part.shares.map { shares in
                ", share in the distance " + shares.map { String(format: "%.3f", $0) }.joined(separator: ", ")
            }
            switch part.extractor {
            case .transformer(let c, let feature):
                table.add([
                    "backbone",
                    "\(part.name): \(feature.name), \(c.depth) blocks of width \(c.width), \(c.heads) heads, "
                        + "patch \(c.patchSize), \(c.activation.rawValue)\(share ?? "")",
                ])
            case .statistics(let statistics):
                table.add([
                    "backbone",
                    "\(part.name): standard deviation of each channel at \(statistics.taps.joined(separator: ", "))"
                        + (share ?? ""),
                ])
            }
        }
        if let adapter = model.adapter { table.add(["adapter", "\(adapter) (LoRA, merged at load)"]) }
        table.add(["precision", Precision.allCases.map(\.rawValue).joined(separator: ", ") + " (--precision)"])
        if let agreement = model.agreement {
            table.add([
                "NIGHTS 2AFC",
                String(
                    format: "%.1f %% validation, %.1f %% test, as published", agreement.validation, agreement.test),
            ])
        }
        for remark in model.remarks { table.add(["note", remark]) }
        table.add(["license", model.license])
        for source in model.sources {
            let size = source.byteCount.map { ", \(DownloadProgressLine.size($0))" } ?? ""
            table.add(["source", "\(source.place)\(size), \(source.license)"])
            if let digest = source.sha256 { table.add(["  SHA-256", digest]) }
        }
        for file in model.neededFiles {
            let found = file.components(separatedBy: " or ").lazy.compactMap { store.locate($0) }.first
            table.add(["file", "\(file): \(found?.path ?? "not here")"])
        }
        for (precision, file) in Self.merged(model.name, in: store) {
            table.add(["merged", "\(precision): \(file.path), \(DownloadProgressLine.size(file.bytes))"])
        }
        table.add(["ready", model.isReady(in: store) ? "yes" : "no: dreamsim models pull \(model.name)"])
        Terminal.write(table.lines().map { $0 + "\n" }.joined())
    }

    /// The merged files of a model that are in the cache, and what each computes with, as its name says.
    private static func merged(_ model: String, in store: ModelStore) -> [(precision: String, file: CachedFile)] {
        store.cachedFiles().compactMap { file in
            let name = URL(filePath: file.path).lastPathComponent
            let pattern = #/(.+)-[0-9a-f]{16}(?:-(int[0-9]+))?(?:-[0-9a-f]{8})?\.dreamsim\.safetensors/#
            guard file.sort == .merged, let parts = name.wholeMatch(of: pattern), parts.1 == model else { return nil }
            return (parts.2.map(String.init) ?? Precision.float32.rawValue, file)
        }
    }
}
