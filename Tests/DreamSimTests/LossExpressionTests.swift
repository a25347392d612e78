import DreamSim
import Testing

@Suite("Expressions of losses")
struct LossExpressionTests {
    private static let sums: [String: [LossExpression.Term]] = [
        "mse": [term(1, "mse")],
        " lpips-vgg + 0.5*dists+10*mse": [term(1, "lpips-vgg"), term(0.5, "dists"), term(10, "mse")],
        "1e+3*mse": [term(1000, "mse")],
        "2.5E+2*mse+1e-3*dists": [term(250, "mse"), term(0.001, "dists")],
        "dists + 1e+1*mse": [term(1, "dists"), term(10, "mse")],
        "1e2*mse+lite": [term(100, "mse"), term(1, "lite")],
        // A name that ends in e is no number.
        "lite+mse": [term(1, "lite"), term(1, "mse")],
    ]

    private static func term(_ weight: Double, _ metric: String) -> LossExpression.Term {
        LossExpression.Term(weight: weight, metric: metric)
    }

    @Test("Terms are split at signs of addition, not at those of exponents", arguments: sums.keys.sorted())
    func parsing(text: String) throws {
        let found = try LossExpression(parsing: text)
        #expect(found == LossExpression(try #require(Self.sums[text])))
        #expect(try LossExpression(parsing: "\(found)") == found)
    }

    @Test(
        "What is no sum of metrics is refused",
        arguments: ["", "+", "mse+", "mse++lite", "1e+*mse", "0*mse", "-1*mse", "inf*mse", "a*b*c", "mse+mse"])
    func refused(text: String) {
        let error = #expect(throws: DreamSimError.self) { try LossExpression(parsing: text) }
        #expect(error?.kind == .badSetting)
    }
}
