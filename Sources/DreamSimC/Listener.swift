internal import CDreamSim
import DreamSim
import Foundation
import Synchronization

/// Who is told of events, and whether it asked to stop.
///
/// `@unchecked Sendable`: the caller promises that its function may be called from another thread, one call at a time.
final class Listener: @unchecked Sendable {
    private let listener: dreamsim1_listener?
    private let turn = NSLock()
    private let isStopped = Atomic(false)
    private let stop = Mutex<(@Sendable () -> Void)?>(nil)

    init(_ pointer: UnsafePointer<dreamsim1_listener>?) { listener = pointer?.pointee }

    /// Whether it asked to stop.
    var isCancelled: Bool { isStopped.load(ordering: .relaxed) }

    /// Throws when it asked to stop.
    func check() throws { if isCancelled { throw CancellationError() } }

    /// What is to be done when it asks to stop.
    func onCancel(_ body: @escaping @Sendable () -> Void) {
        stop.withLock { $0 = body }
        if isCancelled { body() }
    }

    func progress(_ done: Int, of total: Int, _ text: String = "images") { tell(DREAMSIM1_PROGRESS, text, done, total) }
    func note(_ text: String) { tell(DREAMSIM1_NOTE, text) }
    func failure(_ text: String) { tell(DREAMSIM1_FAILURE, text) }

    func event(_ event: PerceptualModel.LoadingEvent) {
        switch event {
        case .fetching(let state): progress(state.receivedBytes, of: state.totalBytes ?? 0, state.what)
        case .note(let text): note(text)
        case .standIn(let text): tell(DREAMSIM1_STAND_IN, text)
        }
    }

    private func tell(_ kind: dreamsim1_event_kind, _ text: String, _ done: Int = 0, _ total: Int = 0) {
        guard let listener, let listen = listener.listen else { return }
        let answer = text.withCString { text in
            var event = dreamsim1_event(
                kind: Int32(kind.rawValue), text: text, done: Int64(done), total: Int64(total))
            return turn.withLock { listen(listener.context, &event) }
        }
        guard answer != 0 else { return }
        isStopped.store(true, ordering: .relaxed)
        stop.withLock { $0 }?()
    }
}
