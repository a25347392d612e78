#!/usr/bin/env python3
"""Lays shapes with known alpha over photographs: solid, soft, with holes, with hair, with thin parts.

    pip install numpy pillow                   # --held-out: and scikit-image scikit-learn, for their photographs
    python Scripts/cutout/composites.py FOLDER [--side 768] [--held-out]

Writes FOLDER/images/NAME.png and FOLDER/alpha/NAME.png (8-bit gray). Everything is drawn from seeds. The constants of
cutouts were chosen on the set without '--held-out'. The held-out set has other shapes, textures, backgrounds and seeds;
no constant was chosen on it, and the figures of the documentation are of it.
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


def held_out_alpha(kind, side, rng):
    """The alpha of a shape of the held-out set."""
    scale = 3
    n = side * scale
    x, y = n * rng.uniform(0.42, 0.58), n * rng.uniform(0.42, 0.58)
    radius = n * rng.uniform(0.18, 0.28)
    turn = rng.uniform(0, 2 * np.pi)
    image = Image.new("L", (n, n), 0)
    draw = ImageDraw.Draw(image)

    def disk(x, y, radius, fill=255):
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill)

    def at(angle, distance):
        return (x + distance * np.cos(angle + turn), y + distance * np.sin(angle + turn))

    if kind == "gear":
        draw.polygon([at(a, radius * (1 if i // 2 % 2 else 0.8)) for i, a in enumerate(np.linspace(0, 2 * np.pi, 56)[:-1])], fill=255)
        disk(x, y, radius * 0.25, 0)
    if kind == "crescent":
        disk(x, y, radius)
        disk(*at(0, radius * 0.55), radius * 0.8, 0)
    if kind == "tree":
        def branch(start, angle, length, width):
            end = (start[0] + length * np.cos(angle), start[1] + length * np.sin(angle))
            draw.line([start, end], fill=255, width=max(3, int(width)))
            if length > radius * 0.12:
                for spread in (-0.5, 0.45):
                    branch(end, angle + spread + rng.normal(0, 0.12), length * rng.uniform(0.66, 0.78), width * 0.62)
        branch((x, y + radius * 1.2), -np.pi / 2, radius * 0.75, radius * 0.22)
    if kind == "wheel":
        disk(x, y, radius)
        disk(x, y, radius * 0.82, 0)
        for a in np.linspace(0, 2 * np.pi, 10)[:-1]:
            draw.line([at(a, 0), at(a, radius * 0.9)], fill=255, width=int(radius * 0.06))
        disk(x, y, radius * 0.16)
    if kind == "cloud":
        for _ in range(14):
            disk(*at(rng.uniform(0, 6.3), radius * rng.uniform(0, 0.75)), radius * rng.uniform(0.25, 0.45))
        image = image.filter(ImageFilter.GaussianBlur(n * 0.006))
    if kind == "feather":
        stem = [(x + radius * 0.25 * np.sin(1.6 * t) , y + radius * 1.2 * t) for t in np.linspace(-1, 1, 40)]
        draw.line(stem, fill=255, width=max(3, int(radius * 0.03)))
        for t in np.linspace(-0.95, 0.6, 260):
            root = (x + radius * 0.25 * np.sin(1.6 * t), y + radius * 1.2 * t)
            for sign in (-1, 1):
                reach = radius * 0.5 * (1 - t * t) ** 0.7 * rng.uniform(0.75, 1.05)
                tip = (root[0] + sign * reach, root[1] - reach * 0.55)
                draw.line([root, tip], fill=255, width=max(2, scale * side // 700))
    if kind == "pair":
        for sign in (-1, 1):
            draw.polygon(outline(rng, at(0, sign * radius * 0.85), radius * 0.62, 0.2), fill=255)
    if kind == "vase":
        profile = [(0.28, -1.25), (0.2, -0.95), (0.55, -0.4), (0.75, 0.15), (0.55, 0.75), (0.3, 1.1), (0.42, 1.25)]
        draw.polygon([(x + radius * a, y + radius * b) for a, b in profile]
                     + [(x - radius * a, y + radius * b) for a, b in reversed(profile)], fill=255)
        draw.arc([x + radius * 0.3, y - radius * 0.85, x + radius * 1.1, y + radius * 0.15], -150, 90, fill=255, width=int(radius * 0.11))
    return np.asarray(image.resize((side, side), Image.BOX)).astype(np.float64) / 255


def held_out_texture(index, side, rng):
    """Colors of a shape of the held-out set: dotted, of rings, of bands, mottled in two scales, or of a photograph."""
    from skimage import data
    y, x = np.mgrid[0:side, 0:side] / side
    base, other = rng.uniform(15, 250, 3), rng.uniform(15, 250, 3)
    light = (0.75 + 0.5 * (x * rng.uniform(0, 1) + y * rng.uniform(-0.5, 1)))[..., None]
    if index % 5 == 0:
        mix = (np.hypot((x * 18) % 1 - 0.5, (y * 18) % 1 - 0.5) < 0.3).astype(float)
    elif index % 5 == 1:
        mix = 0.5 + 0.5 * np.sin(90 * np.hypot(x - rng.uniform(0.3, 0.7), (y - 0.5) * 0.4) + 3 * noise(side, side / 5, rng))
    elif index % 5 == 2:
        mix = np.abs(np.sin(7 * x + 2 * y)) ** 3
    elif index % 5 == 3:
        mix = noise(side, side / 30, rng, 2) * 0.5 + noise(side, side / 4, rng, 2) * 0.5
    else:
        photograph = Image.fromarray((data.coffee, data.chelsea)[index % 2]()).rotate(180)
        return np.asarray(photograph.resize((side, side), Image.LANCZOS)).astype(np.float64)
    return np.clip((base + (other - base) * mix[..., None]) * light, 0, 255)


def held_out_backgrounds():
    """Photographs of scikit-image and scikit-learn, gray ones in two colors, and clouds; a pagoda stands out itself."""
    from skimage import data
    from sklearn.datasets import load_sample_image
    rng = np.random.default_rng(77)
    for name in ("grass", "gravel", "brick"):
        dark, light = rng.uniform(0, 90, 3), rng.uniform(140, 255, 3)
        gray = getattr(data, name)()[..., None] / 255
        yield name, Image.fromarray((dark + (light - dark) * gray).astype(np.uint8))
    yield "stars", Image.fromarray(data.hubble_deep_field())
    yield "temple", Image.fromarray(load_sample_image("china.jpg"))
    yield "clouds", Image.fromarray((90 + 150 * np.stack([noise(512, 300, rng) * s for s in (0.9, 1.0, 1.1)], -1)).clip(0, 255).astype(np.uint8))


def held_out(side):
    """Names, images and alphas of the held-out set."""
    kinds = ["gear", "crescent", "tree", "wheel", "cloud", "feather", "pair", "vase"]
    for turn, (background, photograph) in enumerate(held_out_backgrounds()):
        backdrop = np.asarray(photograph.convert("RGB").resize((side, side), Image.LANCZOS)).astype(np.float64)
        for place, kind in enumerate(kinds):
            rng = np.random.default_rng(90000 + 97 * turn + place)
            a = held_out_alpha(kind, side, rng)
            front = held_out_texture(2 * place + turn, side, rng) + rng.normal(0, 3, (side, side, 3))
            mixed = a[..., None] * front + (1 - a[..., None]) * backdrop
            yield f"{kind}-{background}", np.clip(mixed, 0, 255).round().astype(np.uint8), (a * 255).round().astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--side", type=int, default=768)
    parser.add_argument("--held-out", action="store_true")
    options = parser.parse_args()
    for name in ("images", "alpha"):
        (options.folder / name).mkdir(parents=True, exist_ok=True)
    for name, image, a in (held_out if options.held_out else composites)(options.side):
        Image.fromarray(image).save(options.folder / "images" / f"{name}.png", compress_level=1)
        Image.fromarray(a).save(options.folder / "alpha" / f"{name}.png", compress_level=1)


if __name__ == "__main__":
    main()
