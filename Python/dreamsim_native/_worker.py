"""What a task of Spark or Ray does with a batch of images. Each process loads the metric once, and checks that it is
the one that the driver meant."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple, Union

import numpy as np

from . import _columns
from ._errors import ArgumentError, DreamSimError
from ._load import _load, _restored, set_threads
from ._metric import Metric
from ._options import encoded, flag

if TYPE_CHECKING:
    from ._tensors import DoubleArray, FloatArray

# Images that are read and embedded by one call: enough to decode some while others are embedded, and little memory.
CHUNK = 32

_PATHS = ("home", "weights", "adapter", "head")
# What a process has loaded stays loaded for its next tasks.
_loaded: Dict[Tuple[str, str, str], Metric] = {}

Resolve = Callable[[str], str]


def same(path: str) -> str:
    """The path itself, where engines do not bring files to workers."""
    return path


class Worker:
    """A metric by its name, options and the digests of its weights; small, and loaded where it is used.

    Args:
        model: The name of a metric or model, a path, or a loaded one.
        options: Those of `load`.
        resolve: Where a path of a worker is, of one that the engine brings there.
    """

    def __init__(self, model: Union[str, Metric], options: Dict[str, Any], resolve: Resolve = same) -> None:
        self._resolve = resolve
        if isinstance(model, Metric):
            if options:
                raise ArgumentError("options of a model: it is loaded already; give them to load()")
            self._name, self._options = model._name, model._options.decode()
            metric = model
        else:
            options = dict(options)
            for name in ("normalize", "offline"):
                if name in options:
                    is_set = flag(options[name], name)
                    options[name] = (None if is_set else False) if name == "normalize" else is_set
            self._name, self._options = os.fspath(model), encoded(**options).decode()
            metric = _load(os.fsencode(self._found(self._name)), self._found_options(), False)
        self._identity = metric._identity()
        self.driver = metric

    def __getstate__(self) -> Dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "driver"}

    def _found(self, path: str) -> str:
        return self._resolve(path)

    def _found_options(self) -> bytes:
        options = json.loads(self._options)
        options.update({name: self._found(options[name]) for name in _PATHS if name in options})
        return encoded(**options)

    def metric(self, threads: int = 0) -> Metric:
        """The metric in this process, loaded if it was not.

        Args:
            threads: How many compute; 0: as many as before.

        Raises:
            WeightsError: Other weights are here than where the work was begun.
        """
        if threads:
            set_threads(threads)
        key = (self._name, self._options, json.dumps(self._identity, sort_keys=True))
        if key not in _loaded:
            _loaded[key] = _restored(self._found(self._name), self._found_options(), self._identity)
        return _loaded[key]


_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+):")


def image_of(value: Any) -> Any:
    """An image as the library takes it: contents, or a path without the scheme that Hadoop gives to local files.

    Raises:
        ArgumentError: There is none, or it is in a store that has to be read by the engine.
    """
    if value is None:
        raise ArgumentError("no image: the file is empty or not there, or the column has no value; look at its source")
    if isinstance(value, str):
        scheme = _SCHEME.match(value)
        if scheme is None:
            return value
        if scheme[1] != "file":
            raise ArgumentError(f"{value}: it is not a local file; let the engine read it, as 'read_files' does")
        path = value[scheme.end() :]
        return "/" + path.lstrip("/") if path.startswith("/") else path
    return value


def _usable(values: List[Any]) -> Tuple[List[Any], Dict[int, DreamSimError]]:
    images, failures = [], {}
    for place, value in enumerate(values):
        try:
            images.append(image_of(value))
        except DreamSimError as error:
            failures[place] = error
            images.append(None)
    return images, failures


def embed(metric: Metric, values: List[Any]) -> Tuple[FloatArray, List[Optional[str]]]:
    """Embeddings of images, and why those that have none could not be read.

    Args:
        values: Paths or contents; None is an image that is not there.

    Returns:
        float32 [N, D], rows of NaN where there is an error; N texts or None.
    """
    images, failures = _usable(values)
    there = [place for place in range(len(images)) if place not in failures]
    matrix = np.full((len(images), metric._needed_width()), np.nan, np.float32)
    if there:
        faults: Dict[int, DreamSimError] = {}
        matrix[there] = metric.embed([images[place] for place in there], failures=faults, progress=False)
        failures.update({there[place]: error for place, error in faults.items()})
    return matrix, [str(failures[place]) if place in failures else None for place in range(len(images))]


def pair_distances(
    metric: Metric, references: List[Any], images: List[List[Any]]
) -> Tuple[List[DoubleArray], List[Optional[str]]]:
    """Distances of references from the images of one or more columns, row by row.

    A metric that embeds sees every image of the batch once.

    Returns:
        For each column float64 [N], NaN where there is an error; N texts or None.
    """
    columns = [references, *images]
    if metric.width is not None:
        places: Dict[Any, int] = {}
        for value in (value for column in columns for value in column):
            places.setdefault(value, len(places))
        matrix, errors = embed(metric, list(places))
        rows = [[places[value] for value in column] for column in columns]
        found = [_columns.distances(matrix[rows[0]], matrix[row]) for row in rows[1:]]
        return found, [next((errors[row] for row in line if errors[row] is not None), None) for line in zip(*rows)]
    measured: List[DoubleArray] = []
    problems: List[Optional[str]] = [None] * len(references)
    first, faulty = _usable(references)
    for column in images:
        second, more = _usable(column)
        failures = {**faulty, **more}
        there = [place for place in range(len(first)) if place not in failures]
        result = np.full(len(first), np.nan)
        faults: Dict[int, DreamSimError] = {}
        if there:
            pairs = ([first[place] for place in there], [second[place] for place in there])
            result[there] = metric.pair_distances(*pairs, failures=faults, progress=False)
        failures.update({there[place]: error for place, error in faults.items()})
        for place, error in failures.items():
            problems[place] = problems[place] or str(error)
            result[place] = np.nan
        measured.append(result)
    return measured, problems
