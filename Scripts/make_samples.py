"""Paints the sample images in Samples/: one scene, alterations of it, and a different scene.

    pip install pillow numpy
    python Scripts/make_samples.py

Everything is procedural, so the images are this project's own and carry its license.
"""

import colorsys
import io
import sys
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageDraw, ImageFilter

SIZE = 480
SCALE = 2  # painted larger, then reduced, for smooth edges
N = SIZE * SCALE
OUT = Path(__file__).resolve().parents[1] / "Samples"
print(f"Python {sys.version.split()[0]}, Pillow {PIL.__version__}, numpy {np.__version__}")


def noise(shape, cell, rng, octaves=5, persistence=0.5):
    """Fractal value noise in 0...1."""
    total, weight = np.zeros(shape), 0.0
    for octave in range(octaves):
        step = max(1.0, cell / 2**octave)
        small = rng.random((int(shape[0] / step) + 3, int(shape[1] / step) + 3))
        big = Image.fromarray(small.astype(np.float32)).resize(
            (int(small.shape[1] * step), int(small.shape[0] * step)), Image.BICUBIC)
        total += np.asarray(big)[: shape[0], : shape[1]] * persistence**octave
        weight += persistence**octave
    return total / weight


def ridge(width, base, height, rough, rng):
    """The skyline of mountains: one height a column."""
    x = np.arange(width)
    line = np.zeros(width)
    for octave in range(8):
        points = rng.uniform(-1, 1, int(width / (rough / 2**octave)) + 4)
        places = (np.arange(len(points)) - rng.random()) * rough / 2**octave
        line += np.interp(x, places, points) * 0.52**octave
    return base - height * (0.5 + line / 2.2)


def mix(a, b, t):
    return a + (b - a) * np.asarray(t)[..., None]


def gradient(stops, t):
    places = [p for p, _ in stops]
    return np.stack([np.interp(t, places, [c[i] for _, c in stops]) for i in range(3)], -1)


