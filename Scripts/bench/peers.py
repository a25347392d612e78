"""Time embedding with the ensemble: ours, the Python reference, ONNX Runtime and OpenVINO, in turn in one run.

    python peers.py DREAMSIM WEIGHTS [--batch 1 8] [--threads 2] [--runs 5] [--peak PEAK] [--json FILE]
    python peers.py DREAMSIM WEIGHTS --once NAME [--batch 8]

WEIGHTS: an ensemble of ../parity/synthetic_release.py. The reference runs as shipped (PyTorch, eager, LoRA apart); ONNX Runtime
and OpenVINO run its three transformers exported with LoRA merged. All in float32, on batches of noise, without preprocessing.
Ours is the process `dreamsim bench --seconds-per-image`, which warms up by itself; each peer warms up once a batch.
PEAK is the program of Benchmarks/ that measures the floating-point peak; it runs in turn with the others. Prints the median
seconds an image of each, the median ratio to ours of the runs in turn, and our share of the peak. With --once one peer embeds one
batch and nothing is timed: for memory.py.
Needs: what ../parity/reference_pair.py needs, and onnx onnxruntime openvino.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "parity"))

import numpy as np
import onnxruntime
import openvino
import torch
from reference_pair import from_package


# What an image needs of the three transformers when of the last block only the class token is computed, in GFLOP.
GFLOP = 3 * 32.3


class Backbone(torch.nn.Module):
    """One transformer of the ensemble with its standardization: an image in [0, 1] to its feature."""

    def __init__(self, model, index):
        super().__init__()
        kind, extractor = model.model_list[index], model.extractor_list[index]
        self.network = extractor.model
        self.projection = torch.nn.Parameter(extractor.proj) if "clip" in kind else None
        for name, values in (("mean", model._get_mean(kind)), ("deviation", model._get_std(kind))):
            self.register_buffer(name, torch.tensor(values)[:, None, None])

    def forward(self, images):
        images = (images - self.mean) / self.deviation
        if self.projection is not None:
            return self.network(images) @ self.projection
        tokens = self.network.prepare_tokens(images)
        for block in self.network.blocks:
            tokens = block(tokens)
        return tokens[:, 0]


def reference(weights):
    from dreamsim import dreamsim
    torch.hub.load = from_package(weights)
    return dreamsim(pretrained=True, device="cpu", cache_dir=weights)[0]


def exported(weights):
    """The three transformers with LoRA merged, as ONNX files beside the weights."""
    paths = [Path(weights) / f"merged{i}.onnx" for i in range(3)]
    if not all(p.exists() for p in paths):
        merged = reference(weights).merge_and_unload()
        for i, path in enumerate(paths):
            torch.onnx.export(Backbone(merged, i).eval(), (torch.rand(1, 3, 224, 224),), str(path), input_names=["image"],
                              output_names=["feature"], dynamic_axes={"image": {0: "n"}}, opset_version=17, dynamo=False)
    return [str(p) for p in paths]


def onnx_runtime(paths, array, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    sessions = [onnxruntime.InferenceSession(p, options, providers=["CPUExecutionProvider"]) for p in paths]
    return lambda: [s.run(None, {"image": array}) for s in sessions]


def open_vino(paths, array, threads):
    core = openvino.Core()
    networks = []
    for path in paths:
        network = core.read_model(path)
        network.reshape(list(array.shape))
        networks.append(core.compile_model(network, "CPU", {
            "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}))
    return lambda: [n([array]) for n in networks]


def once(weights, name, batch):
    images = torch.rand(batch, 3, 224, 224)
    if name == "reference":
        reference(weights).embed(images)
    else:
        way = {"ONNX Runtime": onnx_runtime, "OpenVINO": open_vino}[name]
        way(exported(weights), images.numpy(), os.cpu_count())()


def ours(options, batch, threads):
    command = [options.dreamsim, "bench", "--weights", options.weights, "--batch-size", str(batch), "--threads", str(threads),
               "--runs", "1", "--seconds-per-image", "--offline", "--quiet"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dreamsim")
    parser.add_argument("weights")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 2, 8, 32])
    parser.add_argument("--threads", type=int, nargs="+", default=[os.cpu_count(), 1])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peak")
    parser.add_argument("--once")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    if options.once:
        return once(options.weights, options.once, options.batch[0])
    print(", ".join(f"{p} {version(p)}" for p in ("dreamsim", "torch", "onnxruntime", "openvino", "numpy")), flush=True)
    model, paths, results = reference(options.weights), exported(options.weights), []
    print(f"{'threads':>7} {'batch':>5} {'':14} {'s/image':>8} {'ratio to ours':>14}")
    for threads in options.threads:
        torch.set_num_threads(threads)
        for batch in options.batch:
            images = torch.rand(batch, 3, 224, 224)
            ways = {"reference": lambda: model.embed(images),
                    "ONNX Runtime": onnx_runtime(paths, images.numpy(), threads),
                    "OpenVINO": open_vino(paths, images.numpy(), threads)}
            peaks = []
            times = {name: [] for name in ("ours", *ways)}
            for run in ways.values():
                run()
            for _ in range(options.runs):
                if options.peak:
                    peaks.append(float(subprocess.run([options.peak, str(threads)], check=True, capture_output=True).stdout))
                times["ours"].append(ours(options, batch, threads))
                for name, run in ways.items():
                    start = time.perf_counter()
                    run()
                    times[name].append((time.perf_counter() - start) / batch)
            for name, values in times.items():
                ratio = statistics.median(v / o for v, o in zip(values, times["ours"]))
                print(f"{threads:7} {batch:5} {name:14} {statistics.median(values):8.4f} {ratio:14.2f}", flush=True)
                results.append({"threads": threads, "batch": batch, "name": name, "seconds": values, "ratio": ratio})
            if peaks:
                share = statistics.median(GFLOP / t / p for t, p in zip(times["ours"], peaks))
                print(f"{threads:7} {batch:5} {'peak':14} {statistics.median(peaks):8.1f} GFLOP/s, of which ours {share:.1%}",
                      flush=True)
                results[-len(times)] |= {"peak": statistics.median(peaks), "share": share}
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
