"""Every way to give an image gives the same pixels as its file does."""

import io
import os
import pathlib
import subprocess
import sys

import numpy as np
import PIL.Image
import pytest
from conftest import FIXTURES, SAMPLES

import dreamsim_native as ds

SCENE = SAMPLES / "scene.jpg"


def decoded(path):
    with PIL.Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_kinds_of_images(mse):
    pixels = decoded(SCENE)
    contents = SCENE.read_bytes()
    kinds = [str(SCENE), SCENE, contents, bytearray(contents), memoryview(contents), PIL.Image.open(SCENE), pixels]
    assert mse.distances(SCENE, kinds).tolist() == [0] * len(kinds)


def test_layouts_of_arrays(mse):
    pixels = decoded(SCENE)
    planes = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
    frozen = pixels.copy()
    frozen.flags.writeable = False
    wide = np.zeros((pixels.shape[0], pixels.shape[1] * 2, 3), np.uint8)
    wide[:, ::2] = pixels
    layouts = {
        "read-only": frozen,
        "planes": np.moveaxis(planes, 0, -1),
        "Fortran order": np.asfortranarray(pixels),
        "every second column": wide[:, ::2],
        "turned twice": np.ascontiguousarray(pixels[::-1, ::-1])[::-1, ::-1],
        "channels backward": np.ascontiguousarray(pixels[:, :, ::-1])[:, :, ::-1],
        "opaque": np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]),
    }
    for name, layout in layouts.items():
        assert mse.distance(SCENE, layout) == 0, name


def test_gray_arrays(mse):
    gray = decoded(SCENE)[:, :, 0]
    expected = np.dstack([gray] * 3)
    repeated = np.broadcast_to(gray[:, :, None], expected.shape)
    for image in (gray, gray[:, :, None], repeated, gray.T.copy().T):
        assert mse.distance(expected, image) == 0


def test_transparency_is_over_white(mse, pixels):
    color = pixels()
    alpha = np.random.default_rng(2).integers(0, 256, color.shape[:2], np.uint8)
    weight = alpha[:, :, None].astype(int)
    expected = ((color * weight + 255 * (255 - weight) + 127) // 255).astype(np.uint8)
    image = np.dstack([color, alpha])
    assert mse.distance(expected, image) == 0
    assert mse.distance(expected, PIL.Image.fromarray(image, "RGBA")) == 0


@pytest.mark.parametrize(
    "path",
    sorted(path for path in FIXTURES.iterdir() if path.suffix in (".png", ".jpg", ".tif", ".webp")),
    ids=lambda path: path.name,
)
def test_pillow_images_are_as_their_files(mse, path):
    try:
        expected = mse.value(path, path)
        image = PIL.Image.open(path)
        image.load()
    except (ds.DreamSimError, OSError) as error:
        pytest.skip(f"not read by both: {error}")
    assert expected == 0
    # Of colors that were made by a profile, rounding may differ.
    assert mse.distance(path, image) <= (1e-5 if image.info.get("icc_profile") else 0)


@pytest.mark.parametrize(
    "name", ["orientation_6.jpg", "palette_alpha.png", "profile.jpg", "rgba16.png", "cmyk_plain.jpg"]
)
def test_pillow_images_in_parity_with_the_reference(name):
    lite = ds.load("lite", parity="reference")
    with PIL.Image.open(FIXTURES / name) as image:
        converted = image.convert("RGB")
        expected = np.asarray(converted.resize((lite.side, lite.side), PIL.Image.BICUBIC), np.float32) / np.float32(255)
        np.testing.assert_array_equal(lite.preprocess(image), np.moveaxis(expected, -1, 0))
    np.testing.assert_allclose(lite.preprocess(FIXTURES / name), np.moveaxis(expected, -1, 0), atol=1e-7)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "LAB", "RGBa", "La"]
)
def test_modes_of_pillow(mse, mode):
    image = PIL.Image.open(SCENE)
    if mode in ("La", "RGBa", "PA"):
        image = image.convert({"La": "LA", "RGBa": "RGBA", "PA": "P"}[mode])
    if mode == "LAB":
        from PIL import ImageCms

        to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
        image = ImageCms.applyTransform(image, to_lab)
    else:
        image = image.convert(mode)
    assert mse.distance(image, image) == 0
    # Within what the mode itself loses.
    assert mse.distance(SCENE, image) < (0.3 if mode in ("1", "L", "LA", "La") else 0.01)


@pytest.mark.parametrize("mode", ["I", "F"])
def test_modes_without_a_range_are_refused(mse, mode):
    with pytest.raises(ds.ArgumentError, match="no stated range"):
        mse.distance(SCENE, PIL.Image.open(SCENE).convert(mode))


