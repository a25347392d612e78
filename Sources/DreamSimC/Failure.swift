internal import CDreamSim
import DreamSim
import Foundation

/// Where a caller wants to be told what is wrong; nil where it does not.
typealias ErrorPointer = UnsafeMutablePointer<dreamsim1_error>?

/// Runs a call of the interface: 0, or the code of what it threw, which is then in `error`.
func attempt(_ error: ErrorPointer, _ body: () throws -> Void) -> Int32 {
    do {
        try body()
        error?.pointee = dreamsim1_error(code: 0, message: nil)
        return 0
    } catch let fault {
        let failure = dreamsim1_error(fault)
        let code = failure.code
        if let error { error.pointee = failure } else { free(failure.message) }
        return code
    }
}

/// An argument that cannot be.
func badArgument(_ subject: String, _ problem: String) -> DreamSimError {
    DreamSimError(.badValue, subject, problem)
}

extension dreamsim1_error {
    /// What was thrown, as C sees it. The message is to be freed.
    init(_ error: any Error) {
        let text = (error as? DreamSimError)?.description ?? error.plainReason
        self.init(code: Int32(Self.code(of: error).rawValue), message: strdup(text))
    }

    private static func code(of error: any Error) -> dreamsim1_code {
        if error is CancellationError { return DREAMSIM1_CANCELLED }
        guard let error = error as? DreamSimError else { return DREAMSIM1_OTHER }
        return switch error.kind {
        case .badSetting, .badValue, .badRequest, .duplicate, .unknownModel, .badConfiguration: DREAMSIM1_ARGUMENT
        case .unreadable, .malformed, .truncated, .refused, .limitExceeded, .missing, .mismatch, .empty, .badTable,
            .missingColumn, .skipped, .archive:
            DREAMSIM1_FILE
        case .weightsMissing, .badWeights, .badDescription, .badMergedFile, .missingWeight, .unexpectedWeight,
            .shapeMismatch, .unknownLayout, .badAdapter, .badHead, .badCheckpoint, .badProfile:
            DREAMSIM1_WEIGHTS
        case .offline, .network, .interrupted, .python: DREAMSIM1_NETWORK
        case .unwritable, .diskFull, .fileSystem, .locked: DREAMSIM1_STORAGE
        case .incomparable, .incompatible, .newerVersion, .damaged: DREAMSIM1_INCOMPARABLE
        case .unsupported: DREAMSIM1_UNSUPPORTED
        case .cancelled: DREAMSIM1_CANCELLED
        case .unreachable, .badBatch, .diverged: DREAMSIM1_OTHER
        }
    }
}
