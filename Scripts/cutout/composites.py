#!/usr/bin/env python3
"""Lays shapes with known alpha over Samples: solid, soft, with holes, with hair, with thin parts.

    pip install numpy pillow
    python Scripts/cutout/composites.py FOLDER [--side 768]

Writes FOLDER/images/NAME.png and FOLDER/alpha/NAME.png (8-bit gray). Everything is drawn from seeds.
"""
import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SAMPLES = Path(__file__).resolve().parents[2] / "Samples"
SHAPES = ["blob", "soft", "ring", "hair", "star", "lattice", "leaf", "fuzzy"]
BACKGROUNDS = ["scene", "different", "recolored", "zoomed"]


def noise(side, cell, rng, octaves=4):
    """Fractal value noise, 0...1."""
    total, weight = np.zeros((side, side)), 0.0
    for octave in range(octaves):
        count = int(side / max(2.0, cell / 2**octave)) + 2
        small = Image.fromarray(rng.random((count, count)).astype(np.float32))
        total += np.asarray(small.resize((side, side), Image.BICUBIC)) * 0.5**octave
        weight += 0.5**octave
    return np.clip(total / weight, 0, 1)


def outline(rng, center, radius, roughness, count=720):
    """A closed curve around a center: a circle with a few harmonics."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    length = np.ones(count)
    for harmonic in range(2, 8):
        length += roughness * rng.normal() / harmonic * np.cos(harmonic * angle + rng.uniform(0, 6.3))
    length = radius * np.clip(length, 0.4, 1.6)
    return [(center[0] + l * np.cos(a), center[1] + l * np.sin(a)) for l, a in zip(length, angle)]


def strokes(draw, rng, center, radius, count, length, width):
    """Curved hairs that begin inside of a circle and lead outwards."""
    for _ in range(count):
        angle, bend = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.5)
        reach = length * rng.uniform(0.5, 1)
        points = []
        for t in np.linspace(-0.3, 1, 14):
            turn = angle + bend * max(t, 0) ** 2
            distance = radius + reach * t
            points.append((center[0] + distance * np.cos(turn), center[1] + distance * np.sin(turn)))
        draw.line(points, fill=255, width=width)


def alpha(kind, side, rng):
    """The alpha of a shape, 0...1, drawn three times as large."""
    scale = 3
    n = side * scale
    center = (n * rng.uniform(0.44, 0.56), n * rng.uniform(0.44, 0.56))
    radius = n * rng.uniform(0.2, 0.27)
    image = Image.new("L", (n, n), 0)
    draw = ImageDraw.Draw(image)
    if kind in ("blob", "soft", "ring", "lattice", "fuzzy"):
        draw.polygon(outline(rng, center, radius, 0.25), fill=255)
    if kind == "ring":
        draw.polygon(outline(rng, center, radius * 0.42, 0.15), fill=0)
    if kind == "lattice":
        step = radius * 0.5
        for i in range(-1, 2):
            for j in range(-1, 2):
                x, y = center[0] + i * step, center[1] + j * step
                half = step * 0.28
                draw.rounded_rectangle([x - half, y - half, x + half, y + half], half * 0.4, fill=0)
    if kind == "hair":
        draw.polygon(outline(rng, center, radius * 0.8, 0.1), fill=255)
        strokes(draw, rng, center, radius * 0.78, 420, radius * 0.55, max(2, scale * side // 768))
    if kind == "fuzzy":
        strokes(draw, rng, center, radius, 2600, radius * 0.16, max(2, scale * side // 768))
    if kind == "star":
        count = int(rng.integers(5, 9))
        points = []
        for i in range(2 * count):
            length = radius * (1.25 if i % 2 == 0 else 0.5)
            points.append((center[0] + length * np.cos(np.pi * i / count), center[1] + length * np.sin(np.pi * i / count)))
        draw.polygon(points, fill=255)
    if kind == "leaf":
        x, y = center
        draw.line([(x, y + radius * 1.3), (x, y - radius)], fill=255, width=int(radius * 0.07))
        for i in range(7):
            at = y + radius * (0.8 - 0.26 * i)
            for sign in (-1, 1):
                tip = (x + sign * radius * (0.95 - 0.09 * i), at - radius * 0.45)
                draw.polygon([(x, at), (x + sign * radius * 0.5, at - radius * 0.36), tip,
                              (x + sign * radius * 0.45, at - radius * 0.1)], fill=255)
    if kind == "soft":
        image = image.filter(ImageFilter.GaussianBlur(n * 0.012))
    return np.asarray(image.resize((side, side), Image.BOX)).astype(np.float64) / 255


def texture(index, side, rng):
    """Colors of a shape: shaded, striped, checkered, grainy, or of a photograph."""
    y, x = np.mgrid[0:side, 0:side] / side
    base, other = rng.uniform(30, 240, 3), rng.uniform(30, 240, 3)
    light = (1.15 - 0.9 * np.hypot(x - 0.42, y - 0.4))[..., None]
    if index % 5 == 0:
        colors = base * np.ones((side, side, 3))
    elif index % 5 == 1:
        wave = 0.5 + 0.5 * np.sin(2 * np.pi * (x * rng.uniform(6, 14) + y * rng.uniform(-8, 8)))
        colors = base + (other - base) * wave[..., None]
    elif index % 5 == 2:
        cells = ((x * 14).astype(int) + (y * 14).astype(int)) % 2
        colors = base + (other - base) * cells[..., None]
    elif index % 5 == 3:
        colors = base + (other - base) * noise(side, side / 12, rng)[..., None]
    else:
        photograph = Image.open(SAMPLES / "different.jpg" if index % 2 else SAMPLES / "scene.jpg").convert("RGB")
        colors = np.asarray(photograph.rotate(90).resize((side, side), Image.LANCZOS)).astype(np.float64) * 0.8 + 40
    return np.clip(colors * light, 0, 255)


def composites(side):
    """Names, images and alphas."""
    for place, kind in enumerate(SHAPES):
        for turn, background in enumerate(BACKGROUNDS):
            index = place * len(BACKGROUNDS) + turn
            rng = np.random.default_rng(1000 + index)
            photograph = Image.open(SAMPLES / f"{background}.jpg").convert("RGB").resize((side, side), Image.LANCZOS)
            a = alpha(kind, side, rng)
            front = texture(place + turn, side, rng) + rng.normal(0, 2, (side, side, 3))
            mixed = a[..., None] * front + (1 - a[..., None]) * np.asarray(photograph)
            yield f"{kind}-{background}", np.clip(mixed, 0, 255).round().astype(np.uint8), (a * 255).round().astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--side", type=int, default=768)
    options = parser.parse_args()
    for name in ("images", "alpha"):
        (options.folder / name).mkdir(parents=True, exist_ok=True)
    for name, image, a in composites(options.side):
        Image.fromarray(image).save(options.folder / "images" / f"{name}.png", compress_level=1)
        Image.fromarray(a).save(options.folder / "alpha" / f"{name}.png", compress_level=1)


if __name__ == "__main__":
    main()
