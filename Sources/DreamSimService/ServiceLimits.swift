/// How much the service takes on: what passes a limit is refused with a problem that says so, and never kept in memory.
public struct ServiceLimits: Sendable, Hashable {
    /// The largest body of a request, in bytes. Default: 64 MiB.
    public var bodyBytes = 64 << 20
    /// The bytes of all bodies and of all images in full size that are held at a time. Default: 512 MiB.
    public var heldBytes = 512 << 20
    /// The bytes that decoding takes at a time, which is asked for before anything is allocated; images wait for each other.
    /// Default: 512 MiB.
    public var decodingBytes = 512 << 20
    /// The bytes that metrics take at a time which see images as they are, beside the images; others wait. Default: 512 MiB.
    public var workingBytes = 512 << 20
    /// The largest number of pixels that is decoded, checked before memory is allocated. Default: 50 million.
    public var pixels = 50_000_000
    /// The largest number of pixels for metrics that compare images in full size, and for maps. Default: 12 million.
    public var pixelsInFull = 12_000_000
    /// The most images of one request. Default: 128.
    public var images = 128
    /// The most images that are accepted and not answered yet, over all requests. Default: 256.
    public var acceptedImages = 256
    /// The longest that the work of a request may take, as far as it can be told from how long such work took before.
    /// Default: 60 s.
    public var workTime = Duration.seconds(60)
    /// The longest that all work may take together that is accepted and not done, likewise. Default: 90 s, so that
    /// everything has its answer in time.
    public var acceptedWork = Duration.seconds(90)
    /// The most images that pass a model together; fewer where they take long. Default: 8.
    public var batch = 8
    /// How long a batch waits for more images. Default: 3 ms.
    public var gathering = Duration.milliseconds(3)
    /// The connections that are open at a time; further ones wait. Default: 256.
    public var connections = 256
    /// The connections that one address may have open at a time: further ones take the place of one that rests, and are
    /// refused where none does. Default: 64.
    public var connectionsPerPeer = 64
    /// The time that a new connection may be silent. Default: 5 s.
    public var firstByteTime = Duration.seconds(5)
    /// The largest header field, and half of all fields of a request, in bytes. Default: 16 KiB.
    public var headerBytes = 16 << 10
    /// The most header fields of a request. Default: 100.
    public var headerCount = 100
    /// The time from the first byte of a request to the end of its head. Default: 10 s.
    public var headTime = Duration.seconds(10)
    /// The time from the head of a request to the end of its body. Default: 60 s.
    public var bodyTime = Duration.seconds(60)
    /// The time from the head of a request to its answer. Default: 120 s.
    public var answerTime = Duration.seconds(120)
    /// The time that a client has to take its answer. Default: 60 s.
    public var sendTime = Duration.seconds(60)
    /// The time that a connection may rest between requests. Default: 75 s.
    public var idleTime = Duration.seconds(75)
    /// The time that accepted requests have to finish when the service is stopped. Default: 130 s.
    public var shutdownTime = Duration.seconds(130)

    /// The defaults.
    public init() {}
}
