import DreamSimCodecs
import DreamSimDrawing
import DreamSimImages
import Foundation
import TestSupport
import Testing

@Suite("Color maps, fields and overlays")
struct MapTests {
    @Test(
        "Maps begin, end and have their middle where matplotlib's do",
        arguments: [
            (ColorMap.viridis, RGB(0x440154), RGB(0x21918C), RGB(0xFDE725)),
            (.magma, RGB(0x000004), RGB(0xB73779), RGB(0xFCFDBF)),
            (.inferno, RGB(0x000004), RGB(0xBC3754), RGB(0xFCFFA4)),
            (.gray, RGB(0x000000), RGB(0x808080), RGB(0xFFFFFF)),
        ])
    func anchors(map: ColorMap, first: RGB, middle: RGB, last: RGB) {
        #expect(map.color(at: 0) == first && map.color(at: -3) == first && map.color(at: .nan) == first)
        #expect(map.color(at: 1) == last && map.color(at: .infinity) == last)
        let found = map.color(at: 0.5)
        for (a, b) in [(found.red, middle.red), (found.green, middle.green), (found.blue, middle.blue)] {
            #expect(abs(Int(a) - Int(b)) <= 2, "\(found)")
        }
    }

    @Test("Lightness rises all the way", arguments: ColorMap.allCases)
    func lightness(map: ColorMap) {
        func lightness(_ color: RGB) -> Double {
            func linear(_ byte: UInt8) -> Double {
                let v = Double(byte) / 255
                return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4)
            }
            let y = 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)
            return y > 0.008856 ? 116 * cbrt(y) - 16 : 903.3 * y
        }
        let values = (0...32).map { lightness(map.color(at: Double($0) / 32)) }
        for (a, b) in zip(values, values.dropFirst()) { #expect(b > a, "\(values)") }
        #expect(values[32] - values[0] > 70)
    }

    @Test("Enlarging interpolates between the centers, as worked out by hand")
    func bilinear() {
        let row = ScalarField(width: 2, height: 1, values: [0, 1])
        #expect(row.resized(width: 4, height: 1).values == [0, 0.25, 0.75, 1])
        let column = ScalarField(width: 1, height: 3, values: [0, 3, 6])
        #expect(column.resized(width: 1, height: 6).values == [0, 0.75, 2.25, 3.75, 5.25, 6])
        let square = ScalarField(width: 2, height: 2, values: [0, 1, 2, 3]).resized(width: 4, height: 4)
        #expect(square[1, 1] == 0.75 && square[2, 1] == 1.25 && square[0, 3] == 2 && square[3, 3] == 3)
        #expect(square.resized(width: 4, height: 4) == square)
    }

    @Test("Averages weigh what a cell covers")
    func averages() {
        let field = ScalarField(width: 3, height: 1, values: [0, 3, 9])
        #expect(field.averaged(columns: 1, rows: 1).values == [4])
        // Each cell covers one and a half values: (0 + 3 / 2) / 1.5 and (3 / 2 + 9) / 1.5.
        #expect(field.averaged(columns: 2, rows: 1).values == [1, 7])
        // More cells than values.
        #expect(
            ScalarField(width: 1, height: 1, values: [5]).averaged(columns: 3, rows: 2).values == [5, 5, 5, 5, 5, 5])
    }

    @Test(
        "Ticks are round numbers, written with just the decimals they need",
        arguments: [
            (0.0, 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]), (0, 0.037, ["0.00", "0.01", "0.02", "0.03"]),
            (0, 1200, ["0", "500", "1000"]), (-1, 1, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]), (1, 1, []),
            (0, .infinity, []),
        ] as [(Double, Double, [String])])
    func ticks(low: Double, high: Double, labels: [String]) {
        #expect(Ticks.round(from: low, to: high, about: 5).map(\.label) == labels)
    }

    @Test("Opacity 1 shows the colors, 0 the gray image, and a half their mean")
    func overlay() {
        let image = Image(width: 2, height: 1, pixels: [255, 0, 0, 10, 10, 10])
        let field = ScalarField(width: 2, height: 1, values: [0, 2])
        let scale = ColorScale(.gray, to: 2)
        #expect(image.overlaid(with: field, scale: scale, opacity: 0).pixels == [76, 76, 76, 10, 10, 10])
        #expect(image.overlaid(with: field, scale: scale, opacity: 1).pixels == [0, 0, 0, 255, 255, 255])
        #expect(image.overlaid(with: field, scale: scale, opacity: 0.5).pixels == [38, 38, 38, 133, 133, 133])
    }

    @Test("A scale without a range is widened, and odd values have colors", arguments: [0, -1, .nan, .infinity])
    func degenerate(high: Double) {
        let scale = ColorScale(.inferno, to: high)
        #expect(scale.low == 0 && scale.high == 1)
        let image = scale.image(of: ScalarField(width: 4, height: 1, values: [.nan, .infinity, -.infinity, 0]))
        #expect(image[0, 0] == RGB(0x000004) && image[1, 0] == RGB(0xFCFFA4) && image[2, 0] == RGB(0x000004))
    }

    @Test("16-bit gray keeps the order and the ends of the values")
    func gray16() throws {
        let field = ScalarField(width: 4, height: 1, values: [0, 0.5, 1, .nan])
        let bytes = try field.png16Data(from: 0, to: 1)
        // Bit depth 16 and color type gray stand at bytes 24 and 25 of a PNG.
        #expect(bytes[24] == 16 && bytes[25] == 0)
        let image = try Image(decoding: bytes, name: "map.png")
        #expect((0..<4).map { image[$0, 0].red } == [0, 128, 255, 0])
    }

    @Test(
        "Sheets hold landscape, portrait, tiny and extreme images",
        arguments: [(60, 40), (40, 60), (1, 1), (3, 2000), (2000, 3)])
    func sheets(width: Int, height: Int) throws {
        let image = Image(width: width, height: height, filledWith: RGB(0x336699))
        let field = ScalarField(width: 2, height: 2, values: [0, 1, 2, 3])
        let sheet = HeatmapSheet(
            title: "Where do they differ?", subtitle: "a line",
            panels: [.init(image: image, title: "a"), .init(image: image, field: field, title: "b", line: "c")],
            scale: ColorScale(.inferno, to: 3, caption: "difference"), footer: "a note")
        let drawn = sheet.rendered()
        #expect(drawn.width >= 384 && drawn.height > 200)
        try DrawingTests.show(drawn, "heatmap\(width)x\(height).png")
    }

    @Test("A field that is not whole is refused when it is read")
    func decoding() throws {
        let good = #"{"width": 2, "height": 1, "values": [1, 2]}"#
        #expect(try JSONDecoder().decode(ScalarField.self, from: Data(good.utf8)).values == [1, 2])
        for bad in [
            #"{"width": 2, "height": 2, "values": [1, 2]}"#, #"{"width": 0, "height": 0, "values": []}"#,
            #"{"width": 4611686018427387904, "height": 4, "values": []}"#,
        ] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(ScalarField.self, from: Data(bad.utf8)) }
        }
    }
}
