import DreamSimCheckpoints
import DreamSimTensors
import Foundation
import TestSupport
import Testing

extension String {
    /// One byte for each character up to U+00FF.
    var latin1: [UInt8] { unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
}

@Suite("Hostile pickles", .timeLimit(.minutes(5)))
struct PickleHostileTests {
    @Test("a hostile pickle is refused with its own reason", arguments: HostilePickle.all)
    func refused(_ hostile: HostilePickle) throws {
        let error = try failure(of: torchZip(hostile.pickle, storages: ["0": floatBytes([1, 2, 3, 4])]))
        #expect(error.kind == hostile.kind, "\(error)")
        #expect(error.reason.contains(hostile.reason), "\(error)")
    }

    static let names = [
        ("os", "system"), ("posix", "system"), ("nt", "system"), ("builtins", "eval"), ("builtins", "exec"),
        ("builtins", "getattr"), ("__builtin__", "eval"), ("subprocess", "Popen"), ("torch", "load"),
        ("torch", "Tensor"),
        ("torch.storage", "_load_from_bytes"), ("torch.hub", "load"), ("torch._utils", "_rebuild_tensor_v3"),
        ("torch.jit", "load"), ("numpy", "load"), ("numpy.core.multiarray", "fromfile"), ("runpy", "run_path"),
        ("collections", "namedtuple"), ("_codecs", "decode"), ("operator", "attrgetter"), ("pickle", "loads"),
        ("torch", "QInt8Storage"), ("argparse", "ArgumentParser"), ("functools", "partial"), ("", ""),
    ]

    @Test("every name outside the list is refused by that name, in every way to spell it", arguments: names)
    func globals(module: String, name: String) throws {
        let ways: [[UInt8]] = [
            // GLOBAL, and the call that would follow.
            PickleAssembler.make {
                $0.global(module, name)
                $0.string("echo x")
                $0.raw([0x85])
                $0.raw("R")
            },
            // STACK_GLOBAL with both names out of the memo.
            PickleAssembler.make {
                $0.string(module)
                $0.put(0)
                $0.string(name)
                $0.put(1)
                $0.raw("00")
                $0.get(0)
                $0.get(1)
                $0.raw([0x93])
            },
            // STACK_GLOBAL with short strings, memoised.
            PickleAssembler.make {
                $0.raw([0x8C, UInt8(module.utf8.count)] + Array(module.utf8) + [0x94])
                $0.raw([0x8C, UInt8(name.utf8.count)] + Array(name.utf8) + [0x94, 0x93])
            },
        ]
        for pickle in ways {
            for file in [torchZip(pickle), pickle] {
                let error = try failure(of: file)
                #expect(error.kind == .refused)
                #expect(error.key == "\(module).\(name)")
                #expect(error.reason.contains("'\(module).\(name)'"))
                #expect(error.offset != nil)
            }
        }
    }

    @Test("tied weights are read, but a storage cannot be multiplied by names and repeating views")
    func multiplication() throws {
        func file(names: Int, shape: [Int], strides: [Int]) -> [UInt8] {
            let pickle = PickleAssembler.make {
                $0.raw("]")
                $0.tensor(count: 4, shape: shape, strides: strides)
                $0.put(0)
                $0.raw("a")
                for _ in 1..<names {
                    $0.get(0)
                    $0.raw("a")
                }
            }
            return torchZip(pickle, storages: ["0": floatBytes([1, 2, 3, 4])])
        }
        let tied = try open(file(names: 3, shape: [2, 2], strides: [2, 1]))
        #expect(tied.names == ["0", "1", "2"])
        #expect(try tied.tensor("2").values == [1, 2, 3, 4])
        #expect(try open(file(names: 1, shape: [1 << 24], strides: [0])).tensor("0").values.last == 1)
        #expect(try failure(of: file(names: 2, shape: [1 << 24], strides: [0])).kind == .limitExceeded)
        #expect(try failure(of: file(names: 100_000, shape: [1000], strides: [0])).kind == .limitExceeded)
    }

    @Test("caps can be lowered")
    func caps() throws {
        let pickle = PickleAssembler.make { $0.raw("}") }
        var limits = Checkpoint.Limits.standard
        limits.pickleBytes = 3
        #expect(try failure(of: torchZip(pickle), limits: limits).kind == .limitExceeded)
        #expect(try failure(of: pickle, limits: limits).kind == .limitExceeded)
        limits = .standard
        limits.opcodes = 2
        #expect(try failure(of: torchZip(pickle), limits: limits).kind == .limitExceeded)
    }

    @Test("a pickle of more than 64 MiB is refused")
    func pickleSize() throws {
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: (64 << 20) + 1)
        let pickle = PickleAssembler.make {
            $0.raw("}")
            $0.string("k")
            $0.raw([0x58] + UInt32(text.count).littleEndianBytes + text)
            $0.raw("s")
        }
        #expect(try failure(of: torchZip(pickle)).kind == .limitExceeded)
        #expect(try failure(of: pickle).kind == .limitExceeded)
    }
}
