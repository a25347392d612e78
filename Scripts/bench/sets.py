"""Scores of two sets of embeddings: ours beside pytorch-fid and prdc, on the same synthetic vectors, in turn in one run.

    python sets.py DREAMSIM [--rows 50000] [--width 1792] [--threads 2] [--folder DIR] [--skip-peers]

Writes two .npy files of float32 vectors with a spectrum that falls as that of real embeddings does. Each program runs in a process of its
own, whose seconds and peak of resident memory are taken. pytorch-fid: numpy's mean and covariance and its
calculate_frechet_distance; prdc: compute_prdc, k = 5, whose matrices of distances take tens of bytes for each pair of rows, so that it gets
--prdc-rows (10,000) rows of each set, and ours the same rows once more. Checks that values agree.
Needs: numpy scipy prdc pytorch-fid (without torch, which its function does not need).
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def vectors(folder, rows, width):
    import numpy as np

    for name, seed, scale, shift in [("real", 1, 1.0, 0.0), ("generated", 2, 0.95, 0.01)]:
        path = folder / f"{name}-{rows}-{width}.npy"
        if not path.exists():
            random = np.random.default_rng(seed)
            mix = np.linalg.qr(np.random.default_rng(0).normal(size=(width, width)))[0].astype(np.float32)
            deviations = (scale * np.arange(1, width + 1) ** -0.5).astype(np.float32)
            found = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, width))
            for first in range(0, rows, 5000):
                count = min(5000, rows - first)
                found[first:first + count] = (random.normal(size=(count, width)).astype(np.float32) * deviations + shift) @ mix
            found.flush()
        yield path


def fid(real, generated):
    from unittest import mock

    import numpy as np

    for name in ["torch", "torch.nn", "torch.nn.functional", "torch.utils", "torch.utils.data", "torchvision", "torchvision.transforms",
                 "pytorch_fid.inception", "PIL"]:
        sys.modules.setdefault(name, mock.MagicMock(Dataset=object, Module=object))
    from pytorch_fid.fid_score import calculate_frechet_distance

    moments = []
    for path in (real, generated):
        rows = np.load(path, mmap_mode="r")
        moments += [np.mean(rows, axis=0, dtype=np.float64), np.cov(rows, rowvar=False)]
    return {"fd": float(calculate_frechet_distance(*moments))}


def prdc(real, generated, rows):
    import numpy as np
    from prdc import compute_prdc

    found = compute_prdc(np.load(real)[:rows], np.load(generated)[:rows], nearest_k=5)
    return {name: float(value) for name, value in found.items()}


def timed(name, command, environment):
    began = time.monotonic()
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    output = run.stdout.read()
    _, status, usage = os.wait4(run.pid, 0)
    seconds = time.monotonic() - began
    if status:
        sys.exit(f"{name}: failed with status {status}")
    answer = json.loads(output[output.index("{"):])
    values = {entry["score"]: entry["value"] for entry in answer["scores"]} if "scores" in answer else answer
    print(f"{name}: {seconds:.1f} s, {usage.ru_maxrss / 1024:.0f} MiB at its peak, "
          + ", ".join(f"{key} {value:.8g}" for key, value in values.items()), flush=True)
    return values


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dreamsim")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--width", type=int, default=1792)
    parser.add_argument("--prdc-rows", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--folder")
    parser.add_argument("--skip-peers", action="store_true")
    parser.add_argument("--peer", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        which, real, generated = options.peer
        print(json.dumps(fid(real, generated) if which == "fid" else prdc(real, generated, options.prdc_rows)))
        return
    folder = Path(options.folder or tempfile.mkdtemp())
    threads = str(options.threads)
    environment = os.environ | {name: threads for name in
                                ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "DREAMSIM_THREADS"]}
    print(f"load before: {os.getloadavg()}, peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    paths = list(vectors(folder, options.rows, options.width))

    def ours(scores, files):
        return timed(f"ours, {scores}", [options.dreamsim, "sets", "--embeddings", *map(str, files), "--score", scores, "--format", "json",
                                         "--quiet"], environment)

    def peer(which):
        return timed(which, [sys.executable, __file__, options.dreamsim, "--prdc-rows", str(options.prdc_rows), "--peer", which,
                             *map(str, paths)], environment)

    found = ours("fd", paths)
    if not options.skip_peers:
        expected = peer("fid")
        print(f"fd: relative difference {abs(found['fd'] / expected['fd'] - 1):.1e}")
    ours("precision,recall", paths)
    shares = "precision,recall,density,coverage"
    ours(shares, paths)
    if not options.skip_peers:
        import numpy as np

        few = []
        for path in paths:
            few.append(folder / f"few-{path.name}")
            np.save(few[-1], np.load(path, mmap_mode="r")[:options.prdc_rows])
        found, expected = ours(shares, few), peer("prdc")
        print("prdc: largest difference", max(abs(found[name] - expected[name]) for name in shares.split(",")))
    print(f"load after: {os.getloadavg()}")


main()
