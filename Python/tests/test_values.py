"""Distances, values and embeddings are those of the command."""

import copy

import numpy as np
import pytest
from conftest import SAMPLES, command, command_json

import dreamsim_native as ds

OTHERS = [SAMPLES / f"{name}.jpg" for name in ("shifted", "recolored", "blurred", "different", "scene")]
# Those that need no weights, and those of `make demo`.
METRICS = ["lite", "vits14-focus", "mse", "l1", "l2", "psnr", "ssim", "pdq"]


@pytest.fixture(scope="module")
def reported():
    report = command_json("compare", SAMPLES / "scene.jpg", *OTHERS, "--metric", ",".join(METRICS))
    return {result["image"]: result["values"] for result in report["results"]}


@pytest.mark.parametrize("name", METRICS)
def test_values_are_those_of_the_command(name, reported):
    metric = ds.load(name)
    expected = np.array([float(reported[str(path)][name]) for path in OTHERS])
    found = metric.values(SAMPLES / "scene.jpg", OTHERS)
    assert found.dtype == np.float64 and found.shape == (5,)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
    single = [metric.value(SAMPLES / "scene.jpg", path) for path in OTHERS]
    np.testing.assert_allclose(single, expected, rtol=1e-6, atol=1e-6)
    pairs = metric.pair_values([SAMPLES / "scene.jpg"] * 5, OTHERS)
    np.testing.assert_allclose(pairs, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", METRICS)
def test_distances_are_lower_for_more_alike_images(name):
    metric = ds.load(name)
    near, far = metric.distances(SAMPLES / "scene.jpg", [SAMPLES / "recompressed.jpg", SAMPLES / "different.jpg"])
    assert near < far
    assert metric.distance(SAMPLES / "scene.jpg", SAMPLES / "recompressed.jpg") == pytest.approx(near, abs=1e-6)
    assert metric.distance(SAMPLES / "scene.jpg", SAMPLES / "scene.jpg") <= 1e-6


def test_ssim_as_a_distance():
    ssim = ds.load("ssim")
    a, b = SAMPLES / "scene.jpg", SAMPLES / "blurred.jpg"
    assert ssim.direction == "higher is more alike"
    assert ssim.distance(a, b) == pytest.approx(1 - ssim.value(a, b), abs=1e-12)
    psnr = ds.load("psnr")
    assert psnr.distance(a, b) == -psnr.value(a, b)
    assert psnr.value(a, a) == np.inf and psnr.distance(a, a) == -np.inf


def test_embeddings_are_those_of_the_command(lite, tmp_path):
    command("embed", *OTHERS, "-o", tmp_path / "embeddings.npy", "--model", "lite")
    expected = np.load(tmp_path / "embeddings.npy")
    found = lite.embed(OTHERS)
    assert found.shape == (5, lite.width) and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(lite.embed(OTHERS[1]), expected[1], rtol=0, atol=1e-6)


def test_distances_of_embeddings_are_those_of_images(lite):
    embeddings = lite.embed(OTHERS)
    expected = lite.distances(OTHERS[0], OTHERS)
    np.testing.assert_allclose(embeddings[0].distances(embeddings), expected, atol=1e-6)
    assert embeddings.distances(embeddings).shape == (5, 5)
    assert embeddings[0].distances(embeddings[1]).shape == ()


def test_embeddings_carry_their_stamp(lite):
    embeddings = lite.embed(OTHERS[:2])
    assert embeddings.stamp == lite.stamp and embeddings[0].stamp == lite.stamp and embeddings[:1].stamp == lite.stamp
    scaled = embeddings * 2
    assert type(scaled) is np.ndarray
    assert type(embeddings.sum()) is np.float32
    other = ds.load("vits14-focus").embed(OTHERS[:2])
    with pytest.raises(ds.IncomparableError, match="embed all images with one model"):
        embeddings.distances(other)
    with pytest.raises(TypeError, match="Embeddings"):
        embeddings.distances(np.asarray(embeddings))
    stored = ds.Embeddings(np.asarray(embeddings), lite.stamp)
    assert stored.distances(embeddings)[0, 0] == pytest.approx(0, abs=1e-12)


def test_normalization_changes_embeddings_and_their_stamp():
    whole, raw = ds.load("vits14-focus"), ds.load("vits14-focus", normalize=False)
    assert raw.stamp != whole.stamp
    one, other = raw.embed(OTHERS[0]), whole.embed(OTHERS[0])
    assert np.linalg.norm(other) == pytest.approx(1, abs=1e-6) and np.linalg.norm(one) > 2
    with pytest.raises(ds.IncomparableError):
        one.distances(other)


def test_many_are_none(lite, mse):
    assert lite.embed([]).shape == (0, lite.width)
    assert mse.distances(OTHERS[0], []).shape == (0,)
    assert mse.pair_distances([], []).shape == (0,)
    assert list(lite.iter_embed([])) == []


def test_bad_images_among_many(lite, mse, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_text("no image")
    failures = {}
    found = mse.distances(OTHERS[0], [OTHERS[0], bad, OTHERS[0]], failures=failures)
    assert list(failures) == [1] and isinstance(failures[1], ds.DreamSimError) and "bad.jpg" in str(failures[1])
    assert np.isnan(found[1]) and found[0] == found[2] == 0
    with pytest.raises(ds.DreamSimError, match="bad.jpg"):
        mse.distances(OTHERS[0], [OTHERS[0], bad])
    failures = {}
    embeddings = lite.embed([bad, OTHERS[0]], failures=failures)
    assert list(failures) == [0] and np.isnan(embeddings[0]).all() and np.isfinite(embeddings[1]).all()


def test_streams_carry_images_and_errors(lite, tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("b/2.jpg", "1.jpg", "3.jpg"):
        (tmp_path / name).write_bytes((SAMPLES / "scene.jpg").read_bytes())
    (tmp_path / "b" / "1.jpg").write_text("no image")
    found = list(lite.embed_folder(tmp_path, batch=2))
    assert sorted(one.image for one in found) == sorted(ds.find_images(tmp_path)) and len(found) == 4
    expected = lite.embed(SAMPLES / "scene.jpg")
    for image, embedding, error in found:
        if image.endswith("b/1.jpg"):
            assert embedding is None and "b/1.jpg" in str(error)
        else:
            assert error is None and embedding.stamp == lite.stamp
            np.testing.assert_allclose(embedding, expected, atol=1e-6)


def test_streams_without_end(lite, pixels):
    def endless():
        while True:
            yield pixels()
            yield "no such file"
            yield 5

    found = [one for one, _ in zip(lite.iter_embed(endless(), batch=3), range(7))]
    assert [one.error is None for one in found] == [True, False, False] * 2 + [True]
    assert isinstance(found[2].error, TypeError)


def test_arrays_of_many_images(mse, lite, pixels):
    many = np.stack([pixels() for _ in range(3)])
    assert mse.pair_distances(many, list(many)).tolist() == [0, 0, 0]
    assert mse.distances(many[0], many)[0] == 0
    assert lite.embed(many).shape == (3, lite.width)


def test_preprocessing(lite, pixels):
    found = lite.preprocess(SAMPLES / "scene.jpg")
    assert found.shape == (3, lite.side, lite.side) and found.dtype == np.float32
    assert 0 <= found.min() and found.max() <= 1
    square = pixels(lite.side, lite.side)
    np.testing.assert_allclose(lite.preprocess(square), np.moveaxis(square, -1, 0) / np.float32(255), atol=1e-7)


def test_heat_maps(lite, pixels):
    a = pixels()
    b = a.copy()
    b[:10, :10] = 255 - b[:10, :10]
    found = ds.load("mse").heat_map(a, b)
    assert found.shape == (40, 30) and found.dtype == np.float32
    assert found[:10, :10].sum() > 0 and found[20:].max() == 0
    attention = lite.heat_map(SAMPLES / "scene.jpg", kind="attention")
    assert attention.ndim == 2 and attention.min() >= 0 and attention.max() > 0
    with pytest.raises(TypeError, match="give b"):
        lite.heat_map(a)
    with pytest.raises(TypeError, match="leave b out"):
        lite.heat_map(a, b, kind="attention")
    with pytest.raises(ds.DreamSimError, match="unheard"):
        lite.heat_map(a, kind="unheard")


def test_description(lite):
    found = lite.describe()
    assert found["name"] == lite.name == "lite" and found["width"] == lite.width == 512
    assert lite.direction == "lower is more alike" and found["weights"] and found["hasGradient"] is True
    assert ds.load("psnr").describe()["identical"] == np.inf
    assert ds.load("ssim").stamp is None and ds.load("ssim").side is None
    assert "lite" in repr(lite)
    found["name"] = "changed"
    assert lite.name == "lite"


def test_losses_of_several_metrics(pixels):
    a, b = pixels(), pixels()
    loss = ds.load("ssim + 0.5*mse")
    assert loss.distance(a, b) == pytest.approx(
        ds.load("ssim").distance(a, b) + 0.5 * ds.load("mse").distance(a, b), abs=1e-6
    )


def test_options_that_change_nothing_are_refused():
    for name, options in [
        ("ssim", {"precision": "int16"}),
        ("ssim", {"side": 100}),
        ("ssim", {"fit": "pad"}),
        ("ssim + mse", {"normalize": False}),
        ("ssim + mse", {"precision": "int16"}),
        ("ssim", {"head": "none.safetensors"}),
        ("lite + mse", {"feature": "cls"}),
        ("lite", {"normalize": "no"}),
    ]:
        with pytest.raises((ds.ArgumentError, TypeError), match=next(iter(options))):
            ds.load(name, **options)
    with pytest.raises(TypeError, match="failures"):
        ds.load("mse").distances(OTHERS[0], OTHERS, failures=True)


def test_images_before_an_iterator_fails_are_embedded(lite):
    def images():
        yield from OTHERS[:2]
        raise KeyError("the caller's own")

    found = []
    with pytest.raises(KeyError, match="the caller's own"):
        for one in lite.iter_embed(images()):
            found.append(one.image)
    assert found == OTHERS[:2]
    assert list(lite.iter_embed([])) == [] and len(list(lite.iter_embed(OTHERS[:2], batch=1))) == 2


def test_masks_are_not_ignored():
    masked = np.ma.masked_array(np.zeros((8, 8, 3), np.uint8), True)
    with pytest.raises(ds.ArgumentError, match="filled"):
        ds.load("mse").distance(masked, masked)


def test_parts_of_embeddings_are_none(lite):
    embeddings = lite.embed(OTHERS[:2])
    assert embeddings[0].stamp == embeddings[:1].stamp == lite.stamp
    for whole in (embeddings.copy(), copy.deepcopy(embeddings), next(iter(embeddings)), embeddings[None], embeddings[[1, 0]]):
        assert whole.stamp == lite.stamp
    made = [np.sort(embeddings), np.roll(embeddings, 1), embeddings.astype(np.float16), embeddings[..., ::-1]]
    for part in (embeddings.T, embeddings[:, :3], embeddings[0, :3], embeddings[embeddings > 0], *made):
        assert part.stamp is None
        with pytest.raises(ds.IncomparableError, match="without a stamp"):
            part.distances(part)


def test_every_name_is_there():
    assert all(getattr(ds, name) is not None for name in ds.__all__)
