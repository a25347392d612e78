#!/usr/bin/env python3
"""Cuts out what stands out in ten photographs and lays it beside them: the image of the article on cutouts.

    pip install numpy pillow scikit-image scikit-learn && pip download --no-deps -d FOLDER scipy==1.10.1
    python Scripts/cutout/photographs.py FOLDER DREAMSIM SHEET.jpg

The photographs come with scikit-image (astronaut, camera, chelsea, clock_motion, coffee, moon, motorcycle_left, rocket;
in the public domain or CC0, the motorcycle of the Middlebury stereo data), with scikit-learn (flower, CC BY 2.0 by
vultilion) and with scipy up to 1.10 (raccoon, in the public domain).
"""
import bz2
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import skimage
from PIL import Image
from sklearn.datasets import load_sample_image

NAMES = ["raccoon", "chelsea", "astronaut", "flower", "motorcycle_left", "coffee", "rocket", "camera", "clock_motion", "moon"]
SIDE = 240


def photographs(folder):
    data = Path(skimage.__file__).parent / "data"
    for name in NAMES:
        if name == "raccoon":
            wheel = next(folder.glob("scipy-1.10.1-*.whl"))
            raw = bz2.decompress(zipfile.ZipFile(wheel).read("scipy/misc/face.dat"))
            image = Image.fromarray(np.frombuffer(raw, np.uint8).reshape(768, 1024, 3))
        elif name == "flower":
            image = Image.fromarray(load_sample_image("flower.jpg"))
        else:
            image = Image.open(next(data.glob(f"{name}.*"))).convert("RGB")
        (folder / "photographs").mkdir(exist_ok=True)
        image.save(folder / "photographs" / f"{name}.png")
        yield name, image


def tile(image):
    """An image in a square, its transparent part over a checkerboard."""
    image = image.copy()
    image.thumbnail((SIDE, SIDE), Image.LANCZOS)
    y, x = np.mgrid[0:image.height, 0:image.width] // 12
    board = np.where((x + y) % 2, 185, 237).astype(np.uint8)
    under = Image.fromarray(np.stack([board] * 3, -1))
    under.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    square = Image.new("RGB", (SIDE, SIDE), "white")
    square.paste(under, ((SIDE - image.width) // 2, (SIDE - image.height) // 2))
    return square


def main():
    folder, command, sheet = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    images = dict(photographs(folder))
    run = subprocess.run([command, "cutout", folder / "photographs", "-o", folder / "cut", "--format", "json", "-q"],
                         capture_output=True, text=True)
    print(run.stderr, end="")
    for row in json.loads(run.stdout)["images"]:
        print(f"{Path(row['image']).stem:16} foreground {row['coverage']:.3f}, saliency {row['saliency']:.3f}")
    columns = 5
    page = Image.new("RGB", (columns * (SIDE + 8) - 8, 4 * (SIDE + 8) - 8), "white")
    for place, (name, image) in enumerate(images.items()):
        x, y = place % columns * (SIDE + 8), place // columns * 2 * (SIDE + 8)
        page.paste(tile(image), (x, y))
        cut = folder / "cut" / f"{name}.png"
        if cut.exists():
            page.paste(tile(Image.open(cut)), (x, y + SIDE + 8))
    page.save(sheet, quality=82)


if __name__ == "__main__":
    main()
