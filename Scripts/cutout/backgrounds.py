#!/usr/bin/env python3
"""Asks whether metrics compare objects or places: with '--foreground' and without.

    pip install numpy pillow scikit-image scikit-learn
    python Scripts/cutout/backgrounds.py FOLDER DREAMSIM MODEL …

Lays eight objects, those of the held-out composites, over each of six photographs. For each image, each image of the same
object elsewhere and each of another object in the same place: which is nearer? Prints in how many of these choices the
object decides, and how many images were refused because nothing stood out.
"""
import argparse
import itertools
import json
import subprocess
from pathlib import Path

import numpy as np
from composites import held_out_alpha, held_out_backgrounds, held_out_texture
from PIL import Image

KINDS = ["gear", "crescent", "tree", "wheel", "cloud", "feather", "pair", "vase"]


def draw(folder, side=384):
    folder.mkdir(parents=True, exist_ok=True)
    places = [(name, np.asarray(image.convert("RGB").resize((side, side), Image.LANCZOS)).astype(float))
              for name, image in held_out_backgrounds()]
    for number, kind in enumerate(KINDS):
        alpha = held_out_alpha(kind, side, np.random.default_rng(500 + number))[..., None]
        front = held_out_texture(number, side, np.random.default_rng(600 + number))
        for place, back in places:
            pixels = np.clip(alpha * front + (1 - alpha) * back, 0, 255).round().astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{kind}-{place}.png")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("command")
    parser.add_argument("models", nargs="+")
    options = parser.parse_args()
    draw(options.folder / "images")
    for model, extra in itertools.product(options.models, ([], ["--foreground"])):
        file = options.folder / "embeddings.npy"
        file.unlink(missing_ok=True)
        subprocess.run([options.command, "embed", options.folder / "images", "--model", model, "-q", "-o", file, *extra],
                       stderr=subprocess.DEVNULL)
        description = json.loads(Path(f"{file}.json").read_text())
        rows = np.load(file)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        distances = 1 - rows @ rows.T
        names = [tuple(Path(path).stem.split("-")) for path in description["images"]]
        choices = [
            distances[a, b] < distances[a, c]
            for a, b, c in itertools.permutations(range(len(names)), 3)
            if names[a][0] == names[b][0] and names[a][1] == names[c][1]]
        print(f"{model + ' '.join(['', *extra]):40} object decides {np.mean(choices):.4f} of {len(choices)} choices; "
              f"{len(description['failures'])} images refused", flush=True)


if __name__ == "__main__":
    main()
