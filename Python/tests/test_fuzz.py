"""Whatever is given: a right answer or an error of the family, and the process lives."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays

import dreamsim_native as ds

settings.register_profile(
    "tests", deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("tests")

SHAPES = arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=12)
ANY_ARRAY = SHAPES.flatmap(
    lambda shape: some.one_of(
        arrays.arrays(np.uint8, shape),
        arrays.arrays(arrays.scalar_dtypes(), shape),
    )
)
PIXELS = arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=16).flatmap(
    lambda shape: some.sampled_from([shape, (*shape, 1), (*shape, 3), (*shape, 4)]).flatmap(
        lambda whole: arrays.arrays(np.uint8, whole)
    )
)
STEPS = some.tuples(*[some.sampled_from([1, -1, 2, -2])] * 2)
ANYTHING = some.one_of(
    ANY_ARRAY,
    PIXELS,
    some.binary(max_size=64),
    some.text(max_size=20),
    some.none(),
    some.integers(),
    some.floats(),
    some.lists(some.integers(), max_size=3),
    some.dictionaries(some.text(max_size=3), some.integers(), max_size=2),
)


def rgb(image):
    """What an image is over white, [H, W, 3], by plain arithmetic."""
    image = image[:, :, None] if image.ndim == 2 else image
    if image.shape[2] == 4:
        alpha = image[:, :, 3:].astype(int)
        return ((image[:, :, :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


@given(PIXELS, STEPS, some.booleans())
def test_any_layout_of_pixels(image, steps, turn):
    view = image[:: steps[0], :: steps[1]]
    if turn:
        view = view.swapaxes(0, 1)
    other = np.full((*view.shape[:2], 3), 77, np.uint8)
    expected = np.mean((rgb(view) / 255 - 77 / 255) ** 2)
    assert ds.load("mse").distance(view, other) == pytest.approx(expected, abs=1e-6)
    assert ds.load("mse").distance(view, rgb(view)) == 0


@given(ANYTHING, ANYTHING)
def test_anything_as_images(a, b):
    for metric in (ds.load("mse"), ds.load("ssim")):
        try:
            assert isinstance(metric.distance(a, b), float)
        except ds.DreamSimError as error:
            assert str(error)


@settings(max_examples=50)
@given(some.lists(ANYTHING, max_size=4))
def test_anything_among_many(images):
    failures = {}
    found = ds.load("mse").distances(np.zeros((8, 8, 3), np.uint8), images, failures=failures)
    assert len(found) == len(images)
    assert {place for place, value in enumerate(found) if np.isnan(value)} == set(failures)


@given(some.one_of(ANY_ARRAY, ANYTHING), some.one_of(ANY_ARRAY, ANYTHING), some.booleans())
def test_anything_as_batches(x, y, check):
    try:
        values, by_x, by_y = ds.load("mse").distance_and_gradient(x, y, both=True, check=check)
        assert by_x.shape == x.shape and by_y.shape == y.shape
    except ds.DreamSimError as error:
        assert str(error)


@given(
    arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14).flatmap(
        lambda size: arrays.arrays(np.float32, (2, 3, *size), elements=some.floats(0, 1, width=32))
    ),
    some.tuples(*[some.sampled_from([1, -1, 2, -3])] * 2),
)
def test_any_strides_of_batches(batch, steps):
    view = batch[:, :, :: steps[0], :: steps[1]]
    other = np.full(view.shape, 0.25, np.float32)
    values, gradient = ds.load("mse").distance_and_gradient(view, other)
    np.testing.assert_allclose(values, ((view - other) ** 2).mean((1, 2, 3)), rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(gradient, 2 * (view - other) / view[0].size, rtol=1e-3, atol=1e-7)


@settings(max_examples=100)
@given(some.text(max_size=30))
def test_any_name(name):
    try:
        ds.load(name, offline=True)
    except ds.DreamSimError as error:
        assert str(error)


@settings(max_examples=100)
@given(
    some.fixed_dictionaries(
        {},
        optional={
            "precision": some.text(max_size=8),
            "fit": some.text(max_size=8),
            "side": some.one_of(some.integers(), some.floats()),
            "parity": some.text(max_size=9),
            "feature": some.text(max_size=8),
            "adapter": some.text(max_size=8),
            "head": some.text(max_size=8),
            "weights": some.text(max_size=8),
            "normalize": some.booleans(),
        },
    )
)
def test_any_options(options):
    for name in ("mse", "vits14-focus"):
        try:
            ds.load(name, offline=True, **options)
        except ds.DreamSimError as error:
            assert str(error)
