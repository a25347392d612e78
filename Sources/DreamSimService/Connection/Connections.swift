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

    private let clients = Mutex<[ObjectIdentifier: Client]>([:])
    private let draining = Atomic(false)

    /// Whether the service is being stopped, so that every answer is a connection's last.
    var isDraining: Bool {
        get { draining.load(ordering: .relaxed) }
        set { draining.store(newValue, ordering: .relaxed) }
    }

    /// How many are open.
    var count: Int { clients.withLock(\.count) }

    /// The client at the other end of a channel.
    func client(of channel: any Channel) -> Client? { clients.withLock { $0[ObjectIdentifier(channel)] } }

    func add(_ channel: any Channel) -> Client {
        let client = Client()
        clients.withLock { $0[ObjectIdentifier(channel)] = client }
        return client
    }

    func remove(_ channel: any Channel) {
        clients.withLock { $0[ObjectIdentifier(channel)] = nil }
    }
}
