import NIOCore
import Synchronization

/// The connections that are open, so that whoever answers a request learns when its client goes.
final class Connections: Sendable {
    /// A connection as the one who answers sees it.
    final class Client: Sendable {
        private enum State {
            case present((@Sendable () -> Void)?)
            case gone
        }

        private let state = Mutex(State.present(nil))
        /// The address at the other end.
        let peer: String
        private let refusal = Mutex<String?>(nil)
        private let resting = Mutex<ContinuousClock.Instant?>(nil)

        fileprivate init(_ peer: String) { self.peer = peer }

        /// Since when nothing is asked and nothing answered; nil while something is.
        var restsSince: ContinuousClock.Instant? {
            get { resting.withLock { $0 } }
            set { resting.withLock { $0 = newValue } }
        }

        /// The identifier of the request that the connection itself has answered, because it never became whole.
        var refused: String? {
            get { refusal.withLock { $0 } }
            set { refusal.withLock { $0 = newValue } }
        }

        /// Sets what is done when the client goes; at once when it has gone. Takes the place of what was set before.
        func onDisconnect(_ body: (@Sendable () -> Void)?) {
            let isGone = state.withLock { state in
                guard case .present = state else { return true }
                state = .present(body)
                return false
            }
            if isGone { body?() }
        }

        /// Tells that the client has gone.
        func disconnect() {
            let body: (@Sendable () -> Void)? = state.withLock { state in
                guard case .present(let body) = state else { return nil }
                state = .gone
                return body
            }
            body?()
        }
    }

    private struct Entry {
        let client: Client
        let channel: any Channel
    }

    private let proxies: ProxyRules?
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])
    private let draining = Atomic(false)

    /// - Parameter proxies: whose connections are those of many clients.
    init(_ proxies: ProxyRules? = nil) { self.proxies = proxies }

    /// Whether the service is being stopped, so that every answer is a connection's last.
    var isDraining: Bool {
        get { draining.load(ordering: .relaxed) }
        set { draining.store(newValue, ordering: .relaxed) }
    }

    /// How many are open.
    var count: Int { entries.withLock(\.count) }

    /// The client at the other end of a channel.
    func client(of channel: any Channel) -> Client? { entries.withLock { $0[ObjectIdentifier(channel)]?.client } }

    /// Adds a connection. Of an address that has as many as it may, the one that has rested longest is closed for it.
    /// - Returns: nil when none rests.
    func add(_ channel: any Channel, perPeer most: Int) -> Client? {
        let client = Client(channel.remoteAddress?.ipAddress ?? "")
        let most = proxies?.trust(client.peer) == true ? .max : most
        let (isWelcome, oldest): (Bool, (any Channel)?) = entries.withLock { entries in
            let mine = entries.values.filter { $0.client.peer == client.peer }
            var oldest: Entry?
            if mine.count >= most {
                oldest = mine.filter { $0.client.restsSince != nil }
                    .min { ($0.client.restsSince ?? .now) < ($1.client.restsSince ?? .now) }
                guard let oldest else { return (false, nil) }
                entries[ObjectIdentifier(oldest.channel)] = nil
            }
            entries[ObjectIdentifier(channel)] = Entry(client: client, channel: channel)
            return (true, oldest?.channel)
        }
        oldest?.close(promise: nil)
        return isWelcome ? client : nil
    }

    func remove(_ channel: any Channel) {
        entries.withLock { $0[ObjectIdentifier(channel)] = nil }
    }
}
