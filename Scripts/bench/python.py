#!/usr/bin/env python3
"""Times the Python package beside the command: embedding a folder of images, in turn, and many small calls.

    make build library
    Scripts/bench/python.py FOLDER --runs 5 --model lite

Of the command, the time of a run with one image is subtracted from that of all: what is left is reading and embedding, as in
the Python process, which has loaded the model. Of small calls, what numpy and ctypes add to the library's own time.
"""
import argparse
import ctypes
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Python"))
os.environ.setdefault("DREAMSIM_LIBRARY", str(ROOT / ".build/library/libdreamsim.so"))


def seconds(body) -> float:
    start = time.perf_counter()
    body()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--model", default="lite")
    arguments = parser.parse_args()
    import numpy as np

    import dreamsim_native as ds
    from dreamsim_native import _abi, _images

    program = ROOT / ".build/release/dreamsim"
    images = [str(path) for path in ds.find_images([arguments.folder])]

    def command(some: list[str]):
        subprocess.run([program, "embed", "-q", "--model", arguments.model, "-o", "/dev/shm/dreamsim-bench.npy", *some],
                       check=True)

    model = ds.load(arguments.model)
    model.embed(images[:9])
    ours, theirs = [], []
    for _ in range(arguments.runs):
        theirs.append((seconds(lambda: command(images)) - seconds(lambda: command(images[:1]))) / (len(images) - 1))
        ours.append(seconds(lambda: model.embed(images)) / len(images))
    ratios = [a / b for a, b in zip(ours, theirs)]
    print(f"an image of {len(images)}, ms: Python {1000 * statistics.median(ours):.1f}, "
          f"command {1000 * statistics.median(theirs):.1f}; ratios {min(ratios):.3f} to {max(ratios):.3f}, "
          f"median {statistics.median(ratios):.3f}")

    metric, pixels, rounds = ds.load("l1"), np.zeros((8, 8, 3), np.uint8), 2000
    batch, value = _images.Batch([pixels], False, False), ctypes.c_double()
    whole, bare = [], []
    for _ in range(arguments.runs):
        whole.append(seconds(lambda: [metric.distance(pixels, pixels) for _ in range(rounds)]) / rounds)
        bare.append(seconds(lambda: [_abi.call("values", metric._handle, batch.structures, 1, batch.structures, 1,
                                               ctypes.byref(value), None, None) for _ in range(rounds)]) / rounds)
    print(f"a small call, microseconds: {1e6 * statistics.median(whole):.1f}, of which the library's own "
          f"{1e6 * statistics.median(bare):.1f}")


if __name__ == "__main__":
    main()
