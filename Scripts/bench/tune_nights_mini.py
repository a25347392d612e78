"""Tuning on a few judgments: `python tune_nights_mini.py DREAMSIM NIGHTS_MINI WORK [--seeds 5] [--methods lora lora-4 mlp]`.

For each seed 40 of the triplets of NIGHTS_MINI are drawn to tune vits14-focus on, the others are held back; triplets with the
same reference stay on one side. The seed is also that of training. Agreement with people (2AFC, a tie counting half) is
measured on the triplets held back, before and after, with embeddings as they are (--no-normalize).

The settings were fixed before the first run of each method, and nothing is chosen by the triplets held back. Low-rank updates:
the published ones (rank 16, alpha 32, dropout 0.2, margin 0.05, learning rate 3e-4), but batches of 8 and 4 epochs, 20 steps,
since a batch of 32 would make 8 epochs 16 steps. A head: the defaults (512 units, margin 0.05, learning rate 3e-4, 20 epochs),
but batches of 8, 100 steps. What there is after the last step is measured.
"""
import argparse
import csv
import random
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np

MODEL, LEARNT, BATCH = "vits14-focus", 40, 8
# How each is trained, and how what it leaves after the last step is used.
METHODS = {
    "lora": (["--epochs", "4"], ["--adapter", "adapter"]),
    "lora-4": (["--epochs", "4", "--layers", "4"], ["--adapter", "adapter"]),
    "mlp": (["--epochs", "20", "--method", "mlp"], ["--head", "head.safetensors"]),
}


def triplets(root):
    with open(root / "data.csv", newline="") as file:
        return [([str(root / row[name]) for name in ("ref_path", "left_path", "right_path")], float(row["right_vote"]))
                for row in csv.DictReader(file)]


def split(rows, seed):
    """Whole references at a time until there are LEARNT triplets; one that would go beyond is held back."""
    groups = {}
    for row in rows:
        groups.setdefault(row[0][0], []).append(row)
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    learnt, held = [], []
    for reference in order:
        group = groups[reference]
        (learnt if len(learnt) + len(group) <= LEARNT else held).extend(group)
    return learnt, held


def agreement(arguments, rows, *more):
    paths = [path for row in rows for path in row[0]]
    out = arguments.work / "embeddings.npy"
    subprocess.run([arguments.program, "embed", *paths, "--model", MODEL, "--no-normalize", "-o", str(out), "--quiet",
                    *more], check=True)
    vectors = np.load(out).astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    score = 0.0
    for index, (_, share) in enumerate(rows):
        reference, left, right = vectors[3 * index:3 * index + 3]
        d0, d1 = 1 - reference @ left, 1 - reference @ right
        score += 0.5 if d0 == d1 else share if d1 < d0 else 1 - share
    return score / len(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    rows = triplets(arguments.data.resolve())
    found = {name: [] for name in arguments.methods}
    print(f"{'method':8}{'seed':>6}{'held back':>11}{'before':>8}{'after':>8}{'seconds':>9}", flush=True)
    for seed in range(1, arguments.seeds + 1):
        learnt, held = split(rows, seed)
        before = agreement(arguments, held)
        table = arguments.work / f"{seed}.csv"
        with open(table, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["ref", "left", "right", "vote"])
            writer.writerows([*paths, share] for paths, share in learnt)
        for name in arguments.methods:
            training, (option, result) = METHODS[name]
            run = arguments.work / f"{name}-{seed}"
            subprocess.run(["rm", "-rf", str(run)], check=True)
            start = time.perf_counter()
            subprocess.run([arguments.program, "train", str(table), "--model", MODEL, "-o", str(run), "--batch-size",
                            str(BATCH), "--seed", str(seed), "--quiet", *training], check=True)
            seconds = time.perf_counter() - start
            after = agreement(arguments, held, option, str(run / result))
            found[name].append((before, after))
            print(f"{name:8}{seed:6}{len(held):11}{before:8.3f}{after:8.3f}{seconds:9.0f}", flush=True)
    for name, results in found.items():
        before, after = (statistics.mean(result[i] for result in results) for i in range(2))
        print(f"{name}: mean of {len(results)} seeds {before:.3f} before, {after:.3f} after")


if __name__ == "__main__":
    main()
