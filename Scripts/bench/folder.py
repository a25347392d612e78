"""Embed a folder of photographs of one megapixel, and compare the rate with that of the model alone.

    python folder.py DREAMSIM WEIGHTS [--model ensemble] [--images 48] [--runs 3] [--threads 2]

The photographs are made from Samples/: enlarged to 1152 x 864, with noise, as JPEG of quality 90, each different. In turn: the model
alone (`dreamsim bench`, batch 8), and the whole folder (`dreamsim embed`), less the start of the program, which is timed on one
image. Prints the medians and the folder's share of the model's rate.
Needs: numpy pillow.
"""
import argparse
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image


def photographs(folder, count):
    samples = sorted((Path(__file__).parents[2] / "Samples").glob("*.jpg"))
    random = np.random.default_rng(1)
    for index in range(count):
        image = Image.open(samples[index % len(samples)]).convert("RGB").resize((1152, 864), Image.BICUBIC)
        noisy = np.asarray(image, np.float32) + random.normal(0, 6, (864, 1152, 3))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / f"{index:05}.jpg", quality=90)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dreamsim")
    parser.add_argument("weights")
    parser.add_argument("--model", default="ensemble")
    parser.add_argument("--images", type=int, default=48)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    common = ["--model", options.model, "--weights", options.weights, "--offline", "--quiet", "--threads", str(options.threads)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photographs(folder, options.images)
        size = sum(p.stat().st_size for p in folder.iterdir()) / options.images

        def embed(what):
            start = time.perf_counter()
            subprocess.run([options.dreamsim, "embed", what, "-o", folder / "out.npy", *common], check=True)
            return time.perf_counter() - start

        alone, whole = [], []
        for _ in range(options.runs):
            command = [options.dreamsim, "bench", "--batch-size", "8", "--runs", "3", "--seconds-per-image", *common]
            alone.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
            start = embed(folder / "00000.jpg") - alone[-1]
            whole.append((embed(folder) - start) / options.images)
        share = statistics.median(a / w for a, w in zip(alone, whole))
        print(f"{options.model}, {options.images} JPEGs of 1152x864 ({size / 1000:.0f} kB): model alone {statistics.median(alone):.4f} s "
              f"an image, folder {statistics.median(whole):.4f} s, share {share:.1%} ({options.runs} runs in turn)")


if __name__ == "__main__":
    main()
