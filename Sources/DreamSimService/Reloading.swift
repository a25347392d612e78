import Foundation
import ServiceLifecycle
import UnixSignals

/// Takes tokens, indexes and reports anew whenever the process gets SIGHUP.
struct Reloading: Service {
    let core: ServiceCore
    let settings: @Sendable () throws -> ServiceSettings

    func run() async throws {
        // The signal must never end the process, also not between two of those that wait for it.
        signal(SIGHUP, SIG_IGN)
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            for await _ in signals { await reload() }
        }
        try? await gracefulShutdown()
    }

    private func reload() async {
        // Reads files, which may take long on some disks.
        let (core, settings) = (core, settings)
        let result = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Result { try core.reload(settings()) }) }
        }
        switch result {
        case .success(let differences):
            core.logger.notice("tokens, indexes and reports were read anew")
            if !differences.isEmpty {
                core.logger.warning("takes a restart: \(differences.joined(separator: ", "))")
            }
        case .failure(let error):
            core.logger.error("nothing was read anew, everything stays as it was: \(error)")
        }
    }
}
