import Foundation

/// How closely two images belong together, from the closest on.
public enum DuplicateTier: String, Sendable, Codable, CaseIterable, Comparable {
    /// The files are the same, byte by byte.
    case identicalBytes = "identical-bytes"
    /// The images are the same, pixel by pixel.
    case identicalPixels = "identical-pixels"
    /// The same image, compressed again or resized: hardly any distance, and the same proportions.
    case reencoded = "re-encoded"
    /// Nearly the same image: edited, cropped a little, or taken a moment later.
    case near = "near"
    /// Probably the same scene.
    case scene = "scene"

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Closer tiers come first.
    public static func < (a: DuplicateTier, b: DuplicateTier) -> Bool { a.order < b.order }
}

/// Up to which distance two images belong to a tier.
///
/// What suits depends on the model and on what one calls a duplicate. `init(typical:)` makes them from how far apart an
/// index's images typically are.
package struct DuplicateThresholds: Sendable, Hashable, Codable {
    /// For images compressed again or resized.
    package var reencoded: Double
    /// For near duplicates.
    package var near: Double
    /// For images of the same scene.
    package var scene: Double

    /// Sets the distances; each at least the one before.
    /// - Throws: `DreamSimError` with `.badRequest` when they are not in order or not from 0 to 2.
    package init(reencoded: Double, near: Double, scene: Double) throws(DreamSimError) {
        guard 0 <= reencoded, reencoded <= near, near <= scene, scene <= 2 else {
            throw DreamSimError(
                .badRequest, "thresholds \(reencoded), \(near), \(scene)",
                "must be distances from 0 to 2, none smaller than the one before")
        }
        (self.reencoded, self.near, self.scene) = (reencoded, near, scene)
    }

    /// The distance up to which images count as belonging to a tier or a closer one.
    func limit(_ tier: DuplicateTier) -> Double {
        switch tier {
        case .identicalBytes, .identicalPixels: 0
        case .reencoded: reencoded
        case .near: near
        case .scene: scene
        }
    }

    /// The tier of two images that are not identical; nil when they belong to none.
    func tier(_ distance: Double, _ a: IndexedFile.Content, _ b: IndexedFile.Content) -> DuplicateTier? {
        if distance <= reencoded && a.hasProportions(of: b) { return .reencoded }
        if distance <= near { return .near }
        return distance <= scene ? .scene : nil
    }
}

extension IndexedFile.Content {
    /// Whether one could be the other resized: rounding a side to whole pixels changes the proportions a little.
    func hasProportions(of other: IndexedFile.Content) -> Bool {
        let (a, b) = (Double(width) / Double(height), Double(other.width) / Double(other.height))
        let coarsest = Double(min(width, height, other.width, other.height))
        return abs(a - b) <= max(a, b) * max(0.01, 1 / max(1, coarsest))
    }
}

extension DuplicateThresholds {
    /// Shares of the distance that unrelated images typically have, which differs from model to model by a factor of ten.
    ///
    /// Measured on 24 photographs with a transformer that was not tuned on human judgments: JPEG of quality 50 and 85,
    /// WebP and half the size stay below 0.003 of it, a brighter copy below 0.01, a crop by 6 % below 0.08, a mirrored
    /// copy at about 0.05 to 0.12; the least distance between different photographs is 0.35.
    private static let shares = (reencoded: 0.02, near: 0.1, scene: 0.3)

    /// Thresholds for images like those that are typically so far apart.
    /// - Parameter typical: the median distance between unrelated images, from 0 to 2.
    package init(typical: Double) {
        let typical = typical.isFinite ? min(max(typical, 0), 2) : 0
        reencoded = Self.shares.reencoded * typical
        near = Self.shares.near * typical
        scene = Self.shares.scene * typical
    }

    /// Thresholds of which some are chosen: the others are those of a typical distance, as far as the order of the tiers
    /// lets them.
    /// - Throws: `DreamSimError` with `.badRequest` when the chosen ones are not in the tiers' order.
    package init(typical: Double, reencoded: Double?, near: Double?, scene: Double?) throws {
        let standard = DuplicateThresholds(typical: typical)
        let middle = near ?? min(max(standard.near, reencoded ?? 0), scene ?? 2)
        try self.init(
            reencoded: reencoded ?? min(standard.reencoded, middle), near: middle,
            scene: scene ?? max(standard.scene, middle))
    }
}

extension DuplicateThresholds: CustomStringConvertible {
    /// Such as `re-encoded up to 0.0120, near up to 0.0600, scene up to 0.1800`.
    package var description: String {
        [(DuplicateTier.reencoded, reencoded), (.near, near), (.scene, scene)].map {
            "\($0.0.rawValue) up to \(String(format: "%.4f", $0.1))"
        }.joined(separator: ", ")
    }
}
