#!/usr/bin/env python3
"""How the shares of `lite`'s vectors were chosen, and how well it agrees with people.

    dreamsim embed --model lite --parity reference -o lite.npy $(Scripts/lite/fit.py --list FOLDER)
    Scripts/lite/fit.py FOLDER lite.npy

Reads the embeddings of every triplet's reference, left and right image, in this order, and takes them apart into their
vectors; their shares in the file do not matter. Each vector's cosine distances are divided by their median over all pairs, so
that all speak equally loudly; those of VGG16 are then weighted with one common factor. For each set of vectors the
agreement (2AFC) with people is printed for a range of factors, over all triplets and over those that their publishers drew
at random, and with the factor chosen without the triplet that is judged (leave-one-out). That is no estimate for other triplets: the vectors
themselves were chosen on the same 59, out of some fifty (ViT-S/14; means, deviations and root mean squares at twelve layers of VGG16,
centered or not), alone and in sets; several sets scored as well or better, up to 56, and this one was taken because it hardly depends
on the factor, and for its cost. Needs numpy.
"""
import csv
import itertools
import math
import sys

import numpy as np

VECTORS = [("ViT-S/14", 384), ("relu1_2", 64), ("relu2_2", 128), ("relu3_3", 256)]
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
        medians.append(np.median(np.concatenate([left, right])))
        margins.append((left - right) * sign / medians[-1])

    def line(name, m, more=""):
        good, low_high = (m > 0).sum(), wilson((m > 0).sum(), len(m))
        print(
            f"{name:44} {good}/{len(m)} = {good / len(m):.3f} (95 %: {low_high[0]:.2f} to {low_high[1]:.2f}), "
            f"drawn at random {(m[drawn] > 0).sum()}/{drawn.sum()} {more}")

    for (name, _), m, median in zip(VECTORS, margins, medians):
        line(name + " alone", m, f"median distance {median:.4f}")
    for count in [1, 2, 3]:
        for chosen in itertools.combinations([1, 2, 3], count):
            by_factor = [margins[0] + factor * sum(margins[i] for i in chosen) for factor in FACTORS]
            out = 0
            for t in range(len(triplets)):
                rest = np.arange(len(triplets)) != t
                out += by_factor[int(np.argmax([likelihood(m[rest]) for m in by_factor]))][t] > 0
            name = " + ".join(["ViT-S/14"] + [VECTORS[i][0] for i in chosen])
            line(name, by_factor[FACTORS.index(CHOSEN)], f"leave-one-out {out}/{len(triplets)}")
            print("    by factor:", ", ".join(
                f"{factor}: {(m > 0).sum()}/{(m[drawn] > 0).sum()}" for factor, m in zip(FACTORS, by_factor)))
    shares = np.array([1] + 3 * [CHOSEN]) / medians
    print("shares with all vectors:", ", ".join(f"{share:.3f}" for share in shares / shares.sum()))


main()
