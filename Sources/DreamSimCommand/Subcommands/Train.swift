import ArgumentParser
import DreamSimNetworks
import DreamSimTraining
import Foundation

struct Train: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a model on human judgments.",
        discussion: """
            Trains on triplets with DreamSim's hinge loss and writes everything to one folder. A stopped run resumes from \
            'checkpoint.safetensors' to the very same result. 'log.jsonl' has a line per step; 'report.html' and \
            'tensorboard --logdir' show the curves.

            METHODS
              lora   low-rank updates of attention, as in DreamSim's published models; 'best' (best validation) and \
            'adapter' (last epoch) are PEFT folders that this program, the Python reference and peft load. Use with --adapter
              mlp    a head on frozen backbones, x + fc2(relu(fc1 x)): images are embedded once, and the epochs take \
            seconds; 'best.safetensors' and 'head.safetensors'. Use with --head
              full   every weight, slower and with more memory; 'best.safetensors' and 'model.safetensors' are whole models. \
            Use with --model

            DATA
              a folder   NIGHTS: data.csv with ref_path, left_path, right_path, right_vote, votes and split; learns from \
            'train', validates on 'val'
              a file     a CSV table: ref, left, right, vote (0 to 1 for right, or left, right); with a column 'split', \
            learns from 'train' and validates on 'val'; or give another table by --validation

            The model starts without its published adapter; lora from the one that --adapter names, mlp from the head that \
            --head names, full also from a whole model (--model FILE.safetensors). Embeddings are compared as they are while \
            training (--no-normalize), as the reference does.

            --backbones makes an ensemble of one's own: names such as dinov3_vits16 or siglip2_vitb16, hf:OWNER/NAME@REVISION, \
            or folders with config.json. The run's 'model.json' describes it with its best updates, for --model.

            --check reads DATA to its end without training: missing and unreadable images, votes out of range, \
            contradictory triplets and references that stand in two splits are errors.

            EXAMPLES
              dreamsim train --template > mine.csv
              dreamsim train mine.csv --check
              dreamsim train nights/ --model dino_vitb16 -o runs/mine
              dreamsim train mine.csv --model vits14-focus -o runs/mine --epochs 3 --batch-size 8
              dreamsim compare a.jpg b.jpg --model vits14-focus --adapter runs/mine/best
              dreamsim train mine.csv --backbones dinov3_vits16,siglip2_vitb16 -o runs/ours
              dreamsim compare a.jpg b.jpg --model runs/ours/model.json
              dreamsim train mine.csv --model vits14-focus --method mlp -o runs/head
              dreamsim compare a.jpg b.jpg --model vits14-focus --head runs/head/best.safetensors
            """)

    @Argument(help: ArgumentHelp("Folder or table of triplets.", valueName: "data"))
    var triplets: ImagePath?

    @Option(help: ArgumentHelp("Folder or table of triplets, as an option.", valueName: "path"))
    var data: ImagePath?

    @Option(name: .shortAndLong, help: ArgumentHelp("Folder of the run.", valueName: "dir"), completion: .directory)
    var output: String?

    @Option(help: ArgumentHelp("Backbones of an ensemble, between commas.", valueName: "names"))
    var backbones: String?

    @Flag(help: "Validate the triplets and images without training.")
    var check = false

    @Flag(help: "Print a table to fill in.")
    var template = false

    @Option(help: ArgumentHelp("Table of triplets for validation.", valueName: "file"), completion: .file())
    var validation: ImagePath?

    @OptionGroup(title: "Training") var training: TrainingFlags
    @OptionGroup var model: ModelOptionsWith<TuningDefault>

    @Flag(name: .shortAndLong, help: "Suppress progress and notes.")
    var quiet = false

    func validate() throws {
        if template { return }
        guard (triplets == nil) != (data == nil) else {
            throw ValidationError("name the triplets once: as DATA, or by --data")
        }
        guard check || output != nil else { throw ValidationError("--output: name the folder of the run") }
        guard backbones == nil || model.chosenModel == nil && model.feature == nil else {
            throw ValidationError("--backbones is in place of --model and --feature")
        }
        guard model.precision ?? .float32 == .float32 else {
            throw ValidationError("--precision is for using a model; training is in float32")
        }
        guard model.adapter == nil || training.method == .lora else {
            throw ValidationError("--adapter is what --method lora starts from, not \(training.method.rawValue)")
        }
        guard model.head == nil || training.method == .mlp else {
            throw ValidationError("--head is what --method mlp starts from, not \(training.method.rawValue)")
        }
    }

    func run() async throws {
        if template { return Terminal.write(TripletCheck.template) }
        guard let data = triplets ?? data else { return }
        if check { return try checkTriplets(data) }
        guard let output else { return }
        let (learning, judging) = try read(data)
        let ensemble = backbones.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
        let network =
            if let ensemble {
                try await model.loadEnsemble(ensemble, quiet: quiet)
            } else {
                try await model.loadUntuned(takesMerged: training.method != .lora, quiet: quiet)
            }
        let home = try model.store.configuration().home
        let line = LateProgressLine(unit: "images", isQuiet: quiet)
        let run = try TrainingRun(
            network, training.options(isEnsemble: network.description.parts.count > 1), training: learning,
            validation: judging, folder: URL(filePath: output), settings: training.settings(home: home, data: data),
            from: try model.adapter.map { try LoRAAdapter(folder: URL(filePath: $0)) },
            head: try model.head.map { try EmbeddingHead.read(URL(filePath: $0)).head }
        ) { line.show($0, of: $1) }
        line.clear()
        if let ensemble {
            try ModelDescription.writeEnsemble(
                ensemble, adapter: training.method == .lora ? "best" : nil,
                to: URL(filePath: output).appending(path: "model.json"))
        }
        // What is left out is said even to those who want to hear only what is wrong.
        for triplet in run.skipped { Terminal.note("left out: \(triplet)") }
        if !quiet {
            let done = run.trainer.steps
            Terminal.note(
                "\(run.training.count) triplets to learn from, \(run.validation.count) to validate on, \(run.totalSteps) steps"
                    + (done > 0 ? "; resuming after step \(done)" : ""))
        }
        let embedding = LateProgressLine(unit: "images embedded", isQuiet: quiet)
        try run.run { event in
            switch event {
            case .step(let step): show(step)
            case .embedded(let done, let total): embedding.show(done, of: total)
            case .validated(let epoch, let outcome, let isBest):
                guard !quiet else { return }
                Terminal.progress("")
                Terminal.note(
                    String(
                        format: "%@: validation loss %.5f, agreement with people %.1f%%%@",
                        epoch == 0 ? "before training" : "epoch \(epoch)", outcome.loss, 100 * outcome.agreement,
                        isBest ? ", the best so far" : ""))
            case .note(let text):
                guard !quiet else { return }
                Terminal.progress("")
                Terminal.note(text)
            }
        }
        if !quiet { Terminal.progress("") }
        if !run.skipped.isEmpty {
            Terminal.note("left out: \(run.skipped.count) triplets with images that cannot be read; see log.jsonl")
        }
        if !quiet {
            let what =
                switch training.method {
                case .lora: "updates, for --adapter, are"
                case .mlp: "head, for --head, is"
                case .full: "weights, for --model, are"
                }
            let place = training.method.place(.best, in: URL(filePath: output))
            Terminal.note("the best \(what) in \(place.path)")
        }
    }

    private func checkTriplets(_ data: ImagePath) throws {
        let line = LateProgressLine(unit: "images", isQuiet: quiet)
        let check = try TripletCheck(data, decoding: model.preprocessing.decoding) { line.show($0, of: $1) }
        line.clear()
        Terminal.write(TripletCheckOutput.text(check))
        if !check.isUsable { Terminal.exit(.failed) }
    }

    private func show(_ step: TrainingRun.Step) {
        guard !quiet, Terminal.isInteractive else { return }
        Terminal.progress(
            "\(ProgressLine.bar(Double(step.number) / Double(step.total)))  step \(step.number) of \(step.total), "
                + String(
                    format: "loss %.4f, agreement %.0f%%, %.1f images a second, ", step.outcome.loss,
                    100 * step.outcome.agreement, step.imagesPerSecond)
                + "\(Duration.seconds(step.secondsLeft).brief) left")
    }

    private func read(_ data: ImagePath) throws -> (training: [TrainingTriplet], validation: [TrainingTriplet]) {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: "\(data)", isDirectory: &isFolder)
        if exists && isFolder.boolValue {
            let learning = try part { try .nights(data, split: .train) }
            return (
                try learning ?? nothingToLearn(data),
                try part { try validation.map { try .triplets($0) } ?? .nights(data, split: .val) } ?? []
            )
        }
        let all = try JudgedSet.triplets(data)
        if let validation {
            return (TrainingTriplet.all(in: all), TrainingTriplet.all(in: try .triplets(validation)))
        }
        guard all.items.contains(where: { $0.labels.contains("val") }) else {
            return (TrainingTriplet.all(in: all), [])
        }
        return (
            try part { try .triplets(data, split: "train") } ?? nothingToLearn(data),
            TrainingTriplet.all(in: try .triplets(data, split: "val"))
        )
    }

    /// The triplets of a split; nil when there are none.
    private func part(_ read: () throws -> JudgedSet) throws -> [TrainingTriplet]? {
        do {
            return TrainingTriplet.all(in: try read())
        } catch let error as DreamSimError where error.kind == .empty {
            return nil
        }
    }

    private func nothingToLearn(_ data: ImagePath) throws -> [TrainingTriplet] {
        throw DreamSimError(
            .badBatch, "\(data)",
            "no triplet is in the split 'train', so that there is nothing to learn from; --check shows the splits")
    }
}