def test_damaged_pillow_images(mse):
    image = PIL.Image.open(io.BytesIO(SCENE.read_bytes()[:2000]))
    with pytest.raises(ds.FileError, match="cannot be read"):
        mse.distance(SCENE, image)


REFUSED = {
    "float": (np.zeros((4, 4, 3), np.float32), "round"),
    "double": (np.zeros((4, 4, 3)), "round"),
    "16 bits": (np.zeros((4, 4, 3), np.uint16), ">> 8"),
    "int64": (np.zeros((4, 4, 3), int), "astype"),
    "bool": (np.zeros((4, 4), bool), "255"),
    "objects": (np.zeros((4, 4), object), "uint8"),
    "channels first": (np.zeros((3, 4, 5), np.uint8), "moveaxis"),
    "two channels": (np.zeros((5, 6, 2), np.uint8), "gray and alpha"),
    "many": (np.zeros((2, 4, 5, 3), np.uint8), "many"),
    "no pixels": (np.zeros((0, 5, 3), np.uint8), "no pixels"),
    "no dimensions": (np.uint8(3) + np.zeros((), np.uint8), "images"),
    "None": (None, "images are"),
    "number": (3, "images are"),
    "list": ([[1, 2], [3, 4]], "images are"),
    "empty path": ("", "empty"),
    "zero byte": ("a\0b", "zero byte"),
    "empty bytes": (b"", "empty"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_image_is_refused_with_advice(mse, name):
    image, advice = REFUSED[name]
    with pytest.raises(ds.ArgumentError, match=advice):
        mse.distance(SCENE, image)
    with pytest.raises(ds.ArgumentError, match=advice):
        mse.distance(image, SCENE)


def test_files_that_are_no_images(mse, tmp_path):
    (tmp_path / "text.png").write_text("no image")
    for image in (tmp_path / "missing.png", tmp_path, tmp_path / "text.png", b"no image"):
        with pytest.raises(ds.DreamSimError, match=r"; |no image|cannot|not"):
            mse.distance(SCENE, image)
    with pytest.raises(OSError):
        mse.distance(SCENE, tmp_path / "missing.png")


def test_names_that_are_not_unicode(mse, tmp_path):
    name = tmp_path / b"scene-\xff.jpg".decode("utf-8", "surrogateescape")
    name.write_bytes(SCENE.read_bytes())
    assert mse.distance(SCENE, name) == 0
    assert ds.find_images(tmp_path) == [str(name)]


def test_finding_images(tmp_path):
    for name in ("a/1.jpg", "a/2.png", "b/3.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "b/notes.txt").write_text("no image")
    (tmp_path / "b/again").symlink_to(tmp_path / "a")

    def found(*paths, **options):
        return sorted(
            str(pathlib.Path(path).relative_to(tmp_path)) for path in ds.find_images(paths or tmp_path, **options)
        )

    assert set(found(follow_links=False)) == {"a/1.jpg", "a/2.png", "b/3.jpg"}
    assert found(include=["*.png"], follow_links=False) == ["a/2.png"]
    assert found(exclude=["a"], follow_links=False) == ["b/3.jpg"]
    assert found(tmp_path / "a/2.png", tmp_path / "b", follow_links=False) == ["a/2.png", "b/3.jpg"]
    with pytest.raises(ds.ArgumentError, match="str or os.PathLike"):
        ds.find_images([3])


WITHOUT_LIBVIPS = """
import pathlib, sys, warnings
import dreamsim_native as ds
scene, bad = sys.argv[1], sys.argv[2]
mse = ds.load("mse")
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    failures = {}
    found = mse.distances(scene, [scene, pathlib.Path(scene).read_bytes()], failures=failures)
    assert found.tolist() == [0, 0] and not failures, (found, failures)
    assert mse.distance(scene, scene) == 0
    lite = ds.load("lite")
    assert [one.error for one in lite.iter_embed([scene])] == [None]
    lite.heat_map(scene, scene)
    lite.preprocess(scene)
assert len(said) == 1 and said[0].category is ds.DreamSimWarning and said[0].filename == "<string>", said[0]
try:
    mse.distance(scene, bad)
except ds.FileError as error:
    assert bad in str(error)
else:
    raise AssertionError
print("done")
"""


def test_without_libvips_files_are_decoded_by_pillow(tmp_path):
    (tmp_path / "libvips.so.42").write_bytes(b"")  # found first, and no library
    (tmp_path / "bad.jpg").write_text("no image")
    arguments = [sys.executable, "-c", WITHOUT_LIBVIPS, str(SCENE), str(tmp_path / "bad.jpg")]
    environment = dict(os.environ, LD_LIBRARY_PATH=f"{tmp_path}:{os.environ.get('LD_LIBRARY_PATH', '')}")
    run = subprocess.run(arguments, env=environment, capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout == "done\n", run.stderr
