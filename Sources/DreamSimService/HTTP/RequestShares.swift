import Synchronization

/// How many requests of each client are being answered, and how many it has asked for lately.
final class RequestShares: Sendable {
    private struct Account {
        var inFlight = 0
        /// The requests that it may begin at once, as of `seen`.
        var allowance: Double?
        var seen = ContinuousClock.now
    }

    private let accounts = Mutex<[String: Account]>([:])

    /// A request that is being answered, until its last reference goes.
    final class Share: Sendable {
        private let leave: @Sendable () -> Void

        fileprivate init(_ leave: @escaping @Sendable () -> Void) { self.leave = leave }

        deinit { leave() }
    }

    /// Begins a request.
    /// - Parameters:
    ///   - whose: the client, as keys and problems name it.
    ///   - most: how many of its requests may be answered at a time.
    ///   - perMinute: how many it may begin in a minute, and at once after a rest of one.
    /// - Throws: `Problem` when it has too many.
    func enter(_ whose: String, most: Int?, perMinute: Int? = nil) throws(Problem) -> Share {
        let problem: Problem? = accounts.withLock { accounts in
            var account = accounts[whose] ?? Account()
            if let most, account.inFlight >= most {
                return .passing(
                    .tooManyRequests, "\(most) requests of \(whose) are being answered already, as many as may be",
                    retryAfter: 1)
            }
            if let perMinute {
                let (now, rate) = (ContinuousClock.now, Double(perMinute) / 60)
                let allowance = account.allowance.map { $0 + (now - account.seen).seconds * rate } ?? Double(perMinute)
                account.allowance = min(allowance, Double(perMinute))
                account.seen = now
                guard let left = account.allowance, left >= 1 else {
                    accounts[whose] = account
                    let wait = (1 - (account.allowance ?? 0)) / rate
                    return .passing(
                        .tooManyRequests, "\(whose) has \(perMinute) requests a minute, and has used them",
                        retryAfter: max(1, Int(wait.rounded(.up))))
                }
                account.allowance = left - 1
            }
            account.inFlight += 1
            accounts[whose] = account
            return nil
        }
        if let problem { throw problem }
        return Share { [self] in leave(whose) }
    }

    private func leave(_ whose: String) {
        accounts.withLock { accounts in
            guard var account = accounts[whose] else { return }
            account.inFlight -= 1
            // What is remembered of addresses has to end; tokens with a rate are few.
            accounts[whose] = account.inFlight == 0 && account.allowance == nil ? nil : account
        }
    }

    /// How many clients are remembered.
    var count: Int { accounts.withLock(\.count) }
}
