"""A collection with known copies, for copies.py: originals, what was made of each, and other photographs."""
import csv
import math
import random
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

SIDE = 768
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


class Entry(NamedTuple):
    """An image of the collection, as truth.csv has it."""
    file: str
    # The file that it was made of; an original's and another photograph's is the file itself.
    original: str
    # What was done; empty for originals and others.
    alteration: str
    # One of original, re-encoding, edit, turned, variant, other.
    kind: str


def noisy(image):
    """Gaussian noise of a deviation of 10 levels."""
    noise = np.random.default_rng(1).normal(0, 10, (image.height, image.width, 3))
    return Image.fromarray((np.asarray(image, np.float32) + noise).clip(0, 255).round().astype(np.uint8))


def hue(image):
    """Every hue turned by 40 degrees."""
    h, s, v = image.convert("HSV").split()
    return Image.merge("HSV", (h.point(lambda value: (value + round(40 / 360 * 256)) % 256), s, v)).convert("RGB")


def cropped(image):
    """A tenth of each side less: 5 % at each edge."""
    x, y = round(image.width * 0.05), round(image.height * 0.05)
    return image.crop((x, y, image.width - x, image.height - y))


def logo(image):
    """A small badge in the lower right corner, an eighth of the width."""
    marked = image.copy()
    width = image.width // 8
    right, bottom = image.width - width // 4, image.height - width // 4
    draw = ImageDraw.Draw(marked)
    draw.rounded_rectangle((right - width, bottom - width // 2, right, bottom), width // 8, "white", "black", 2)
    draw.text((right - width // 2, bottom - width // 4), "LOGO", "black", ImageFont.load_default(width // 4), anchor="mm")
    return marked


def scaled(longest, filter=Image.LANCZOS):
    def scale(image):
        factor = longest / max(image.size)
        return image.resize([max(1, round(side * factor)) for side in image.size], filter)
    return scale


def turned(how):
    return lambda image: image.transpose(how)


def same(image):
    return image


# Name: kind, what is done to the pixels, file extension, how it is saved. All but the first eight are JPEG of quality 95 too.
JPEG = (".jpg", {"quality": 95})
ALTERATIONS = {
    "same bytes": ("re-encoding", None, ".jpg", {}),
    "PNG": ("re-encoding", same, ".png", {}),
    "JPEG 95": ("re-encoding", same, ".jpg", {"quality": 95, "subsampling": 0}),
    "JPEG 75": ("re-encoding", same, ".jpg", {"quality": 75}),
    "JPEG 50": ("re-encoding", same, ".jpg", {"quality": 50}),
    "JPEG 30": ("re-encoding", same, ".jpg", {"quality": 30}),
    "WebP 80": ("re-encoding", same, ".webp", {"quality": 80}),
    "half size": ("re-encoding", scaled(SIDE // 2), *JPEG),
    "thumbnail 160": ("re-encoding", scaled(160), *JPEG),
    "blur 2 px": ("edit", lambda image: image.filter(ImageFilter.GaussianBlur(2)), *JPEG),
    "noise 10": ("edit", noisy, *JPEG),
    "brighter 25 %": ("edit", lambda image: ImageEnhance.Brightness(image).enhance(1.25), *JPEG),
    "contrast -20 %": ("edit", lambda image: ImageEnhance.Contrast(image).enhance(0.8), *JPEG),
    "gray": ("edit", lambda image: image.convert("L").convert("RGB"), *JPEG),
    "hue 40 degrees": ("edit", hue, *JPEG),
    "crop 10 %": ("edit", cropped, *JPEG),
    "logo": ("edit", logo, *JPEG),
    "turned 90": ("turned", turned(Image.Transpose.ROTATE_90), *JPEG),
    "turned 180": ("turned", turned(Image.Transpose.ROTATE_180), *JPEG),
    "turned 270": ("turned", turned(Image.Transpose.ROTATE_270), *JPEG),
    "mirrored": ("turned", turned(Image.Transpose.FLIP_LEFT_RIGHT), *JPEG),
    "turned and mirrored": ("turned", turned(Image.Transpose.TRANSPOSE), *JPEG),
}


def is_fit(path):
    """Whether an image can be an original: large enough, and with colors, so that taking or turning them makes an edit."""
    with Image.open(path) as image:
        if max(image.size) < SIDE:
            return False
        image.thumbnail((64, 64))
        channels = np.asarray(image.convert("RGB"), np.float32)
    return float((channels.max(axis=2) - channels.min(axis=2)).mean()) > 16


def make_copies(source, images, entries):
    """Writes one original and all that is made of it."""
    name = f"{source.stem}/original.jpg"
    (images / source.stem).mkdir()
    scaled(SIDE)(Image.open(source).convert("RGB")).save(images / name, quality=95)
    entries.append(Entry(name, name, "", "original"))
    # What others would have: the file, decoded again.
    original = Image.open(images / name).convert("RGB")
    for alteration, (kind, change, suffix, options) in ALTERATIONS.items():
        file = f"{source.stem}/{alteration.replace(' ', '_')}{suffix}"
        if change:
            change(original).save(images / file, **options)
        else:
            shutil.copy(images / name, images / file)
        entries.append(Entry(file, name, alteration, kind))


def add_variants(folder, photographs, chosen, images, entries):
    """The two generated variants that NIGHTS, laid out as the data set is, has of each reference among the photographs."""
    with open(folder / "data.csv", newline="") as file:
        for row in csv.DictReader(file):
            stem = "nights-" + "-".join(Path(row["ref_path"]).with_suffix("").parts[1:])
            source = next((path for path in photographs if path.stem == stem), None)
            for column in ("left_path", "right_path") if source else ():
                path = folder / row[column]
                target = f"{stem}-{row['id']}-{path.stem}{path.suffix}"
                # A triplet may be judged, and listed, twice.
                if not (images / target).exists():
                    shutil.copy(path, images / target)
                    entries.append(Entry(target, f"{stem}/original.jpg" if source in chosen else source.name, "", "variant"))


def make(photos, out, originals, seed, size=None, variants=None):
    """Writes OUT/images and OUT/truth.csv; of `size` images in all, if that is given, with as many originals as it takes."""
    photographs = sorted(path for path in photos.rglob("*") if path.suffix.lower() in SUFFIXES)
    if size:
        originals = max(1, math.ceil((size - len(photographs)) / len(ALTERATIONS)))
    candidates = [path for path in photographs if is_fit(path)]
    if len(candidates) < originals:
        raise SystemExit(f"{photos}: has {len(candidates)} color photographs of {SIDE} pixels or more; {originals} are needed")
    chosen = sorted(random.Random(seed).sample(candidates, originals))
    images = out / "images"
    images.mkdir(parents=True)
    entries = []
    for source in chosen:
        make_copies(source, images, entries)
    if variants:
        add_variants(variants, photographs, chosen, images, entries)
    others = [path for path in photographs if path not in chosen]
    for path in others[:size and max(0, size - len(entries))]:
        shutil.copy(path, images / path.name)
        entries.append(Entry(path.name, path.name, "", "other"))
    with open(out / "truth.csv", "w", newline="") as file:
        csv.writer(file).writerows([Entry._fields, *entries])


def truth(out):
    """The entries of a collection, by file."""
    with open(out / "truth.csv", newline="") as file:
        return {row["file"]: Entry(**row) for row in csv.DictReader(file)}
