from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union

import numpy as np

from . import _abi, _images, _work
from ._embeddings import Embeddings
from ._errors import ArgumentError, ArgumentTypeError, FileError, IncomparableError
from ._load import load
from ._metric import Metric
from ._options import decoded, encoded, flag

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._errors import DreamSimError
    from ._images import Path
    from ._work import ProgressOption

    DoubleArray = npt.NDArray[np.float64]
    SetLike = Union[npt.NDArray[Any], Path, Iterable[Path]]


def sets(
    real: SetLike,
    generated: Optional[SetLike] = None,
    *,
    metric: Union[None, str, Metric] = None,
    scores: Union[None, str, Iterable[str]] = None,
    neighbors: Optional[int] = None,
    resamples: Optional[int] = None,
    seed: Optional[int] = None,
    contributions: bool = False,
    pairs: Optional[int] = None,
    failures: Optional[MutableMapping[str, DreamSimError]] = None,
    progress: ProgressOption = None,
) -> Dict[str, Any]:
    """Scores of a set of generated images beside real ones, or the diversity of one set.

    Args:
        real: Embeddings, an array [N, D] of floats; the path of a ``.npy`` file of some; or, with a metric, a folder of
            images or a list of paths.
        generated: The same of the generated images. None: the diversity of the first set, its distribution, and the
            nearest and the farthest pairs.
        metric: A loaded model or its name, which embeds images.
        scores: Of ``"fd"``, ``"fd-infinity"``, ``"kd"``, ``"precision"``, ``"recall"``, ``"density"``, ``"coverage"`` and
            ``"diversity"``. Default: all but ``"fd-infinity"``.
        neighbors: How many neighbors a neighborhood reaches to. Default: 5.
        resamples: How many times the bootstrap draws; 0 for no intervals. Default: 2000.
        seed: The random seed of the bootstrap. Default: 1.
        contributions: Whether the report says what each image contributes.
        pairs: How many of the nearest and of the farthest pairs of one set are wanted. Default: 10.
        failures: None, so that the first image that cannot be read is raised. Or a mapping, which gets the errors by the
            images' paths; they are left out.
        progress: See `ProgressOption`.

    Returns:
        What ``dreamsim sets --format json`` writes: ``report["scores"]`` has a dict with score, value and interval for each
        score, ``report["notes"]`` what the sizes of the sets do to them.

    Raises:
        IncomparableError: The sets were embedded by different models, or have different widths.
        ArgumentError: A NaN, an option that has no meaning.
        FileError: A set has too few images.
    """
    model = load(metric) if isinstance(metric, str) else metric
    if model is not None and not isinstance(model, Metric):
        raise ArgumentTypeError(f"metric: {type(metric).__name__}; give a name or a loaded model")
    rows = [_rows(one, name, model, failures, progress) for one, name in ((real, "real"), (generated, "generated"))]
    given = [one for one in rows if one is not None]
    stamps = [one.stamp for one in given if isinstance(one, Embeddings) and one.stamp is not None]
    if len(stamps) == 2 and stamps[0] != stamps[1]:
        raise IncomparableError("sets that different models embedded, or one model otherwise; embed both the same way")
    options = encoded(
        scores=[scores] if isinstance(scores, str) else None if scores is None else list(scores),
        neighbors=neighbors,
        resamples=resamples,
        seed=seed,
        contributions=flag(contributions, "contributions"),
        pairs=pairs,
    )
    vectors = [ctypes.byref(_vectors(one)) for one in given] + [None] * (2 - len(given))
    answer = ctypes.c_void_p()
    _work.call("sets", (*vectors, options), (ctypes.byref(answer),), progress)
    report: Dict[str, Any] = decoded(_abi.text(answer))
    if stamps:
        report["stamp"] = dict(stamps[0])
    return report


def _rows(
    given: Any,
    name: str,
    model: Optional[Metric],
    failures: Optional[MutableMapping[str, DreamSimError]],
    progress: ProgressOption,
) -> Any:
    """A contiguous array [N, D] of float32 or float64."""
    if given is None:
        return None
    if isinstance(given, (str, os.PathLike)):
        if os.fspath(given).endswith(".npy"):
            return _checked(_saved(given), name)
        given = [given]
    if not hasattr(given, "__array__"):
        if model is None:
            raise ArgumentTypeError(f"{name}: of images a metric is needed, which embeds them; metric='lite'")
        return _embedded(list(given), name, model, failures, progress)
    return _checked(given, name)


