import CDreamSim
import DreamSimC
import Foundation
import TestSupport
import Testing

/// No argument of a caller's ends the process: each is an error that says what to do.
@Suite("The C interface: arguments")
struct ArgumentTests {
    @Test("What is NULL, or no handle, is an error of every function")
    func nothing() {
        typealias Call = (UnsafeMutablePointer<dreamsim1_error>?) -> Int32
        let calls: [(String, Call)] = [
            ("load", { dreamsim1_load(nil, nil, nil, nil, $0) }),
            ("describe", { dreamsim1_describe(.max, nil, $0) }),
            ("release", { dreamsim1_release(.max, $0) }),
            ("values", { dreamsim1_values(.max, nil, 1, nil, 1, nil, nil, nil, $0) }),
            ("embed", { dreamsim1_embed(.max, nil, 1, nil, 0, nil, nil, $0) }),
            ("preprocess", { dreamsim1_preprocess(.max, nil, nil, $0) }),
            ("values and gradients", { dreamsim1_values_and_gradients(.max, nil, nil, nil, nil, nil, $0) }),
            ("embed tensor", { dreamsim1_embed_tensor(.max, nil, nil, 0, nil, $0) }),
            ("backward", { dreamsim1_backward(.max, nil, 0, nil, $0) }),
            ("recording release", { dreamsim1_recording_release(.max, $0) }),
            ("map", { dreamsim1_map(.max, nil, nil, nil, nil, nil, nil, $0) }),
            ("decode", { dreamsim1_decode(nil, nil, nil, nil, $0) }),
            ("find", { dreamsim1_find(nil, 1, nil, nil, nil, nil, $0) }),
            ("evaluate", { dreamsim1_evaluate(nil, 1, nil, nil, nil, nil, nil, $0) }),
            ("list", { dreamsim1_list(nil, nil, $0) }),
            ("pull", { dreamsim1_pull(nil, nil, nil, $0) }),
            ("verify", { dreamsim1_verify(nil, nil, nil, $0) }),
            ("index open", { dreamsim1_index_open(nil, nil, nil, nil, nil, $0) }),
            ("index release", { dreamsim1_index_release(.max, $0) }),
            ("index describe", { dreamsim1_index_describe(.max, nil, $0) }),
            ("index update", { dreamsim1_index_update(.max, nil, 0, nil, nil, nil, $0) }),
            ("index search", { dreamsim1_index_search(.max, nil, nil, nil, $0) }),
            ("index duplicates", { dreamsim1_index_duplicates(.max, nil, nil, nil, $0) }),
        ]
        for (name, function) in calls {
            let error = #expect(throws: CallError.self, "\(name)") { try call { function($0) } }
            #expect(error?.code == Int(DREAMSIM1_ARGUMENT.rawValue), "\(name): \(error?.message ?? "")")
            #expect(error?.message.contains(": ") == true, "\(name)")
            // Also for who does not want to know.
            #expect(function(nil) == DREAMSIM1_ARGUMENT.rawValue, "\(name)")
        }
    }

    @Test(
        "Options are a JSON object of known keys",
        arguments: [
            ("[1]", "JSON object"), ("{", "JSON object"), (#"{"shade": 1}"#, "'shade'"),
            (#"{"side": "big"}"#, "'side'"),
            (#"{"side": 1.5}"#, "'side'"), (#"{"precision": "float8"}"#, "float32, int16, int8"),
            (#"{"weights": "/does/not/exist"}"#, "no folder"),
            (#"{"feature": "cls"}"#, "'feature': is for models, and l1 is none"),
            (#"{"adapter": "none"}"#, "'adapter': is for models"), (#"{"head": "none"}"#, "'head': is for models"),
            (#"{"side": 100}"#, "'side': is for models"), (#"{"fit": "pad"}"#, "'fit': is for models"),
            (#"{"normalize": false}"#, "'normalize': is for models"),
            (#"{"precision": "int16"}"#, "'precision': is for models, LPIPS and DISTS, and l1 is none"),
        ])
    func options(text: String, words: String) {
        let error = #expect(throws: CallError.self) { try withMetric("l1", options: text) { _ in } }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.code == Int(DREAMSIM1_ARGUMENT.rawValue))
    }

    @Test("A sum of metrics takes no option that none of them has, and none of one model alone")
    func optionsOfSums() throws {
        for (name, text, words) in [
            ("l1 + 0.5*mse", #"{"fit": "crop"}"#, "'fit': is for models, and l1, mse are none"),
            ("l1 + 0.5*mse", #"{"side": 224}"#, "'side': is for models, and l1, mse are none"),
            ("l1 + lite", #"{"feature": "cls"}"#, "'feature': is for a model alone"),
            ("lite", #"{"normalize": false}"#, "'normalize': changes nothing of lite"),
        ] {
            let error = #expect(throws: CallError.self) { try withMetric(name, options: text) { _ in } }
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            #expect(error?.code == Int(DREAMSIM1_ARGUMENT.rawValue))
        }
    }

    @Test("Tensors have images of one pixel at least, and a size that can be")
    func shapes() throws {
        try withMetric("l1") { metric in
            var (value, memory) = (0.0, [Float](repeating: 0, count: 3))
            func measure(_ images: Int64, _ height: Int64, _ width: Int64, _ otherWidth: Int64) throws {
                try memory.withUnsafeMutableBufferPointer { memory in
                    // With strides of 0, as broadcast arrays have them.
                    var x = dreamsim1_tensor()
                    (x.data, x.images, x.height, x.width) = (memory.baseAddress, images, height, width)
                    var y = x
                    y.width = otherWidth
                    try call { dreamsim1_values_and_gradients(metric, &x, &y, &value, nil, nil, $0) }
                }
            }
            try measure(1, 1, 1, 1)
            for (images, height, width, other) in [
                (0, 1, 1, 1), (1, -1, 1, 1), (1, 1, 1, 2), (1 << 40, 1 << 40, 1 << 40, 1 << 40),
                (1000, 1000, 1000, 1000), (.max, 1, 1, 1),
            ] as [(Int64, Int64, Int64, Int64)] {
                let error = #expect(throws: CallError.self) { try measure(images, height, width, other) }
                #expect(error?.code == Int(DREAMSIM1_ARGUMENT.rawValue))
            }
        }
    }

    @Test("What a metric cannot do is said")
    func unable() throws {
        try withMetric("ssim") { metric in
            var rows = [Float](repeating: 0, count: 8)
            var image = dreamsim1_image()
            let error = #expect(throws: CallError.self) {
                try call { dreamsim1_embed(metric, &image, 1, &rows, 8, nil, nil, $0) }
            }
            #expect(error?.code == Int(DREAMSIM1_UNSUPPORTED.rawValue))
            #expect(error?.message.contains("load a model") == true)
        }
    }

    @Test("A handle that others use while it is released lives until they are done, and is no handle then")
    func release() throws {
        for _ in 0..<20 {
            var metric: dreamsim1_metric = 0
            try call { dreamsim1_load("l1", nil, nil, &metric, $0) }
            let handle = metric
            DispatchQueue.concurrentPerform(iterations: 8) { index in
                var text: UnsafeMutablePointer<CChar>?
                if index == 3 { dreamsim1_release(handle, nil) } else { dreamsim1_describe(handle, &text, nil) }
                dreamsim1_free(text)
            }
            #expect(dreamsim1_release(handle, nil) == DREAMSIM1_ARGUMENT.rawValue)
        }
    }
}
