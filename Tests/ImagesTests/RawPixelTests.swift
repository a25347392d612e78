import DreamSimImages
import Testing

struct RawPixelTests {
    @Test("Rows may have gaps, and blue may come first")
    func strides() {
        let bytes: [UInt8] = [3, 2, 1, 9, 0, 0, 6, 5, 4, 9]
        let image = Image(bytes: bytes, width: 1, height: 2, bytesPerRow: 6, layout: .bgra(.ignored))
        #expect(image.pixels == [1, 2, 3, 4, 5, 6])
    }

    @Test("Straight and premultiplied colors of one image are the same over a background")
    func alpha() {
        let straight = Image(bytes: [200, 100, 0, 51], width: 1, height: 1, layout: .rgba(.straight))
        let multiplied = Image(bytes: [40, 20, 0, 51], width: 1, height: 1, layout: .rgba(.premultiplied))
        #expect(straight.pixels == [244, 224, 204])
        #expect(multiplied == straight)
    }

    @Test("One gray channel becomes three")
    func gray() {
        #expect(Image(bytes: [7, 8], width: 2, height: 1, layout: .gray).pixels == [7, 7, 7, 8, 8, 8])
    }
}
