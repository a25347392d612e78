/// Why a transfer ended before the whole answer was there.
enum TransferFailure: Error, Hashable {
    /// No connection came about in the time for it.
    case connectTimeout
    /// Nothing arrived for too long.
    case stalled
    /// The server's certificate is not trusted, in libcurl's words.
    case untrusted(String)
    /// There is no libcurl.
    case noLibrary
    /// Anything else, in libcurl's words.
    case broken(String)
}

extension TransferFailure: CustomStringConvertible {
    /// What happened, without the address.
    var description: String {
        switch self {
        case .connectTimeout: "no connection in time"
        case .stalled: "nothing arrived"
        case .untrusted(let words), .broken(let words): words
        case .noLibrary: "libcurl cannot be loaded"
        }
    }
}