def lake():
    """A lake at dusk."""
    rng = np.random.default_rng(42)
    y, x = np.mgrid[0:N, 0:N].astype(np.float64)
    horizon = int(N * 0.58)
    sun = (0.545 * N, 0.375 * N)

    # Sky, sun and clouds lit from below.
    t = y / horizon
    sky = gradient([(0, (38, 52, 104)), (0.4, (112, 92, 150)), (0.7, (226, 130, 118)), (0.9, (252, 186, 112)),
                    (1.2, (255, 214, 140))], t)
    distance = np.hypot(x - sun[0], (y - sun[1]) * 1.15)
    sky = mix(sky, np.array([255, 222, 160.0]), 0.75 * np.exp(-((distance / (0.2 * N)) ** 1.2)))
    sky = mix(sky, np.array([255, 250, 226.0]), np.clip((0.044 * N - distance) / 3 + 0.5, 0, 1))
    clouds = noise((int(2.6 * N), N), 90 * SCALE, rng, 6, 0.55)[(np.arange(N) * 2.6).astype(int)]
    cover = np.clip((clouds - 0.52) * 5, 0, 1) * np.clip(1.25 - t, 0, 1) ** 0.7 * np.clip(t * 2.2, 0.15, 1)
    tint = gradient([(0, (96, 88, 140)), (0.45, (208, 124, 138)), (0.75, (255, 176, 124)), (1, (255, 208, 150))], t)
    image = mix(sky, tint, 0.8 * cover)
    image = mix(image, tint * 0.62, 0.55 * np.clip((clouds - 0.6) * 6, 0, 1) * cover)
    stars = rng.random((N, N)) > 0.9997
    image = mix(image, np.array([235, 235, 255.0]), stars * np.clip(0.5 - 2 * t, 0, 1) * (1 - cover))

    # Three chains of mountains, hazier with distance, snow on the farthest.
    for base, height, rough, color, haze, seed in (
            (0.575, 0.30, 150, (92, 84, 128), 0.45, 5), (0.585, 0.17, 110, (62, 62, 98), 0.25, 9),
            (0.595, 0.085, 60, (36, 44, 62), 0.1, 12)):
        own = np.random.default_rng(seed)
        top = ridge(N, base * N, height * N, rough * SCALE, own)
        inside = np.clip(y - top[None, :] + 0.5, 0, 1) * (y < horizon)
        rock = noise((N, N), 26 * SCALE, own, 6, 0.6)
        faces = noise((N, N), 44 * SCALE, own, 5, 0.55)
        relief = 6 * SCALE * np.gradient(faces, axis=1) * np.tanh((sun[0] - x) / (0.12 * N))
        light = np.clip(0.72 + 0.5 * rock + 2.4 * relief, 0.45, 1.5)
        body = np.array(color, float) * light[..., None]
        if height > 0.25:
            depth = y - top[None, :]
            snow = np.clip((0.085 * N - depth + (rock - 0.5) * 0.2 * N) / (0.02 * N), 0, 1)
            snow *= np.clip((0.43 * N - top[None, :]) / (0.05 * N), 0, 1)
            body = mix(body, np.array([232, 196, 206.0]) * light[..., None] ** 0.6, 0.8 * snow)
        glow = gradient([(0, (110, 96, 150)), (1, (250, 178, 128))], y / horizon)
        body = mix(body, glow, haze * np.clip((y / N - base + 0.22) / 0.2, 0.1, 1))
        image = mix(image, np.clip(body, 0, 255), inside)

    # Trees along the far shore, and a house with lit windows.
    shore = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(shore)
    for _ in range(420):
        px = rng.uniform(0, N)
        tall = rng.uniform(7, 24) * SCALE * (0.75 + 0.5 * np.sin(px / N * 9) ** 2)
        if 0.13 * N < px < 0.255 * N:
            tall *= 0.45
        foot = horizon + rng.uniform(-3, 1) * SCALE
        shade = rng.uniform(0.6, 1.25)
        dark = tuple(int(c * shade) for c in (22, 34, 36))
        for step in range(5):
            part, half = tall * (1 - step * 0.19), tall * 0.17 * (0.42 + step * 0.2)
            draw.polygon([(px, foot - part), (px - half, foot - part + tall * 0.3), (px + half, foot - part + tall * 0.3)],
                         fill=dark)
    hx, hy, u = int(0.165 * N), horizon + SCALE, SCALE
    draw.rectangle([hx, hy - 22 * u, hx + 34 * u, hy], fill=(92, 60, 54))
    draw.rectangle([hx + 22 * u, hy - 22 * u, hx + 34 * u, hy], fill=(122, 78, 62))
    draw.polygon([(hx - 4 * u, hy - 21 * u), (hx + 9 * u, hy - 37 * u), (hx + 29 * u, hy - 37 * u),
                  (hx + 38 * u, hy - 21 * u)], fill=(48, 36, 44))
    draw.rectangle([hx + 24 * u, hy - 43 * u, hx + 28 * u, hy - 34 * u], fill=(70, 50, 50))
    for wx in (4, 13, 25):
        draw.rectangle([hx + wx * u, hy - 16 * u, hx + (wx + 5) * u, hy - 9 * u], fill=(255, 214, 120))
    image = np.asarray(shore).astype(np.float64)
    for wx in (6.5, 15.5, 27.5):
        glow = np.exp(-(((x - hx - wx * u) / (9 * u)) ** 2 + ((y - hy + 12.5 * u) / (9 * u)) ** 2))
        image = mix(image, np.array([255, 206, 120.0]), 0.35 * glow * (y < horizon))

    # The lake: the land mirrored, rippled more towards us, darker with depth, with a path of sunlight.
    depth = np.clip((y - horizon) / (N - horizon), 0, 1)
    waves = noise((N, N), 40 * SCALE, rng, 5, 0.6)[(np.arange(N) * 5) % N]
    fine = noise((N, N), 14 * SCALE, rng, 4, 0.6)[(np.arange(N) * 7) % N]
    source_y = np.clip(horizon - (y - horizon) * 1.25 + (waves - 0.5) * (10 + 90 * depth) * SCALE, 0, horizon - 1)
    source_x = np.clip(x + (fine - 0.5) * (4 + 26 * depth) * SCALE, 0, N - 1)
    water = image[source_y.astype(int), source_x.astype(int)]
    water = mix(water * 0.84, np.array([34, 44, 84.0]), 0.12 + 0.42 * depth)
    path = np.exp(-(((x - sun[0]) / ((0.03 + 0.09 * depth) * N)) ** 2)) * np.clip((fine - 0.47) * 9, 0, 1)
    water = mix(water, np.array([255, 226, 168.0]), 0.85 * path * (1 - 0.5 * depth))
    water = mix(water, water * 1.25 + 10, np.clip((waves - 0.62) * 6, 0, 1) * 0.5)
    image = np.where((y >= horizon)[..., None], water, image)

    # The near shore with grass and reeds, a jetty, a boat.
    front = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(front)
    bank = 0.93 * N - 0.05 * N * np.sin(np.arange(N) / N * 2.4 + 0.4) + 6 * SCALE * (rng.random(N).cumsum() / N - 0.25)
    draw.polygon([(0, N)] + list(zip(range(N), bank)) + [(N, N)], fill=(22, 28, 26))
    for _ in range(2600):
        px = rng.uniform(0, N)
        foot = bank[int(px)] + rng.uniform(0, 0.09 * N)
        tall, lean = rng.uniform(5, 20) * SCALE, rng.uniform(-5, 7) * SCALE
        shade = rng.uniform(0.7, 1.7)
        draw.line([(px, foot), (px + lean * 0.4, foot - tall * 0.6), (px + lean, foot - tall)],
                  fill=tuple(int(c * shade) for c in (34, 42, 32)), width=SCALE)
    for _ in range(34):
        px = rng.normal(0.9 * N, 0.05 * N)
        foot, tall, lean = 0.97 * N, rng.uniform(70, 128) * SCALE, rng.uniform(-10, 12) * SCALE
        draw.line([(px, foot), (px + lean * 0.5, foot - tall * 0.6), (px + lean, foot - tall)], fill=(26, 30, 26), width=SCALE)
        draw.line([(px + lean * 0.93, foot - tall * 0.92), (px + lean, foot - tall)], fill=(74, 48, 34), width=4 * SCALE)
    bx, by = 0.34 * N, 0.765 * N
    draw.polygon([(bx, by), (bx + 64 * u, by), (bx + 55 * u, by + 11 * u), (bx + 10 * u, by + 11 * u)], fill=(52, 32, 36))
    draw.line([(bx, by), (bx + 64 * u, by)], fill=(214, 140, 106), width=2 * u)
    draw.line([(bx + 30 * u, by), (bx + 30 * u, by - 62 * u)], fill=(44, 32, 40), width=2 * u)
    draw.polygon([(bx + 32 * u, by - 60 * u), (bx + 32 * u, by - 6 * u), (bx + 60 * u, by - 8 * u)], fill=(244, 214, 190))
    draw.polygon([(bx + 28 * u, by - 54 * u), (bx + 28 * u, by - 8 * u), (bx + 8 * u, by - 8 * u)], fill=(214, 170, 158))
    reflection = Image.new("L", front.size, 0)
    ImageDraw.Draw(reflection).polygon([(bx + 8 * u, by + 12 * u), (bx + 58 * u, by + 12 * u), (bx + 34 * u, by + 50 * u)], fill=110)
    mask = np.asarray(reflection.filter(ImageFilter.GaussianBlur(4 * u))) / 255.0 * np.clip((fine - 0.3) * 3, 0, 1)
    image = mix(np.asarray(front).astype(np.float64), np.array([120, 92, 106.0]), mask)
    return finished(image, rng)


