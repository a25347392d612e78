import Foundation

/// An answer that is neither the file nor a redirect.
struct HTTPStatusError: Error {
    /// The address that was asked.
    let url: URL
    /// The status of the answer.
    let status: Int

    /// Whether it may be otherwise a little later.
    var isPassing: Bool { status == 408 || status == 425 || status == 429 || status >= 500 }
}
