package import Foundation

/// Conducts an inversion to its end: keeps the losses and some frames, writes the best image so far as it goes, and can be
/// stopped at any time.
package final class InversionRun {
    /// What a run keeps and where.
    package struct Settings: Sendable {
        /// Where the best image is written (.png or .jpg), at the end and every `stepsBetweenSaves` steps; nowhere when
        /// nil.
        package var image: URL?
        /// The checkpoint that a stopped run resumes from; none when nil.
        package var checkpoint: URL?
        /// Steps between writing.
        package var stepsBetweenSaves = 25
        /// Frames of the strip, the first and the last included.
        package var frames = 8

        /// Keeps nothing on the disk.
        package init() {}
    }

    /// How far a run has come.
    package struct Progress: Sendable {
        /// Steps taken.
        package let step: Int
        /// Of the whole run.
        package let total: Int
        /// The loss before the step.
        package let loss: Double
        /// Steps a second since the run began or was taken up.
        package let stepsPerSecond: Double
        /// Until the end, at that rate.
        package let secondsLeft: Double
    }

    /// An image on the way.
    package struct Frame: Sendable {
        /// The steps before it.
        package let step: Int
        /// Its distance from the targets.
        package let loss: Double
        /// The image.
        package let image: Image
    }

    /// What is conducted.
    package let inversion: Inversion
    private let settings: Settings
    private var record = Record()

    /// What a checkpoint says beside the inversion.
    private struct Record: Codable {
        var losses: [Double] = []
        var penalties: [Double] = []
        /// Step and loss of each frame.
        var frames: [Int: Double] = [:]
        var seconds = 0.0
    }

    private var frames: [Int: Image] = [:]

    /// Begins a run, or takes up the one in the checkpoint.
    /// - Throws: `DreamSimError`; `DreamSimError` when the checkpoint is broken.
    package init(_ inversion: Inversion, _ settings: Settings) throws {
        guard settings.stepsBetweenSaves > 0, settings.frames >= 2 else {
            throw DreamSimError(
                .badSetting, "\(settings.frames) frames, \(settings.stepsBetweenSaves) steps between saves",
                "must be at least 2 and 1")
        }
        (self.inversion, self.settings) = (inversion, settings)
        guard let checkpoint = settings.checkpoint, FileManager.default.fileExists(atPath: checkpoint.path) else {
            return
        }
        let found = try inversion.resume(from: checkpoint)
        do {
            record = try JSONDecoder().decode(Record.self, from: Data(found.note.utf8))
        } catch {
            throw DreamSimError(.badCheckpoint, checkpoint.path, "says nothing understandable of its losses: \(error)")
        }
        for (name, tensor) in found.extras {
            guard let step = Int(name), tensor.shape == inversion.imageShape else {
                throw DreamSimError(
                    .badCheckpoint, checkpoint.path, "holds a frame '\(name)' of shape \(tensor.shape)")
            }
            frames[step] = try tensor.images()[0]
        }
        guard record.losses.count == inversion.steps, Set(frames.keys) == Set(record.frames.keys) else {
            throw DreamSimError(
                .badCheckpoint, checkpoint.path, "holds \(record.losses.count) losses of \(inversion.steps) steps")
        }
    }

    /// The steps before which frames are kept: closer at the beginning, where most happens.
    package static func frameSteps(_ count: Int, of steps: Int) -> [Int] {
        var result: [Int] = []
        for index in 0..<count {
            let share = Double(index) / Double(count - 1)
            let step = Int((share * share * Double(steps)).rounded())
            if result.last != step { result.append(step) }
        }
        return result
    }

    /// Runs to the end, or until it is to stop.
    /// - Parameters:
    ///   - report: called after every step; false stops the run, which is written first and can be taken up again.
    /// - Returns: what was found so far; its `isComplete` tells whether all steps were taken.
    /// - Throws: `DreamSimError` when the run diverges, errors of the metric and of writing.
    @discardableResult
    package func run(report: (Progress) throws -> Bool = { _ in true }) throws -> InversionReport {
        let wanted = Set(Self.frameSteps(settings.frames, of: inversion.options.steps))
        let (start, first, before) = (ContinuousClock.now, inversion.steps, record.seconds)
        func elapsed() -> Double { (ContinuousClock.now - start) / .seconds(1) }
        let isWhole = inversion.options.viewSettings.isWhole
        while !inversion.isDone {
            // A step looks at whole images only where nothing is shifted or cropped.
            if wanted.contains(inversion.steps) && !isWhole { try keep(inversion.look()) }
            let step = try inversion.step()
            if wanted.contains(step.number) && isWhole { try keep(step) }
            record.losses.append(step.loss)
            record.penalties.append(step.penalty)
            record.seconds = before + elapsed()
            if inversion.steps % settings.stepsBetweenSaves == 0 && !inversion.isDone {
                if !isWhole { _ = try inversion.look() }
                try save()
            }
            let rate = Double(inversion.steps - first) / max(elapsed(), 1e-9)
            let goesOn = try report(
                Progress(
                    step: inversion.steps, total: inversion.options.steps, loss: step.loss, stepsPerSecond: rate,
                    secondsLeft: Double(inversion.options.steps - inversion.steps) / rate))
            guard goesOn || inversion.isDone else {
                try save()
                return try self.report()
            }
        }
        try keep(inversion.look())
        record.seconds = before + elapsed()
        try save()
        return try self.report()
    }

    private func keep(_ step: Inversion.Step) throws {
        record.frames[step.number] = step.loss
        frames[step.number] = try step.image.images()[0]
    }

    private func save() throws {
        if let url = settings.image { try inversion.image.write(to: url) }
        guard let checkpoint = settings.checkpoint else { return }
        let extras = try Dictionary(uniqueKeysWithValues: frames.map { (String($0.key), try Tensor([$0.value])) })
        try inversion.save(to: checkpoint, extras: extras, note: try JSON.line(record))
    }

    private func report() throws -> InversionReport {
        let images = frames.sorted { $0.key < $1.key }.map { step, image in
            Frame(step: step, loss: record.frames[step] ?? .nan, image: image)
        }
        return try InversionReport(
            inversion, losses: record.losses, penalties: record.penalties, seconds: record.seconds, frames: images)
    }
}
