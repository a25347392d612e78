"""Scores of sets are those of the command; moments merge to those of one pass."""

import pickle

import numpy as np
import pytest
from conftest import ROOT, SAMPLES, command_json

import dreamsim_native as ds

FOLDER = ROOT / "Tests/Fixtures/sets"
REAL, GENERATED = FOLDER / "real.npy", FOLDER / "generated.npy"


def values(report):
    return {entry["score"]: entry["value"] for entry in report["scores"]}


def test_scores_are_those_of_the_command():
    expected = values(command_json("sets", REAL, GENERATED))
    assert values(ds.sets(REAL, GENERATED)) == expected
    arrays = [np.load(path) for path in (REAL, GENERATED)]
    assert values(ds.sets(*arrays)) == expected
    # Other types and strides hold the same numbers.
    doubles = [np.asfortranarray(array.astype(">f8")) for array in arrays]
    found = values(ds.sets(*doubles, resamples=0))
    assert found == pytest.approx(expected, rel=1e-12)


def test_options():
    report = ds.sets(REAL, GENERATED, scores="fd", neighbors=3, resamples=0, contributions=True)
    assert [entry["score"] for entry in report["scores"]] == ["fd"] and "interval" not in report["scores"][0]
    assert len(report["contributions"]) == 210
    one = ds.sets(REAL, pairs=2)
    assert len(one["nearest"]) == 2 and one["diversity"]["value"] > 0


def test_folders(lite):
    files = ds.find_images(SAMPLES)
    report = ds.sets(SAMPLES, files[:-1], metric=lite, scores=["fd", "precision"])
    assert report["stamp"] == lite.stamp and report["real"]["images"] == len(files)
    with pytest.raises(ds.ArgumentTypeError, match="a metric is needed"):
        ds.sets(SAMPLES, files)


def test_moments_merge(tmp_path):
    real, generated = np.load(REAL), np.load(GENERATED)
    parts = [ds.SetMoments(16).add(real[first : first + 50]) for first in (0, 50, 100)]
    total = pickle.loads(pickle.dumps(parts[2])) + parts[0] + parts[1]
    other = ds.SetMoments(16).add(generated)
    expected = values(ds.sets(REAL, GENERATED, scores="fd"))["fd"]
    assert total.count == 120
    assert total.frechet_distance(other) == pytest.approx(expected, rel=1e-9)
    np.testing.assert_allclose(total.covariance, np.cov(real.astype(np.float64), rowvar=False), rtol=1e-10, atol=1e-12)
    total.save(tmp_path / "real.npz")
    assert values(command_json("sets", tmp_path / "real.npz", GENERATED, "--score", "fd"))["fd"] == pytest.approx(
        expected, rel=1e-9
    )
    for path in (tmp_path / "real.npz", FOLDER / "statistics.npz"):
        assert ds.SetMoments.load(path).frechet_distance(other) == pytest.approx(expected, rel=1e-9)
    with pytest.raises(ds.ArgumentError, match="without a count"):
        ds.SetMoments.load(FOLDER / "statistics.npz").add(real)


def test_what_cannot_be(tmp_path):
    real = np.load(REAL)
    broken = real.copy()
    broken[7, 3] = np.nan
    with pytest.raises(ds.ArgumentError, match="row 7 holds a NaN"):
        ds.sets(real, broken)
    with pytest.raises(ds.IncomparableError, match="components"):
        ds.sets(real, real[:, :8])
    with pytest.raises(ds.FileError, match="at least 6"):
        ds.sets(real, real[:5])
    with pytest.raises(ds.ArgumentTypeError, match="int64"):
        ds.sets(np.zeros((4, 4), np.int64))
    with pytest.raises(ds.ArgumentTypeError, match="shape"):
        ds.sets(real[0])
    with pytest.raises(ds.ArgumentError, match="unknown"):
        ds.sets(real, real, scores=["fid"])
    with pytest.raises(ds.IncomparableError):
        ds.sets(ds.Embeddings(real, {"model": "a"}), ds.Embeddings(real, {"model": "b"}))
    with pytest.raises(ds.FileError, match="at least 2"):
        ds.SetMoments(16).add(real[:1]).frechet_distance(ds.SetMoments(16).add(real))
    with pytest.raises(ds.IncomparableError):
        ds.SetMoments(8).add(real)