def _saved(path: Any) -> Any:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise FileError(f"{os.fspath(path)}: cannot be read ({error}); save embeddings with numpy.save") from error
    try:
        with open(f"{os.fspath(path)}.json", encoding="utf-8") as file:
            stamp = json.load(file).get("model")
    except FileNotFoundError:
        return array
    except (OSError, ValueError, AttributeError) as error:
        raise FileError(f"{os.fspath(path)}.json: cannot be read ({error}); write it again, or remove it") from error
    return Embeddings(array, stamp) if array.dtype == np.float32 and isinstance(stamp, dict) else array


def _embedded(
    paths: List[Any],
    name: str,
    model: Metric,
    failures: Optional[MutableMapping[str, DreamSimError]],
    progress: ProgressOption,
) -> Embeddings:
    files = _images.find_images(paths) if paths else []
    if not files:
        raise FileError(f"{name}: no image was found; give a folder of images")
    errors: Dict[int, DreamSimError] = {}
    embeddings = model.embed(files, failures=None if failures is None else errors, progress=progress)
    for place, error in errors.items():
        if failures is not None:
            failures[files[place]] = error
    if not errors:
        return embeddings
    rows: Embeddings = embeddings[[place for place in range(len(files)) if place not in errors]]
    if not len(rows):
        raise FileError(f"{name}: none of the {len(files)} images can be read; the first: {errors[0]}")
    return rows


def _checked(array: Any, name: str) -> Any:
    values = array if isinstance(array, Embeddings) else np.asarray(array)
    if values.dtype.kind != "f":
        raise ArgumentTypeError(f"{name}: an array of {values.dtype}; embeddings are float32 or float64")
    if values.ndim != 2 or 0 in values.shape:
        raise ArgumentTypeError(f"{name}: an array of shape {list(values.shape)}; give one row an image, [N, D]")
    if values.dtype != np.float64 and values.dtype != np.float32:
        values = values.astype(np.float64 if values.dtype.itemsize > 8 else np.float32)
    if values.dtype.byteorder not in "=|" or not values.flags.c_contiguous:
        plain = np.ascontiguousarray(values, values.dtype.newbyteorder("="))
        values = Embeddings(plain, values.stamp) if isinstance(values, Embeddings) else plain
    return values


def _vectors(values: Any) -> _abi.Vectors:
    kind = _abi.FLOAT32 if values.dtype == np.float32 else _abi.FLOAT64
    # The array lives as long as its caller has it.
    return _abi.Vectors(values.ctypes.data, kind, *values.shape)


