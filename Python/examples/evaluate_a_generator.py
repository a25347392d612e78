# %% [markdown]
# # Evaluate a generator
#
# A generator (a restorer, a codec, a diffusion model) was asked for certain images, and delivered others. How far are
# they from what was asked for, which generator is the best, and which of its outputs are the worst? The answer
# depends on the metric: this example shows what each of four sees and what it overlooks.
#
# It needs numpy, Pillow and matplotlib, and the weights that `make demo` has fetched.

# %%
import io
import tempfile
from pathlib import Path

import dreamsim_native as ds
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageFilter

root = next(folder for folder in [Path.cwd(), *Path.cwd().parents] if (folder / "Samples").is_dir())
rng = np.random.default_rng(1)

# %% [markdown]
# ## Real images
#
# Eight: the quarters of two sample images. Put your own here: Pillow images, paths, or arrays `[H, W, 3]` of uint8
# all do.

# %%
reals = []
for name in ("scene", "different"):
    whole = np.asarray(Image.open(root / "Samples" / f"{name}.jpg").convert("RGB"))
    reals += [whole[y : y + 240, x : x + 240] for y in (0, 240) for x in (0, 240)]

# %% [markdown]
# ## Seven generators
#
# They are small, and each fails in a way of its own, so that we know beforehand what a metric should find.
# `autoencoder` has learned something: it keeps 8 of the 192 numbers of every 8 x 8 patch, those that the real images
# need most (a principal component analysis). `careless` delivers flawless images, but not those that were asked for.


# %%
def patches(image):
    return image.reshape(30, 8, 30, 8, 3).swapaxes(1, 2).reshape(900, 192)


everything = np.concatenate([patches(real) for real in reals]).astype(float)
mean = everything.mean(0)
components = np.linalg.svd(everything - mean, full_matrices=False)[2][:8]


def autoencoder(image):
    decoded = (patches(image) - mean) @ components.T @ components + mean
    return decoded.clip(0, 255).round().astype(np.uint8).reshape(30, 30, 8, 8, 3).swapaxes(1, 2).reshape(240, 240, 3)


def shifted(image, pixels=8):
    return np.pad(image, ((0, 0), (pixels, 0), (0, 0)), "reflect")[:, :240]


def blurred(image, radius=3.0):
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def compressed(image, quality=8):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def noisy(image, deviation=25.0):
    return (image + rng.normal(0, deviation, image.shape)).clip(0, 255).round().astype(np.uint8)


def recolored(image, turn=0.33):
    hsv = np.array(Image.fromarray(image).convert("HSV"))
    hsv[:, :, 0] += np.uint8(turn * 256)  # wraps around, as hues do
    return np.asarray(Image.fromarray(hsv, "HSV").convert("RGB"))


generators = {each.__name__: each for each in (shifted, compressed, noisy, blurred, autoencoder, recolored)}
outputs = {name: [generator(real) for real in reals] for name, generator in generators.items()}
outputs["careless"] = reals[4:] + reals[:4]

chosen = [2, 6]
figure, axes = plt.subplots(2, 8, figsize=(12, 3.4), num="Two real images and what each generator makes of them")
for row, which in zip(axes, chosen):
    shown = {"real": reals[which], **{name: images[which] for name, images in outputs.items()}}
    for axis, (name, image) in zip(row, shown.items()):
        axis.imshow(image)
        axis.set_title(name if which == chosen[0] else "")
        axis.axis("off")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Distances
#
# `pair_distances` measures each output from the real image it should be: 0 is the same, lower is more alike, also for
# SSIM, which comes as 1 - SSIM. `mse` and `ssim` compare pixels and windows of them, LPIPS features of a network,
# place by place; `lite` is an embedding of the whole image and stands in for DreamSim's `ensemble`, which needs
# larger weights.
#
# The numbers of different metrics have different units. So each is divided by the metric's distance between
# *different* real images: 1 then means that the output looks to the metric like any other image.
# (`lpips-alex:unweighted` needs no weights besides those of the demo; `lpips-alex` is the usual one.)

# %%
metrics = {name: ds.load(name) for name in ("mse", "ssim", "lpips-alex:unweighted", "lite")}
others = reals[3:] + reals[:3]  # for every real image a different one
unrelated = {name: metric.pair_distances(reals, others).mean() for name, metric in metrics.items()}
shares = {
    name: np.array([metric.pair_distances(images, reals) for images in outputs.values()]) / unrelated[name]
    for name, metric in metrics.items()
}  # of each metric [generators, images]
table = np.stack([share.mean(1) for share in shares.values()], 1)

names = [name.replace(":unweighted", "") for name in metrics]
print(f"{'':12}" + "".join(f"{name:>12}" for name in names))
for generator, row in zip(outputs, table):
    print(f"{generator:12}" + "".join(f"{value:12.2f}" for value in row))

# %% [markdown]
# ## Which metric sees what
#
# Each column has its own order of the generators. Kendall's tau counts how many pairs of generators two metrics put
# in the same order: 1 is all, 0 is half of them, -1 is none.

# %%
order = np.sign(table[:, None] - table[None])  # of each pair of generators, by each metric
tau = np.einsum("abm,abn->mn", order, order) / (len(outputs) * (len(outputs) - 1))

