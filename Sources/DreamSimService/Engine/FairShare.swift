/// Who has had how much of something that is shared, so that the next turn is of whoever has had least: first among
/// clients, then among the requests of one. A client with a hundred requests has no more than one with a single request.
///
/// Not for several threads: whoever uses it holds a lock.
final class FairShare {
    /// A client, or one of its requests.
    final class Member {
        fileprivate let parent: Member?
        /// The seconds that it has had. One that comes back after a rest is put level with the others, so that nobody can
        /// save turns up.
        fileprivate(set) var served = 0.0
        /// The seconds that it has really had.
        fileprivate(set) var used = 0.0
        /// The seconds that it was admitted with.
        var estimated = 0.0
        /// What the member chosen last among its own had had.
        private var level = 0.0
        private var waiting = 0
        fileprivate var count = 0

        fileprivate init(_ parent: Member?) { self.parent = parent }

        /// Says that it waits for turns.
        func begin() {
            waiting += 1
            guard waiting == 1, let parent else { return }
            served = max(served, parent.level)
            parent.begin()
        }

        /// Says that it waits no longer.
        func end() {
            waiting -= 1
            if waiting == 0 { parent?.end() }
        }

        /// Says that it has a turn.
        func choose() {
            guard let parent else { return }
            parent.level = max(parent.level, served)
            parent.choose()
        }

        /// Counts what it has had.
        func charge(_ seconds: Double) {
            served += seconds
            used += seconds
            parent?.charge(seconds)
        }

        /// Whether its turn comes before another's.
        func isBefore(_ other: Member) -> Bool {
            (parent?.served ?? 0, served) < (other.parent?.served ?? 0, other.served)
        }
    }

    private let root = Member(nil)
    private var clients: [String: Member] = [:]
    private var requests: [ObjectIdentifier: Member] = [:]

    /// Adds a request of a client.
    func add(_ client: String) -> Member {
        let parent = clients[client] ?? Member(root)
        clients[client] = parent
        parent.count += 1
        let request = Member(parent)
        requests[ObjectIdentifier(request)] = request
        return request
    }

    /// Forgets a request, and a client without any.
    func remove(_ request: Member, of client: String) {
        requests[ObjectIdentifier(request)] = nil
        guard let parent = request.parent else { return }
        parent.count -= 1
        if parent.count == 0 { clients[client] = nil }
    }

    /// The seconds that requests were admitted with and have not had yet.
    var outstanding: Double { requests.values.reduce(0) { $0 + max(0, $1.estimated - $1.used) } }
}