class SetMoments:
    """Count, mean and scatter of embeddings: what the Fréchet distance needs to know of a set.

    Parts are added on any number of machines and merged in any order; the distance is that of one machine, up to
    rounding. Pickles, so that Spark and Ray reduce it as it is::

        total = rows.mapPartitions(moments_of_a_part).reduce(lambda a, b: a + b)
    """

    count: int
    """The number of rows."""
    mean: DoubleArray
    """float64 [D]."""
    scatter: DoubleArray
    """The sums of products of deviations from the mean, float64 [D, D]; divided by count - 1, the covariance."""
    stamp: Optional[Dict[str, Any]]
    """Which model made the embeddings, where the first rows said it."""

    def __init__(self, width: int) -> None:
        if not isinstance(width, int) or width < 1:
            raise ArgumentError(f"width {width!r}: it is the number of components of an embedding, at least 1")
        self.count, self.stamp = 0, None
        self.mean, self.scatter = np.zeros(width), np.zeros((width, width))
        # Of files that say no count, the covariance, for the distance alone.
        self._covariance: Optional[DoubleArray] = None

    def __repr__(self) -> str:
        return f"<dreamsim_native.SetMoments of {self.count} x {len(self.mean)}>"

    @property
    def covariance(self) -> DoubleArray:
        """The sample covariance, float64 [D, D]."""
        if self._covariance is not None:
            return self._covariance
        if self.count < 2:
            raise FileError(f"moments of {self.count} images: a covariance needs at least 2")
        return self.scatter / (self.count - 1)

    def add(self, embeddings: SetLike) -> SetMoments:
        """Adds rows [N, D] of float32 or float64; returns itself."""
        values = _checked(embeddings, "embeddings")
        self._check(len(values[0]), values.stamp if isinstance(values, Embeddings) else None)
        moments = self._structure()
        _abi.call("moments_add", ctypes.byref(moments), ctypes.byref(_vectors(values)))
        self.count = moments.count
        return self

    def merge(self, other: SetMoments) -> SetMoments:
        """Adds the rows of others; returns itself."""
        if not isinstance(other, SetMoments):
            raise ArgumentTypeError(f"{type(other).__name__}: moments are merged with moments")
        if other._covariance is not None:
            raise ArgumentError("moments that were read from a file without a count cannot be merged")
        self._check(len(other.mean), other.stamp)
        moments = self._structure()
        _abi.call("moments_merge", ctypes.byref(moments), ctypes.byref(other._structure()))
        self.count = moments.count
        return self

    def __add__(self, other: SetMoments) -> SetMoments:
        result = SetMoments(len(self.mean))
        return result.merge(self).merge(other)

    def frechet_distance(self, other: SetMoments) -> float:
        """The Fréchet distance of the normal distributions of both.

        Raises:
            IncomparableError: Other models made the embeddings of the others.
            FileError: One of both has fewer than two rows.
        """
        if not isinstance(other, SetMoments):
            raise ArgumentTypeError(f"{type(other).__name__}: it is the distance to other moments")
        _check_stamps(self.stamp, other.stamp)
        distance = ctypes.c_double()
        # They have to live as long as the call.
        covariances = [_contiguous(self.covariance), _contiguous(other.covariance)]
        sides = [
            _abi.Moments(one.count, len(one.mean), _abi.doubles(one.mean), _abi.doubles(covariance))
            for one, covariance in zip((self, other), covariances)
        ]
        _abi.call("frechet", ctypes.byref(sides[0]), ctypes.byref(sides[1]), ctypes.byref(distance))
        return distance.value

    def save(self, path: Path) -> None:
        """Writes a ``.npz`` file: mu and sigma, as pytorch-fid reads them, and the count and stamp."""
        arrays: Dict[str, Any] = {"mu": self.mean, "sigma": self.covariance, "count": np.array([float(self.count)])}
        if self.stamp is not None:
            arrays["stamp"] = np.frombuffer(json.dumps(self.stamp, sort_keys=True).encode(), np.uint8)
        np.savez(os.fspath(path), **arrays)

    @classmethod
    def load(cls, path: Path) -> SetMoments:
        """Reads a ``.npz`` file with mu [D] and sigma [D, D]. Without a count, as pytorch-fid's files are, nothing can be
        added.

        Raises:
            FileError: It cannot be read, or holds no mean and covariance.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                mean, covariance = (np.array(file[name], np.float64) for name in ("mu", "sigma"))
                count = int(file["count"][0]) if "count" in file else 0
                stamp = json.loads(file["stamp"].tobytes()) if "stamp" in file else None
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise FileError(f"{os.fspath(path)}: cannot be read ({error}); it must hold mu and sigma") from error
        if mean.ndim != 1 or not len(mean) or covariance.shape != (len(mean), len(mean)):
            raise FileError(
                f"{os.fspath(path)}: holds mu of shape {list(mean.shape)} and sigma of {list(covariance.shape)}; they "
                "must be [D] and [D, D]"
            )
        result = cls(len(mean))
        result.mean, result.stamp = mean, stamp
        if count > 1:
            result.count, result.scatter = count, covariance * (count - 1)
        else:
            result._covariance = covariance
        return result

    def _check(self, width: int, stamp: Optional[Dict[str, Any]]) -> None:
        if self._covariance is not None:
            raise ArgumentError("moments that were read from a file without a count take no further rows")
        if width != len(self.mean):
            raise IncomparableError(f"rows of {width} components, and moments of {len(self.mean)}; embed both alike")
        _check_stamps(self.stamp, stamp)
        self.stamp = self.stamp or stamp

    def _structure(self) -> _abi.Moments:
        self.mean, self.scatter = _contiguous(self.mean), _contiguous(self.scatter)
        return _abi.Moments(self.count, len(self.mean), _abi.doubles(self.mean), _abi.doubles(self.scatter))


def _contiguous(values: Any) -> Any:
    return np.require(values, np.float64, ["C", "W"])


def _check_stamps(one: Optional[Dict[str, Any]], other: Optional[Dict[str, Any]]) -> None:
    if one is not None and other is not None and one != other:
        raise IncomparableError("embeddings that different models made, or one model otherwise; embed both the same way")
