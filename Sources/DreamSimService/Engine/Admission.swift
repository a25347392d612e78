import Synchronization

/// A right to have work done; it ends with its last reference.
///
/// `@unchecked Sendable`: `member` is read and written under the lock of the batcher that made it.
package final class Admission: @unchecked Sendable {
    /// Who asked.
    package let client: String
    let member: FairShare.Member
    private let release: @Sendable (FairShare.Member) -> Void

    init(_ client: String, _ member: FairShare.Member, _ release: @escaping @Sendable (FairShare.Member) -> Void) {
        (self.client, self.member, self.release) = (client, member, release)
    }

    deinit { release(member) }
}

/// Too much is waiting.
package struct Overload: Error {
    /// When there will be room, as far as can be told: whole seconds, 1 to 60.
    package let retryAfter: Int

    init(retryAfter seconds: Double) { retryAfter = min(max(Int(seconds.rounded(.up)), 1), 60) }
}