def city():
    """A city by night: nothing in common with the lake."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:N, 0:N].astype(np.float64)
    ground = int(N * 0.8)
    image = gradient([(0, (6, 9, 24)), (0.6, (24, 26, 62)), (0.8, (72, 48, 88)), (1, (40, 30, 50))], y / N)
    moon = np.hypot(x - 0.2 * N, y - 0.17 * N)
    image = mix(image, np.array([200, 205, 230.0]), 0.3 * np.exp(-moon / (0.08 * N)))
    face = noise((N, N), 18 * SCALE, rng)
    image = mix(image, np.array([236, 232, 214.0]) * (0.72 + 0.4 * face)[..., None], np.clip((0.055 * N - moon) / 2, 0, 1))
    image = mix(image, np.array([255, 255, 255.0]), (rng.random((N, N)) > 0.9995) * np.clip(0.6 - y / N, 0, 1))
    image = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    u = SCALE
    for layer, (low, high, wide, wall) in enumerate((
            (120, 250, (24, 46), (30, 30, 58)), (80, 210, (30, 58), (20, 22, 42)), (40, 130, (40, 78), (11, 13, 26)))):
        left = -10.0 * u
        while left < N:
            w, h = rng.uniform(*wide) * u, rng.uniform(low, high) * u
            top = ground - h
            draw.rectangle([left, top, left + w, ground], fill=wall)
            if rng.random() < 0.3:
                draw.line([(left + w / 2, top), (left + w / 2, top - 22 * u)], fill=wall, width=2 * u)
                draw.ellipse([left + w / 2 - 2 * u, top - 25 * u, left + w / 2 + 2 * u, top - 21 * u], fill=(255, 60, 50))
            warm = (255, 206, 124) if rng.random() < 0.7 else (176, 214, 255)
            pane, gap = (3 + layer) * u, (7 + 2 * layer) * u
            for wy in np.arange(top + 6 * u, ground - 8 * u, gap):
                for wx in np.arange(left + 4 * u, left + w - pane - 2 * u, gap):
                    if rng.random() < 0.46:
                        glow = rng.uniform(0.45, 1)
                        draw.rectangle([wx, wy, wx + pane, wy + pane], fill=tuple(int(c * glow) for c in warm))
            left += w + rng.uniform(0, 8) * u
    # The road: wet, mirrored lights, the trails of cars.
    image = np.asarray(image).astype(np.float64)
    depth = np.clip((y - ground) / (N - ground), 0, 1)
    ripple = noise((N, N), 12 * SCALE, rng, 4)
    source = np.clip(ground - (y - ground) * 1.8 + (ripple - 0.5) * 46 * u * (0.3 + depth), 0, ground - 1)
    wet = image[source.astype(int), np.clip(x + (ripple - 0.5) * 8 * u, 0, N - 1).astype(int)]
    image = np.where((y >= ground)[..., None], mix(wet * 0.55, np.array([18, 18, 30.0]), 0.4 * np.ones_like(depth)), image)
    for offset, color, rise in ((0.845, (255, 244, 214), 0.01), (0.86, (255, 236, 190), 0.012), (0.9, (255, 54, 44), -0.012),
                                 (0.92, (255, 70, 50), -0.016)):
        line = (offset + rise * np.sin(x / N * 3 + offset * 20)) * N
        image = mix(image, np.array(color, float), 0.9 * np.exp(-(((y - line) / (2.2 * u)) ** 2)))
        image = mix(image, np.array(color, float), 0.25 * np.exp(-(((y - line) / (9 * u)) ** 2)))
    return finished(image, rng)


def finished(image, rng):
    """Reduces the painting and gives it the softness, grain and vignette of a photograph."""
    image = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8)).resize((SIZE, SIZE), Image.LANCZOS)
    a = np.asarray(image).astype(np.float64)
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE - 0.5
    a *= (1 - 0.35 * (x**2 + y**2))[..., None]
    a += rng.normal(0, 2.2, (SIZE, SIZE, 1)) + rng.normal(0, 0.8, (SIZE, SIZE, 3))
    return Image.fromarray(np.clip(a, 0, 255).round().astype(np.uint8))


def recolored(image, turn):
    """Turns the hue of every pixel by a part of the circle."""
    hsv = np.asarray(image.convert("HSV")).copy()
    hsv[:, :, 0] = (hsv[:, :, 0].astype(int) + int(turn * 256)) % 256
    return Image.fromarray(hsv, "HSV").convert("RGB")


def save(image, name, quality=88):
    OUT.mkdir(exist_ok=True)
    for q in range(quality, 0, -4):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=q, optimize=True)
        if len(buffer.getvalue()) < 150_000:
            break
    (OUT / name).write_bytes(buffer.getvalue())
    print(name, image.size, "quality", q, len(buffer.getvalue()), "bytes")


margin = 12
scene = lake()
a = np.asarray(scene)
save(scene, "scene.jpg")
shifted = np.pad(a, ((0, 0), (margin, 0), (0, 0)), "reflect")[:, :SIZE]
save(Image.fromarray(np.pad(shifted, ((6, 0), (0, 0), (0, 0)), "reflect")[:SIZE]), "shifted.jpg")
save(recolored(scene, 0.45), "recolored.jpg")
save(scene.filter(ImageFilter.GaussianBlur(4)), "blurred.jpg")
save(scene, "recompressed.jpg", quality=10)
save(scene.crop((70, 90, 430, 450)).resize((SIZE, SIZE), Image.BICUBIC), "zoomed.jpg")
grain = np.random.default_rng(11).normal(0, 26, a.shape)
save(Image.fromarray(np.clip(a + grain, 0, 255).astype(np.uint8)), "noisy.jpg", quality=84)
save(scene.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "mirrored.jpg")
save(city(), "different.jpg")
