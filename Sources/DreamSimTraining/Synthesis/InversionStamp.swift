import Foundation

/// What tells runs apart: equal digests are of runs that give the same numbers.
enum InversionStamp {
    /// SHA-256 over images, masks, the metric and its weights, and every setting, in hexadecimal.
    static func digest(
        _ targets: [PreparedTarget], _ loss: Loss, _ options: InversionOptions, start: Tensor?
    ) -> String {
        var digest = SHA256Digest()
        func add(_ text: String) {
            var text = text + "\u{0}"
            text.withUTF8 { digest.update(UnsafeRawBufferPointer($0)) }
        }
        func add(_ tensor: Tensor) {
            add("\(tensor.shape)")
            tensor.withUnsafeBufferPointer { digest.update(UnsafeRawBufferPointer($0)) }
        }
        for term in loss.terms {
            add("\(term.weight) \(MetricColumn(term.metric, decoding: .standard).identity.digest)")
        }
        add((try? JSON.line(options)) ?? "\(options)")
        for target in targets {
            add("\(target.share)")
            add(target.image)
            // What is hidden looks the same in the target; the mask shows in what becomes of a gradient.
            add(
                target.backward(Tensor([Float](repeating: 1, count: target.image.count), shape: target.image.shape))
            )
        }
        if let start { add(start) }
        return digest.hex()
    }
}
