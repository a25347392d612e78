import Foundation

/// What a run tells of itself besides its checkpoints: `log.jsonl`, TensorBoard's events and `report.html`.
final class RunRecord {
    private let folder: URL
    private let log: TrainingLog
    private var page: TrainingPage
    /// Made with the first numbers of a start.
    private var events: EventFile?

    /// Opens the records of a run.
    /// - Parameters:
    ///   - step: the steps that are done; what was told of later ones is forgotten.
    ///   - validated: the epochs whose validation is done.
    ///   - page: everything but the lines.
    /// - Throws: `DreamSimError` with `.unwritable`.
    init(in folder: URL, after step: Int, validated: Int, page: TrainingPage) throws {
        (self.folder, self.page) = (folder, page)
        log = try TrainingLog(
            folder.appending(path: "log.jsonl"), keepingThrough: step == 0 ? -1 : step, validated: validated)
        for triplet in page.skipped {
            try log.append(
                TrainingLog.Line(
                    kind: .skipped, step: step, epoch: 0, place: triplet.place,
                    reason: triplet.reason))
        }
    }

    /// Takes down a step.
    func step(_ number: Int, epoch: Int, _ outcome: Trainer.Outcome, seconds: Double, imagesPerSecond: Double) throws {
        try log.append(
            TrainingLog.Line(
                kind: .step, step: number, epoch: epoch, loss: outcome.loss, agreement: outcome.agreement,
                seconds: seconds, imagesPerSecond: imagesPerSecond))
        try add(
            [
                ("loss/train", outcome.loss), ("agreement/train", outcome.agreement),
                ("speed/images_per_second", imagesPerSecond),
            ], step: number)
    }

    /// Takes down a validation, of epoch 0 before the first step.
    func validation(after step: Int, epoch: Int, _ outcome: Trainer.Outcome, isBest: Bool, seconds: Double) throws {
        try log.append(
            TrainingLog.Line(
                kind: .validation, step: step, epoch: epoch, loss: outcome.loss, agreement: outcome.agreement,
                seconds: seconds, isBest: isBest))
        try add([("loss/validation", outcome.loss), ("agreement/validation", outcome.agreement)], step: step)
    }

    /// Takes down something that people should know.
    func note(_ text: String, step: Int, epoch: Int) throws {
        try log.append(TrainingLog.Line(kind: .note, step: step, epoch: epoch, reason: text))
    }

    /// Writes the page anew.
    func writePage() throws {
        page.lines = log.lines()
        try Writing.replace(folder.appending(path: "report.html"), with: Array(page.text.utf8))
    }

    private func add(_ scalars: [(tag: String, value: Double)], step: Int) throws {
        let file = try events ?? EventFile(in: folder, from: step)
        events = file
        try file.add(scalars, step: step)
    }
}
