#!/usr/bin/env python3
"""How the shares of `lite`'s two vectors were chosen, and how well it agrees with people.

    dreamsim embed --model lite --parity reference -o lite.npy $(Scripts/lite/fit.py --list FOLDER)
    Scripts/lite/fit.py FOLDER lite.npy

Reads the embeddings of every triplet's reference, left and right image, in this order, and takes them apart into the class token of
ViT-S/14 and the deviations of VGG16's relu2_2 over a thumbnail; their shares in the file do not matter. Each vector's cosine
distances are divided by their median over the pairs of different references, so that both speak equally loudly; those of VGG16 are
then weighted with a factor. For a range of factors the agreement (2AFC) with people is printed, over all triplets and over those that
their publishers drew at random, and with the factor chosen without the triplet that is judged (leave-one-out). That is no
estimate for other triplets: layer and size of the thumbnail were chosen on the same 59, and for how little blur and compression
change the distance (`dreamsim evaluate robustness`). Needs numpy.
"""
import csv
import math
import sys

import numpy as np

VECTORS = [("ViT-S/14", 384), ("relu2_2 at 32 x 32", 128)]
FACTORS = [0.125, 0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 4]
CHOSEN = 0.5


def rows(folder):
    with open(f"{folder}/data.csv") as file:
        return list(csv.DictReader(file))


def wilson(good, count, z=1.96):
    """The 95 % confidence interval of a share."""
    p = good / count
    center, spread = p + z * z / (2 * count), z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return (center - spread) / (1 + z * z / count), (center + spread) / (1 + z * z / count)


def likelihood(margins):
    """The mean log-likelihood of human judgments under the best scale of a logistic model."""
    return max(-np.log1p(np.exp(-s * margins)).mean() for s in [0.25, 0.5, 1, 2, 4, 8])


def main():
    folder = sys.argv[-1] if sys.argv[1] == "--list" else sys.argv[1]
    triplets = rows(folder)
    if sys.argv[1] == "--list":
        print("\n".join(f"{folder}/{r[k]}" for r in triplets for k in ("ref_path", "left_path", "right_path")))
        return
    embeddings = np.load(sys.argv[2]).astype(np.float64)
    assert embeddings.shape == (3 * len(triplets), sum(width for _, width in VECTORS)), embeddings.shape
    sign = np.array([1 if r["right_vote"] == "1" else -1 for r in triplets])
    drawn = np.array([r["page_group"] == "random" for r in triplets])

    margins, medians, start = [], [], 0
    for name, width in VECTORS:
        v = embeddings[:, start : start + width]
        start += width
        v = (v / np.linalg.norm(v, axis=1, keepdims=True)).reshape(-1, 3, width)
        left, right = 1 - (v[:, 0] * v[:, 1]).sum(1), 1 - (v[:, 0] * v[:, 2]).sum(1)
        between = (1 - v[:, 0] @ v[:, 0].T)[np.triu_indices(len(v), 1)]
        medians.append(np.median(between))
        margins.append((left - right) * sign / medians[-1])

    def line(name, m, more=""):
        good, (low, high) = (m > 0).sum(), wilson((m > 0).sum(), len(m))
        print(
            f"{name:32} {good}/{len(m)} = {good / len(m):.3f} (95 %: {low:.2f} to {high:.2f}), "
            f"drawn at random {(m[drawn] > 0).sum()}/{drawn.sum()} {more}")

    for (name, _), m, median in zip(VECTORS, margins, medians):
        line(name + " alone", m, f"median distance {median:.4f}")
    by_factor = [margins[0] + factor * margins[1] for factor in FACTORS]
    out = 0
    for t in range(len(triplets)):
        rest = np.arange(len(triplets)) != t
        out += by_factor[int(np.argmax([likelihood(m[rest]) for m in by_factor]))][t] > 0
    for factor, m in zip(FACTORS, by_factor):
        line(f"both, factor {factor}", m, f"leave-one-out {out}/{len(triplets)}" if factor == CHOSEN else "")
    shares = np.array([1, CHOSEN]) / medians
    print("shares:", ", ".join(f"{share:.3f}" for share in shares / shares.sum()))


main()
