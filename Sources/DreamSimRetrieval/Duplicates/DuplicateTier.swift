import Foundation

/// How closely two images belong together, from the closest on.
public enum DuplicateTier: String, Sendable, Codable, CaseIterable, Comparable {
    /// The files are the same, byte by byte.
    case identicalBytes = "identical-bytes"
    /// The images are the same, pixel by pixel.
    case identicalPixels = "identical-pixels"
    /// The same image without any edit, compressed again or resized: perceptual hash, proportions and pixels agree.
    case reencoded = "re-encoded"
    /// Nearly the same image: edited, cropped a little, turned, mirrored, or taken a moment later.
    case near = "near"
    /// Probably the same scene.
    case scene = "scene"

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Closer tiers come first.
    public static func < (a: DuplicateTier, b: DuplicateTier) -> Bool { a.order < b.order }
}

/// What shows that two files belong together, from the surest on.
public enum DuplicateEvidence: String, Sendable, Codable, CaseIterable {
    /// Their bytes are the same.
    case bytes
    /// Their pixels are the same.
    case pixels
    /// Their perceptual hashes are near each other, as they are or after turning or mirroring.
    case hash
    /// Their embeddings are.
    case model
}

/// Up to where two images belong to a tier: the same in every collection.
package struct DuplicateThresholds: Sendable, Hashable, Encodable {
    /// Bits of 256 in which the perceptual hashes of copies may differ: what PDQ's authors call a match.
    package let bits = 31
    /// The least quality of a perceptual hash that is relied on, of 100, as PDQ's authors advise.
    package let quality = 50
    /// The model's distance of near duplicates; nil when the model is not calibrated: then they are found by hashes alone.
    package let near: Double?
    /// The model's distance of images of the same scene; nil when the model is not calibrated.
    package let scene: Double?
    /// On what the model was calibrated; nil where the distances were chosen, or there are none.
    package let dataSet: String?

    /// Thresholds of a model.
    /// - Parameters:
    ///   - kinds: how the model's distances fall on known pairs; nil when it is not calibrated.
    ///   - near: chosen in place of the calibrated one.
    ///   - scene: likewise.
    /// - Throws: `DreamSimError` with `.badRequest` when they are not in order or not from 0 to 2.
    package init(_ kinds: PairKinds?, near: Double? = nil, scene: Double? = nil) throws(DreamSimError) {
        let calibrated = kinds.flatMap(Self.calibrated)
        let chosenNear = near ?? calibrated.map { min($0.near, scene ?? 2) }
        let chosenScene = scene ?? calibrated.map { max($0.scene, near ?? 0) } ?? near
        for (name, distance) in [("near", chosenNear), ("scene", chosenScene)] {
            guard distance.map({ (0...2).contains($0) }) ?? true else {
                throw DreamSimError(.badRequest, "\(name) \(distance ?? .nan)", "must be a distance from 0 to 2")
            }
        }
        if let chosenNear, let chosenScene, chosenNear > chosenScene {
            throw DreamSimError(
                .badRequest, "near \(chosenNear), scene \(chosenScene)",
                "must be in order: images of a scene are no nearer than near duplicates")
        }
        (self.near, self.scene) = (chosenNear, chosenScene)
        dataSet = near == nil || scene == nil ? kinds?.dataSet : nil
    }

    /// A scene is what none of the unrelated pairs is; near is what hardly any two images of one scene are.
    /// - Returns: nil for a metric to which edited copies may be as far as unrelated images, as perceptual hashes are.
    private static func calibrated(_ kinds: PairKinds) -> (near: Double, scene: Double)? {
        guard kinds.direction == .lowerIsMoreAlike, kinds.tellsCopies,
            let scene = kinds.distributions[.unrelated]?.quantile(0)
        else { return nil }
        return (min(kinds.distributions[.scene]?.quantile(0.01) ?? scene / 2, scene), scene)
    }

    /// The distance up to which a model tells that images belong to a tier or a closer one; nil when it does not.
    func limit(_ tier: DuplicateTier) -> Double? {
        switch tier {
        case .identicalBytes, .identicalPixels, .reencoded: nil
        case .near: near
        case .scene: scene
        }
    }

    /// The tier of two images that are not identical; nil when they belong to none.
    func tier(_ pair: RowPair) -> DuplicateTier? {
        if pair.isReencoding { return .reencoded }
        if pair.match != nil || near.map({ pair.distance <= $0 }) == true { return .near }
        return scene.map { pair.distance <= $0 } == true ? .scene : nil
    }
}

extension DuplicateThresholds: CustomStringConvertible {
    /// Such as `hash up to 31 of 256 bits, near up to 0.0120, scene up to 0.0600 (calibrated on 59 photographs)`.
    package var description: String {
        func part(_ name: String, _ distance: Double?) -> String? {
            distance.map { "\(name) up to \(String(format: "%.4f", $0))" }
        }
        let parts = ["hash up to \(bits) of 256 bits"] + [part("near", near), part("scene", scene)].compactMap(\.self)
        let isCalibrated = near != nil || scene != nil
        return parts.joined(separator: ", ") + (isCalibrated ? dataSet.map { " (calibrated on \($0))" } ?? "" : "")
    }
}

extension IndexReader {
    /// The thresholds of the index's model, as far as it is calibrated.
    /// - Parameters:
    ///   - tier: the loosest one that is looked for.
    ///   - store: where its calibration lies, if it is not one that comes with the project.
    ///   - near: chosen in place of the calibrated one.
    ///   - scene: likewise.
    /// - Throws: `DreamSimError` with `.badRequest`, also for a distance of a tier that is not looked for.
    package func duplicateThresholds(
        for tier: DuplicateTier, in store: ModelStore, near: Double? = nil, scene: Double? = nil
    ) throws(DreamSimError) -> DuplicateThresholds {
        for (name, distance, own) in [("near", near, DuplicateTier.near), ("scene", scene, .scene)] {
            guard distance != nil, tier < own else { continue }
            throw DreamSimError(
                .badRequest, "the distance of the tier \(name)",
                "changes nothing of the tier \(tier.rawValue), which is stricter; leave it out, or look for \(name)")
        }
        let identity = MetricColumn(settings.stamp).identity
        return try DuplicateThresholds(MetricProfile.find(identity, in: store)?.kinds, near: near, scene: scene)
    }
}
