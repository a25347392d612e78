public import DreamSim
public import Foundation
public import Imaging

public struct HTMLReport {
    public init(_ report: EvaluationReport, decoding: DecodingOptions) {}
    public func write(to url: URL) throws {}
}
