"""The nearest vectors of queries, exactly, in one pass over blocks of any number of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Tuple

import numpy as np

from . import _columns
from ._errors import ArgumentError, IncomparableError

if TYPE_CHECKING:
    from ._tensors import FloatArray

# Cosines that are in memory at once.
_CELLS = 1 << 22


class Nearest:
    """The `count` nearest vectors of each query among those that were added.

    Products are computed in single precision. What they leave in question is compared in double precision, so that the
    answer is that of double precision; of equal distances the smaller id comes first.

    Args:
        queries: float32 [Q, D].
        count: How many for each, at least 1.
    """

    def __init__(self, queries: FloatArray, count: int) -> None:
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ArgumentError(f"k {count!r}: it is 1 or more")
        self._queries, self._count = np.ascontiguousarray(queries, np.float32), count
        self._units = _columns.units(self._queries).T
        self._query = np.zeros(0, np.int64)
        self._distance = np.zeros(0)
        self._id: Any = np.zeros(0, object)
        self._limit = np.full(len(queries), np.inf)

    def add(self, ids: List[Any], vectors: FloatArray) -> None:
        """Takes vectors into account.

        Args:
            ids: N values that can be ordered.
            vectors: float32 [N, D].

        Raises:
            IncomparableError: They have another number of components than the queries.
        """
        if len(self._queries) == 0 or len(vectors) == 0:
            return
        if vectors.shape[1] != self._queries.shape[1]:
            raise IncomparableError(
                f"embeddings with {vectors.shape[1]} components, queries with {self._queries.shape[1]}: embed both with "
                "one model"
            )
        names = np.empty(len(ids), object)
        names[:] = ids
        step = max(1, _CELLS // len(self._queries))
        for start in range(0, len(ids), step):
            self._add_block(names[start : start + step], vectors[start : start + step])

    def _add_block(self, ids: Any, vectors: FloatArray) -> None:
        found = 1 - _columns.units(vectors) @ self._units  # [N, Q]
        slack = _columns.slack(vectors.shape[1])
        limit = self._limit + slack
        if len(ids) > self._count and not np.isfinite(self._limit).all():
            kth = np.partition(found, self._count - 1, axis=0)[self._count - 1]
            limit = np.minimum(limit, kth + 2 * slack)
        row, query = np.nonzero(found <= limit.astype(np.float32) + np.float32(slack))
        if len(row) == 0:
            return
        step = max(1, _CELLS // vectors.shape[1])
        exact = [
            _columns.distances(vectors[row[first : first + step]], self._queries[query[first : first + step]])
            for first in range(0, len(row), step)
        ]
        self.merge(query, np.concatenate(exact), ids[row])

    def merge(self, query: Any, distance: Any, ids: Any) -> None:
        """Takes what another has found, as `results` gives it, into account."""
        query, distance = np.concatenate([self._query, query]), np.concatenate([self._distance, distance])
        ids = np.concatenate([self._id, ids])
        order = np.argsort(ids, kind="stable")
        order = order[np.argsort(distance[order], kind="stable")]
        order = order[np.argsort(query[order], kind="stable")]
        query = query[order]
        is_near = np.arange(len(query)) - np.searchsorted(query, query) < self._count
        self._query, order = query[is_near], order[is_near]
        self._distance, self._id = distance[order], ids[order]
        counts = np.bincount(self._query, minlength=len(self._limit))
        full = counts >= self._count
        self._limit[full] = self._distance[np.cumsum(counts)[full] - 1]

    def nearer(self) -> Nearest:
        """One for other vectors of the same queries, which passes over what is farther than what was found here."""
        other = Nearest(self._queries, self._count)
        other._limit = self._limit.copy()
        return other

    def results(self) -> Tuple[Any, Any, List[Any]]:
        """What was found, by query and the nearest first.

        Returns:
            The places of the queries, int64 [M]; distances, float64 [M], one minus the cosine; M ids.
        """
        return self._query, self._distance, list(self._id)
