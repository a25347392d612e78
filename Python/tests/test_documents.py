"""The code of the README and of the article about Python runs."""

import csv
import re
import shutil

import numpy as np
import PIL.Image
import pytest
from conftest import ROOT, SAMPLES

import dreamsim_native as ds

DOCUMENTS = [ROOT / "README.md", ROOT / "Python/README.md", ROOT / "Sources/DreamSim/DreamSim.docc/Python.md"]
BLOCKS = [
    pytest.param(
        match[1],
        id=f"{path.parent.name}/{path.name}:{number}",
        marks=[pytest.mark.torch] if ".torch" in match[1] else [],
    )
    for path in DOCUMENTS
    for number, match in enumerate(re.finditer(r"^```python\n(.*?)^```$", path.read_text(), re.S | re.M), 1)
]
# What stands for metrics whose weights are not here.
STANDING_IN = {"ensemble": "lite", "lpips-alex": "mse", "dists": "mse", "lpips-vgg": "mse"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """What the blocks name: files, a folder of photographs, one of judgments."""
    for name in ("a.png", "b.png", "query.jpg"):
        PIL.Image.open(SAMPLES / "scene.jpg").save(tmp_path / name)
    shutil.copytree(SAMPLES, tmp_path / "photographs")
    shutil.copytree(SAMPLES, tmp_path / "nights")
    with open(tmp_path / "nights/data.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["id", "ref_path", "left_path", "right_path", "left_vote", "right_vote", "votes", "split", "is_imagenet"]
        )
        rows.writerow([0, "scene.jpg", "shifted.jpg", "different.jpg", 1, 0, 8, "test", "False"])
        rows.writerow([1, "scene.jpg", "mirrored.jpg", "recompressed.jpg", 0, 1, 8, "test", "True"])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_blocks():
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize("block", BLOCKS)
def test_code_of_documents(block, folder, monkeypatch):
    load = ds.load

    def load_what_is_here(name, **options):
        return load(STANDING_IN.get(name, name), **options)

    monkeypatch.setattr(ds, "load", load_what_is_here)
    if ".torch" in block:
        import dreamsim_native.compat
        import dreamsim_native.torch

        monkeypatch.setattr(dreamsim_native.compat, "load", load_what_is_here)
        monkeypatch.setattr(dreamsim_native.torch, "load", load_what_is_here)
        block = re.sub(r"^.*pyiqa.*$", "", block, flags=re.M).replace('("ensemble")', '("lite")')
    image = PIL.Image.open(SAMPLES / "scene.jpg")
    paths = [str(path) for path in ds.find_images(SAMPLES)[:3]]
    x = np.random.default_rng(1).random((2, 3, 16, 16), np.float32)
    names = {
        "ds": ds,
        "model": load("lite"),
        "images": paths,
        "others": paths,
        "pil_image": image,
        "a": image,
        "b": image,
    }
    names.update(x=x, y=x * np.float32(0.5))
    exec(block, names)