figure, (left, right) = plt.subplots(
    1, 2, figsize=(12, 4), num="Distances as shares of those of unrelated images; agreement"
)
for axis, values, rows, title in (
    (left, table, list(outputs), "distance, as a share of that of unrelated images"),
    (right, tau, names, "Kendall's tau of the metrics' orders"),
):
    axis.imshow(values, cmap="viridis", vmin=0, vmax=1, aspect="auto")
    axis.set_xticks(range(len(names)), names)
    axis.set_yticks(range(len(rows)), rows)
    axis.set_title(title)
    for (y, x), value in np.ndenumerate(values):
        axis.text(x, y, f"{value:.2f}", ha="center", va="center", color="black" if value > 0.6 else "white")
figure.tight_layout()
plt.show()

# %% [markdown]
# Hardly anybody notices the shift, and everybody the changed colors: `mse` finds both the same, and `ssim` the shift
# worse. `mse` prefers the blurred images to the noisy and the shifted ones, and `ssim` takes noisy images for
# unrelated ones. All agree that the careless generator is the worst.
#
# ## Is each output still the nearest to its own image?
#
# A question that needs no units: of the eight real images, is the one that was asked for the nearest to the output?
# Where many images are compared with many, embed each once: their distance is one minus the cosine, and embeddings of
# `lite` have the length 1. And are the differences of the means certain? Eight images are few; the interval (a
# bootstrap) says how few.

# %%
embedded = metrics["lite"].embed(reals)  # [8, 512]
nearest = {}
print(f"{'':12} own is nearest   mean of lite, 95 % interval")
for generator, images, share in zip(outputs, outputs.values(), shares["lite"]):
    distances = 1 - metrics["lite"].embed(images) @ embedded.T
    nearest[generator] = np.mean(distances.argmin(1) == np.arange(8))
    low, high = np.percentile(rng.choice(share, (2000, 8)).mean(1), [2.5, 97.5])
    print(f"{generator:12} {nearest[generator]:14.0%}   {share.mean():.2f}, {low:.2f} to {high:.2f}")

# %% [markdown]
# ## Agreement with judgments
#
# Whether a metric is right, people decide. `evaluate` reads tables of judgments (which of two images is more similar
# to the reference?) and says how often each metric makes the same choice, with a 95 % interval. Those below are
# written down by rule, and not collected from people: an image that was moved a little is nearer to the original than
# a blurred one, and any version of an image is nearer than another image. Replace them with what your users say.

# %%
judged = [("shifted", "blurred"), ("shifted", "noisy")] + [(name, "careless") for name in generators]
with tempfile.TemporaryDirectory() as folder:
    for name, images in {"real": reals, **outputs}.items():
        for which, image in enumerate(images):
            Image.fromarray(image).save(f"{folder}/{name}{which}.png")
    rows = [f"real{which}.png,{near}{which}.png,{far}{which}.png,left" for near, far in judged for which in range(8)]
    Path(folder, "judgments.csv").write_text("\n".join(["ref,left,right,vote", *rows]) + "\n")
    report = ds.evaluate(metrics.values(), f"{folder}/judgments.csv", layout="triplets", progress=False)

scores = {each["name"]: each["score"] for each in report["metrics"]}
for name, score in scores.items():
    low, high = score["interval"]["low"], score["interval"]["high"]
    print(f"{name:22} {score['value']:4.0%} of {score['count']}, {low:.0%} to {high:.0%}")

# %% [markdown]
# ## The worst cases
#
# A mean hides what users will notice first. Of each generator, the output that is farthest by `lite`, and where it
# differs: `heat_map` is each place's part of the distance, bright where the images differ most. Each map has its own
# scale.

# %%
figure, axes = plt.subplots(3, 7, figsize=(12, 5.4), num="The worst output of each generator, and where it differs")
for column, (generator, images) in zip(axes.T, outputs.items()):
    share = shares["lite"][list(outputs).index(generator)]
    which = share.argmax()
    heat = metrics["lite"].heat_map(reals[which], images[which])
    for axis, shown in zip(column, (reals[which], images[which], heat)):
        axis.imshow(shown, cmap="inferno")
        axis.set_xticks([])
        axis.set_yticks([])
    column[0].set_title(f"{generator}: {share[which]:.2f}")
for axis, text in zip(axes[:, 0], ("real", "output", "difference")):
    axis.set_ylabel(text)
figure.tight_layout()
plt.show()

# %% [markdown]
# ## What must hold
#
# So that this example is a test as well.

# %%
by = {name: dict(zip(outputs, table[:, at])) for at, name in enumerate(names)}
assert all(max(column, key=column.get) == "careless" for name, column in by.items())
assert by["mse"]["blurred"] < by["mse"]["shifted"] and by["lite"]["shifted"] < by["lite"]["blurred"] / 3
assert by["ssim"]["recolored"] < by["ssim"]["shifted"] and by["lite"]["shifted"] < by["lite"]["recolored"] / 5
assert nearest.pop("careless") == 0 and min(nearest.values()) == 1
assert abs(distances[0, 4] - metrics["lite"].distance(reals[4], reals[4])) < 1e-6
assert scores["lite"]["value"] == 1 and scores["mse"]["value"] < 0.9 and scores["lite"]["count"] == 64
assert all(metric.distance(reals[0], reals[0]) < 1e-6 for metric in metrics.values())
