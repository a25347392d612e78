"""Gradients by arrays of float32."""

import numpy as np
import pytest

import dreamsim_native as ds


@pytest.fixture
def batches():
    random = np.random.default_rng(3)
    return lambda n=2, height=24, width=20: random.random((n, 3, height, width), np.float32)


def test_gradient_of_mse(batches):
    x, y = batches(), batches()
    values, by_x, by_y = ds.load("mse").distance_and_gradient(x, y, both=True)
    assert values.dtype == np.float64 and by_x.dtype == by_y.dtype == np.float32 and by_x.shape == x.shape
    np.testing.assert_allclose(values, ((x - y) ** 2).mean((1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(by_x, 2 * (x - y) / x[0].size, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(by_y, -by_x, rtol=1e-4, atol=1e-9)
    again, alone = ds.load("mse").distance_and_gradient(x, y)
    np.testing.assert_allclose(again, values)
    np.testing.assert_allclose(alone, by_x, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("name", ["ssim", "lite", "ssim + 0.5*mse"])
def test_gradients_are_what_small_steps_show(name, batches):
    metric = ds.load(name)
    side = metric.side or 32
    x, y = batches(1, side, side), batches(1, side, side)
    value, by_x, by_y = metric.distance_and_gradient(x, y, both=True)
    for gradient, moved in ((by_x, 0), (by_y, 1)):
        step = gradient / np.linalg.norm(gradient) * np.float32(0.05)
        low, high = (
            [side_ + sign * step if place == moved else side_ for place, side_ in enumerate((x, y))] for sign in (-1, 1)
        )
        change = (
            metric.distance_and_gradient(*high, check=False)[0] - metric.distance_and_gradient(*low, check=False)[0]
        )
        np.testing.assert_allclose(change, 2 * 0.05 * np.linalg.norm(gradient), rtol=0.05)


def test_one_pair(batches):
    x, y = batches(), batches()
    values, by_x, by_y = ds.load("ssim").distance_and_gradient(x, y, both=True)
    value, alone, other = ds.load("ssim").distance_and_gradient(x[0], y[0], both=True)
    assert value.shape == () and alone.shape == other.shape == x.shape[1:]
    assert value == pytest.approx(values[0])
    np.testing.assert_allclose(alone, by_x[0], atol=1e-7)


def test_strides(batches):
    metric = ds.load("mse")
    x, y = batches(3), batches(3)
    expected, gradient = metric.distance_and_gradient(x, y)
    frozen = x.copy()
    frozen.flags.writeable = False
    last = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    back = np.ascontiguousarray(x[:, :, ::-1, ::-1])[:, :, ::-1, ::-1]
    for layout in (frozen, last, back):
        values, by_layout = metric.distance_and_gradient(layout, y)
        np.testing.assert_array_equal(values, expected)
        np.testing.assert_array_equal(by_layout, gradient)
    spread = np.broadcast_to(y[:1], y.shape)
    values, _ = metric.distance_and_gradient(x, spread)
    np.testing.assert_allclose(values, ((x - y[:1]) ** 2).mean((1, 2, 3)), rtol=1e-5)


GOOD = np.full((1, 3, 16, 16), 0.5, np.float32)
BAD = {
    "double": (GOOD.astype(float), "astype"),
    "uint8": (GOOD.astype(np.uint8), "/ 255"),
    "half": (GOOD.astype(np.float16), "astype"),
    "list": (GOOD.tolist(), "np.asarray"),
    "channels last": (np.moveaxis(GOOD, 1, -1), "moveaxis"),
    "flat": (GOOD[0, 0], r"\[N, 3, H, W\]"),
    "no pixels": (GOOD[:, :, :0], "no pixels"),
    "no images": (GOOD[:0], "no pixels"),
    "NaN": (np.where(np.eye(16), np.float32("nan"), GOOD), "NaN"),
    "infinite": (np.where(np.eye(16), np.float32("inf"), GOOD), "infinite"),
    "[-1, 1]": (GOOD * 2 * np.linspace(-1, 1, 16, dtype=np.float32), r"\(x \+ 1\) / 2"),
    "[0, 255]": (GOOD * 500, "/ 255"),
    "[0, 1.1]": (GOOD * np.float32(2.2), "clip"),
    "other byte order": (GOOD.astype(">f4"), "astype"),
    "odd strides": (np.zeros((1, 3, 16, 16), np.dtype([("a", np.uint8), ("x", np.float32)]))["x"], "ascontiguousarray"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_batch_is_refused_with_advice(name):
    bad, advice = BAD[name]
    with pytest.raises(ds.ArgumentError, match=advice):
        ds.load("mse").distance_and_gradient(bad, GOOD if not hasattr(bad, "shape") else np.resize(GOOD, bad.shape))


def test_shapes_have_to_agree():
    with pytest.raises(ds.ArgumentError, match="broadcast_to"):
        ds.load("mse").distance_and_gradient(np.repeat(GOOD, 2, 0), GOOD)
    with pytest.raises(ds.ArgumentError, match="broadcast_to"):
        ds.load("mse").distance_and_gradient(GOOD[0], GOOD)


def test_range_can_be_left_unchecked():
    values, gradient = ds.load("mse").distance_and_gradient(GOOD * 4, GOOD, check=False)
    assert values[0] == pytest.approx(2.25) and np.isfinite(gradient).all()
    values, _ = ds.load("mse").distance_and_gradient(GOOD + np.float32(0.5005), GOOD)
    assert np.isfinite(values).all()


@pytest.mark.parametrize("name", ["ssim", "lite", "mse"])
def test_identical_and_flat_images_have_finite_gradients(name):
    metric = ds.load(name)
    flat = np.full((1, 3, metric.side or 32, metric.side or 32), 0.5, np.float32)
    values, gradient = metric.distance_and_gradient(flat, flat)
    assert abs(values[0]) < 1e-5 and np.isfinite(gradient).all()


def test_metrics_without_gradient():
    with pytest.raises(ds.UnsupportedError):
        ds.load("pdq").distance_and_gradient(GOOD, GOOD)


def test_many_pairs_are_as_each_alone():
    random = np.random.default_rng(3)
    x, y = (random.random((19, 3, 16, 12), np.float32) for _ in range(2))
    for name in ("mse", "ssim + 0.5*l1"):
        metric = ds.load(name)
        values, by_x, by_y = metric.distance_and_gradient(x, y, both=True)
        for place in range(len(x)):
            alone = metric.distance_and_gradient(x[place], y[place], both=True)
            assert values[place] == alone[0]
            np.testing.assert_array_equal(by_x[place], alone[1])
            np.testing.assert_array_equal(by_y[place], alone[2])


def test_what_would_change_nothing_is_refused():
    x = np.zeros((1, 3, 16, 16), np.float32)
    metric = ds.load("mse")
    with pytest.raises(TypeError, match="masked"):
        metric.distance_and_gradient(np.ma.masked_array(x, True), x)
    for options in ({"both": "no"}, {"check": "no"}, {"check": None}):
        with pytest.raises(TypeError, match="True or False"):
            metric.distance_and_gradient(x, x, **options)
