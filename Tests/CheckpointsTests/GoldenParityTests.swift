import DreamSimCheckpoints
import DreamSimTensors
import TestSupport
import Testing

@Suite("Golden checkpoints")
struct GoldenParityTests {
    private func tiny(_ name: String) throws -> Checkpoint {
        try Checkpoint(contentsOf: Fixtures.file("tiny/" + name))
    }

    @Test(
        "every float32 variant of a torch file equals the safetensors file, bit for bit",
        arguments: ["dino.pth", "dino_legacy.pth", "dino_parameters.pth", "dino_strided.pth"])
    func float32Variants(name: String) throws {
        let golden = try tiny("dino.safetensors")
        let checkpoint = try tiny(name)
        #expect(checkpoint.format == (name == "dino_legacy.pth" ? .torchLegacy : .torchZip))
        #expect(Set(checkpoint.names) == Set(golden.names))
        for key in golden.names {
            let expected = try golden.tensor(key)
            let actual = try checkpoint.tensor(key)
            #expect(actual.shape == expected.shape, "\(key)")
            #expect(actual.values.map(\.bitPattern) == expected.values.map(\.bitPattern), "\(key)")
        }
    }

    /// The nearest bfloat16, ties to even, of a finite number.
    private static func roundedToUpperHalf(_ value: Float) -> Float {
        let bits = value.bitPattern
        return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
    }

    @Test("16-bit variants hold the float32 values rounded to nearest even", arguments: ["float16", "bfloat16"])
    func halfVariants(type: String) throws {
        let golden = try tiny("dino.safetensors")
        let checkpoint = try tiny("dino_\(type).pth")
        for key in golden.names {
            let expected = try golden.tensor(key).values.map { value in
                type == "float16"
                    ? ElementDecoder.float(half: HalfRounding.half(value))
                    : Self.roundedToUpperHalf(value)
            }
            #expect(checkpoint[key]?.elementType.rawValue == (type == "float16" ? "F16" : "BF16"))
            #expect(try checkpoint.tensor(key).values == expected, "\(key)")
        }
    }

    @Test("CLIP's nested torch file equals the safetensors file and keeps its scalars")
    func clip() throws {
        let golden = try tiny("clip.safetensors")
        let checkpoint = try tiny("clip.pth")
        #expect(Set(checkpoint.names) == Set(golden.names.map { "state_dict." + $0 }))
        for key in golden.names {
            #expect(try checkpoint.tensor("state_dict." + key) == golden.tensor(key), "\(key)")
        }
    }

    @Test("tensors that lie aligned in the file are read in place, without a copy")
    func zeroCopy() throws {
        for name in ["dino.safetensors", "dino.pth", "dinov2.safetensors"] {
            let checkpoint = try tiny(name)
            #expect(checkpoint.names.allSatisfy { checkpoint[$0]?.isZeroCopy == true }, "\(name)")
        }
    }

    @Test("the metadata of a safetensors file can be read")
    func metadata() throws {
        let checkpoint = try tiny("outputs.safetensors")
        #expect(checkpoint.format == .safetensors)
        #expect(!checkpoint.metadata.isEmpty)
        #expect(try checkpoint.nonFiniteTensors() == [])
    }

    @Test("binary16 agrees with the hardware for all 65,536 patterns, both ways")
    func allHalves() {
        for bits in UInt16.min...UInt16.max {
            let value = ElementDecoder.float(half: bits)
            #if !(os(macOS) && arch(x86_64))
                let expected = Float(Float16(bitPattern: bits))
                #expect(value.isNaN ? expected.isNaN : value == expected && value.sign == expected.sign)
            #endif
            if !value.isNaN { #expect(HalfRounding.half(value) == bits) }
        }
    }

    @Test("rounding to binary16 agrees with the hardware between the representable values")
    func halfRounding() {
        #if !(os(macOS) && arch(x86_64))
            var state: UInt32 = 1
            for _ in 0..<200_000 {
                state = state &* 1_664_525 &+ 1_013_904_223
                // Exponents from 2^-30 to 2^18, so that subnormals, ties and overflow are all met.
                let bits = (state & 0x807F_FFFF) | (97 + (state >> 8) % 48) << 23
                let value = Float(bitPattern: bits & ~(state % 3 == 0 ? 0xFFF : 0))
                #expect(HalfRounding.half(value) == Float16(value).bitPattern)
            }
            #expect(HalfRounding.half(65519.996) == 0x7BFF)
            #expect(HalfRounding.half(65520) == 0x7C00)
            #expect(HalfRounding.half(-.infinity) == 0xFC00)
            #expect(ElementDecoder.float(half: HalfRounding.half(.nan)).isNaN)
        #endif
    }
}
