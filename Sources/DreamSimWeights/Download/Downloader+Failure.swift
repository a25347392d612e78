extension Downloader {
    /// Whether the same may go well a little later.
    static func isPassing(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPStatusError: error.isPassing
        case let error as DreamSimError: error.kind == .interrupted
        case TransferFailure.untrusted, TransferFailure.noLibrary, is CancellationError: false
        default: true
        }
    }

    /// What the user is told in the end.
    func failure(_ error: any Error, _ partial: PartialFile) -> any Error {
        if error is CancellationError || error is DreamSimError { return error }
        if let error = error as? HTTPStatusError, !error.isPassing { return error }
        switch error {
        case TransferFailure.untrusted(let words):
            return DreamSimError(
                .network, url.absoluteString,
                "the server's certificate cannot be verified (\(words)); install the system's certificates (on Debian: apt "
                    + "install ca-certificates), or name a file of trusted ones in SSL_CERT_FILE")
        case TransferFailure.noLibrary:
            return DreamSimError(
                .network, url.absoluteString,
                "libcurl cannot be loaded, which downloads it; install it (on Debian: apt install libcurl4)")
        default: break
        }
        let count = partial.count
        let advice =
            count > 0 ? "; the \(count) bytes that are there are kept, ask again to resume" : "; check the network"
        let what =
            switch error {
            case let error as HTTPStatusError: "the server answers \(error.status)"
            case TransferFailure.stalled: "nothing arrived for \(configuration.stallTimeout)"
            case TransferFailure.connectTimeout: "the server cannot be reached in time"
            default: "the connection failed (\(error))"
            }
        return DreamSimError(
            count > 0 ? .interrupted : .network, url.absoluteString, isResumable: true,
            "\(what), after \(configuration.attempts) attempts\(advice)")
    }
}
