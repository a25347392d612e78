# %% [markdown]
# # Clean a folder
#
# Folders of images fill up with copies: exports in another format, thumbnails, edits, downloads that broke off. This
# example makes such a folder, indexes it, groups the copies, decides what to keep, and finds images by an image.
#
# It needs numpy, Pillow and matplotlib, and the weights that `make demo` has fetched. The originals are the sample
# images of this repository; to clean a folder of yours, leave out the step that makes one and give its path to
# `folder`. Nothing in it is changed before "Set the copies aside".

# %%
import shutil
import tempfile
from pathlib import Path

import dreamsim_native as ds
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageFilter

root = next(folder for folder in [Path.cwd(), *Path.cwd().parents] if (folder / "Samples").is_dir())
scratch = tempfile.TemporaryDirectory()
folder = Path(scratch.name, "photos").resolve()

# %% [markdown]
# ## A folder in disorder
#
# Four originals, parts of the sample images, with copies of some of them in three folders, and two files that are no
# images.

# %%
for name in ("camera", "exports", "phone"):
    (folder / name).mkdir(parents=True)
originals = {}
for sample, x, y, name in (
    ("scene", 160, 0, "mountains"),
    ("scene", 20, 160, "boat"),
    ("different", 0, 0, "moon"),
    ("different", 160, 160, "street"),
):
    originals[name] = Image.open(root / "Samples" / f"{sample}.jpg").crop((x, y, x + 320, y + 320))
    originals[name].save(folder / "camera" / f"{name}.png")

mountains, boat, moon = (originals[name] for name in ("mountains", "boat", "moon"))
shutil.copy(folder / "camera/mountains.png", folder / "phone/copy of mountains.png")
mountains.save(folder / "exports/mountains web.jpg", quality=92)
mountains.resize((160, 160)).save(folder / "phone/mountains small.jpg")
boat.save(folder / "exports/boat.jpg", quality=90)
boat.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "exports/boat mirrored.jpg")
boat.filter(ImageFilter.GaussianBlur(1.5)).save(folder / "exports/boat soft.jpg")
boat.crop((10, 10, 305, 305)).save(folder / "phone/boat cropped.jpg")
Image.fromarray((np.asarray(moon) * 0.8).astype(np.uint8)).save(folder / "exports/moon darker.jpg")
(folder / "phone/broken.jpg").write_bytes((folder / "exports/boat.jpg").read_bytes()[:3000])
(folder / "phone/note.jpg").write_text("This is no image.")

# %% [markdown]
# ## Index
#
# An index keeps the embedding of every image in a folder of its own (the one that `dreamsim index` writes and reads,
# too). What cannot be read does not end the work: it is listed with the reason. A second update reads only what is
# new or changed.

# %%
index = ds.Index(Path(scratch.name, "index"), "lite")
report = index.update(folder, progress=False)
print(report["added"], "images added")
for failure in report["failures"]:
    print(f"{Path(failure['image']).name}: {failure['error']}")
again = index.update(progress=False)
print(f"second update: {again['added']} added, {again['unchanged']} unchanged")

# %% [markdown]
# ## Copies, by how far they may differ
#
# Each tier includes those before it: the same bytes, the same pixels, encoded anew or resized, edited. Of a group the
# first file is the one to keep; the rules that decided are in the report, and `keep=` and `prefer=` replace them.

# %%
for tier in ("identical-bytes", "identical-pixels", "re-encoded", "near"):
    found = index.duplicates(tier, progress=False)
    print(f"{tier:17} {len(found['groups'])} groups, {found['duplicates']} copies, {found['bytes'] / 1000:.0f} kB")
print("kept first:", ", then ".join(found["rules"]))

# %% [markdown]
# ## A contact sheet
#
# Nothing should be moved that nobody has looked at. Every row is a group; on the left what stays. Below each file
# stands its tier and its distance from the kept one.

# %%
groups = found["groups"]
columns = max(len(group["files"]) for group in groups)
figure, axes = plt.subplots(
    len(groups), columns, figsize=(2.2 * columns, 2.75 * len(groups)), num="A contact sheet of the groups"
)
for row, group in zip(axes, groups):
    for axis in row:
        axis.axis("off")
    for axis, file in zip(row, group["files"]):
        axis.imshow(Image.open(file["image"]))
        kept = file is group["files"][0]
        axis.set_title(
            f"{'keep: ' if kept else ''}{Path(file['image']).name}", fontsize=9, color="green" if kept else "black"
        )
        below = f"{file['width']} x {file['height']}, {file['bytes'] / 1000:.0f} kB"
        if not kept:
            below += f"\n{file['tier']}, {file['values']['lite']:.4f}"
        axis.text(0.5, -0.04, below, transform=axis.transAxes, ha="center", va="top", fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Set the copies aside
#
# The library deletes nothing. Here copies that are as good as the kept file (the tiers up to `re-encoded`) move to
# another folder, under the same relative paths, so that they can be put back; edits stay, because somebody made them.
# An update with `prune` then forgets what is gone.

# %%
aside = Path(scratch.name, "aside")
moved = [
    file["image"] for group in index.duplicates("re-encoded", progress=False)["groups"] for file in group["files"][1:]
]
for path in moved:
    target = aside / Path(path).relative_to(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, target)
    print("set aside:", target.relative_to(aside))
left = index.update(prune=True, progress=False)
print(f"{left['dropped']} forgotten, {left['images']} images left")

# %% [markdown]
# ## Search
#
# By any image, also one that is not in the folder: a small, gray copy of the boat. What has another subject is twice
# as far.

# %%
query = boat.convert("L").resize((150, 150))
matches = index.search(query, count=6)
figure, axes = plt.subplots(
    1, 7, figsize=(12, 2.2), num="A search: the query on the left, what was found, the nearest first"
)
axes[0].imshow(query, cmap="gray")
axes[0].set_title("query", fontsize=9)
for axis, match in zip(axes[1:], matches):
    axis.imshow(Image.open(match.path))
    axis.set_title(f"{Path(match.path).name}\n{match.distance:.4f}", fontsize=9)
for axis in axes:
    axis.axis("off")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## What must hold
#
# So that this example is a test as well.

# %%
grouped = [{Path(file["image"]).name for file in group["files"]} for group in groups]
assert {Path(failure["image"]).name for failure in report["failures"]} == {"broken.jpg", "note.jpg"}
assert report["added"] == 12 and again["added"] == 0 and again["unchanged"] == 12
assert all(len({name.removeprefix("copy of ").split(".")[0].split()[0] for name in names}) == 1 for names in grouped)
assert {"mountains.png", "copy of mountains.png", "mountains web.jpg", "mountains small.jpg"} in grouped
assert {"boat.png", "boat.jpg", "boat mirrored.jpg", "boat soft.jpg", "boat cropped.jpg"} in grouped
assert all(Path(group["files"][0]["image"]).parent.name == "camera" for group in groups)
assert not index.duplicates("re-encoded", progress=False)["groups"]
assert left["images"] == 12 - len(moved) and all(Path(name).exists() for name in ds.find_images(folder))
assert len(moved) == 4
assert ["boat" in match.path for match in matches] == [True] * 4 + [False] * 2
assert matches[3].distance < 0.7 * matches[4].distance
index.close()
scratch.cleanup()
