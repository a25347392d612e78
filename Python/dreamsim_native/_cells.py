"""Near duplicates without comparing all pairs: vectors are put into cells about centers, and those near a border into
the cells beyond it as well, so that near vectors share a cell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Tuple

import numpy as np

from . import _columns

if TYPE_CHECKING:
    from ._tensors import FloatArray

_BLOCK = 1024


def cell_count(images: int) -> int:
    """How many cells so many images get: as many as make putting into cells and comparing within them cost the same,
    and at least some tens of images each."""
    return max(1, min(2 * math.isqrt(max(0, images)), images // 50))


def centers(sample: FloatArray, count: int, rounds: int = 5, seed: int = 1) -> FloatArray:
    """Centers of k-means (Lloyd 1982) of a sample, float32 [count, D].

    Args:
        sample: float32 [N, D]; of fewer than `count` vectors each is a center.
        count: How many.
        rounds: How often they are moved.
        seed: The random seed of where they begin.
    """
    points = _columns.units(sample)
    if len(points) <= count:
        return points
    found = points[np.sort(np.random.default_rng(seed).choice(len(points), count, replace=False))]
    for _ in range(rounds):
        nearest = np.concatenate(
            [_scores(points[first : first + _BLOCK], found).argmax(1) for first in range(0, len(points), _BLOCK)]
        )
        order = np.argsort(nearest, kind="stable")
        cells, first = np.unique(nearest[order], return_index=True)
        sums = np.add.reduceat(points[order].astype(np.float64), first, axis=0)
        found = found.copy()
        found[cells] = sums / np.diff(np.append(first, len(order)))[:, None]
    return found


def _scores(points: FloatArray, centers: FloatArray) -> Any:
    """Higher for nearer centers: half the squared distance, turned, but for what is the same for all centers."""
    return points @ centers.T - 0.5 * np.einsum("ij,ij->i", centers, centers)


class Cells:
    """Which cells vectors are in.

    A vector is in the cell of its nearest center, and in every cell whose border with that one is not farther away than
    the margin. Two vectors whose distance is the threshold are apart by sqrt(2 threshold) on the unit sphere. With an
    `overlap` of 1 that is the margin, and they share a cell for certain. In many dimensions nearly none lies straight
    across a border, so that far less is enough for nearly all.

    Args:
        centers: float32 [K, D].
        threshold: Of distances, one minus the cosine.
        overlap: The margin, as a part of sqrt(2 threshold); 0 ... 1.
    """

    def __init__(self, centers: FloatArray, threshold: float, overlap: float) -> None:
        self.centers, self.margin = centers, overlap * math.sqrt(2 * threshold)
        self._norms = 0.5 * np.einsum("ij,ij->i", centers.astype(np.float64), centers.astype(np.float64))
        middle = centers.mean(0)
        # No two centers are farther apart.
        self._apart = 2 * float(np.sqrt(((centers - middle) ** 2).sum(1).max()))

    def of(self, vectors: FloatArray) -> Tuple[Any, Any]:
        """The cells of vectors, each at least one.

        Borders are decided in double precision, so that the answer does not depend on which vectors come together.

        Returns:
            Rows and their cells, int64 [M] each, by row.
        """
        points = _columns.units(vectors)
        rows, cells = [], []
        for start in range(0, len(points), _BLOCK):
            part = points[start : start + _BLOCK]
            scores = _scores(part, self.centers)
            reach = np.float32(self.margin * self._apart + 2 * _columns.slack(points.shape[1]))
            row, cell = np.nonzero(scores >= scores.max(1, keepdims=True) - reach)
            wide = part.astype(np.float64)
            exact = np.einsum("ij,ij->i", wide[row], self.centers[cell].astype(np.float64)) - self._norms[cell]
            order = np.lexsort((cell, -exact, row))
            row, cell, exact = row[order], cell[order], exact[order]
            first = np.searchsorted(row, row)
            across = np.linalg.norm((self.centers[cell] - self.centers[cell[first]]).astype(np.float64), axis=1)
            is_in = exact[first] - exact <= self.margin * across
            rows.append(row[is_in] + start)
            cells.append(cell[is_in])
        return (np.concatenate(rows), np.concatenate(cells)) if rows else (np.zeros(0, int), np.zeros(0, int))


class Found(NamedTuple):
    """Near pairs of some vectors."""

    first: Any
    second: Any
    """Rows of the vectors, int64 [M]; no pair comes twice."""
    examined: int
    """How many pairs were compared."""


def near_pairs(vectors: FloatArray, threshold: float, others: Optional[FloatArray] = None) -> Found:
    """Pairs whose distance is at most the threshold, in double precision: of vectors among themselves, or with others.

    Memory does not depend on how many pairs there are to compare, but on how many are near.
    """
    one = _columns.units(vectors)
    two = one if others is None else _columns.units(others)
    limit = np.float32(1 - threshold - _columns.slack(max(1, one.shape[1])))
    first, second = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for start in range(0, len(one), _BLOCK):
        offset = start if others is None else 0
        row, column = np.nonzero(one[start : start + _BLOCK] @ two[offset:].T >= limit)
        row, column = row + start, column + offset
        if others is None:
            row, column = row[column > row], column[column > row]
        for begin in range(0, len(row), 1 << 14):
            a, b = row[begin : begin + (1 << 14)], column[begin : begin + (1 << 14)]
            is_near = _columns.distances(vectors[a], (vectors if others is None else others)[b]) <= threshold
            first.append(a[is_near])
            second.append(b[is_near])
    count = len(one) * (len(one) - 1) // 2 if others is None else len(one) * len(two)
    return Found(np.concatenate(first), np.concatenate(second), count)


def components(count: int, first: Any, second: Any) -> Any:
    """The smallest place that each of `count` places is connected with, by pairs of places; int64 [count]."""
    labels = np.arange(count)
    while True:
        before = labels.copy()
        least = np.minimum(labels[first], labels[second])
        np.minimum.at(labels, first, least)
        np.minimum.at(labels, second, least)
        labels = labels[labels]
        if (labels == before).all():
            return labels
