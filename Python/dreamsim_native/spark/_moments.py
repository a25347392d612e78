from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, Iterator, NamedTuple, Optional

import numpy as np

from .. import _columns
from .._errors import ArgumentError
from ._search import kept_in

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from .._tensors import DoubleArray

# Tasks that add up, each of which sends D x D numbers once.
_TASKS = 256
# Rows of the matrix that are merged by one task.
_BLOCK = 64


class Moments(NamedTuple):
    """What the scores of sets need of the embeddings of a set."""

    count: int
    """How many there are."""
    mean: DoubleArray
    """float64 [D]."""
    covariance: DoubleArray
    """float64 [D, D], divided by the count less one, as numpy.cov does."""
    stamp: Optional[Dict[str, Any]]
    """Of the model."""

    def save(self, path: str) -> None:
        """Writes a file of numpy with ``mu`` and ``sigma``, as pytorch-fid keeps statistics, and ``n``.

        Args:
            path: A local file that ends with .npz.
        """
        with open(path, "wb") as file:
            np.savez(file, mu=self.mean, sigma=self.covariance, n=np.int64(self.count))


def moments(df: DataFrame, *, embedding: str = "embedding") -> Moments:
    """The mean and covariance of embeddings, added up in double precision by stable updates (Chan, Golub and LeVeque 1979).

    Args:
        df: As `embed` gives it; rows without an embedding are passed over.
        embedding: The column.

    Raises:
        ArgumentError: There are fewer than two embeddings, which have no covariance.
    """
    from pyspark.sql import functions as F

    kept = kept_in(df, embedding)
    rows = df.where(F.col(embedding).isNotNull()).select(embedding)
    schema = "part int, block int, n long, mean binary, rest binary"
    sums = rows.coalesce(_TASKS).mapInArrow(partial(_summed, kept.vectors), schema)
    merged = (
        sums.groupBy("block").applyInArrow(lambda key, table: _merged(key, table), schema).orderBy("block").collect()
    )
    count = int(merged[0]["n"]) if merged else 0
    if count < 2:
        raise ArgumentError(
            f"column {embedding!r}: it has {count} embeddings; two are the fewest that have a covariance"
        )
    mean = np.frombuffer(merged[0]["mean"]).copy()
    rest = np.concatenate([np.frombuffer(row["rest"]).reshape(-1, len(mean)) for row in merged])
    return Moments(count, mean, rest / (count - 1), kept.stamp)


def _summed(kept: str, batches: Iterator[Any]) -> Iterator[Any]:
    from pyspark import TaskContext

    context = TaskContext.get()
    count, mean, rest = 0, np.zeros(0), np.zeros((0, 0))
    for batch in batches:
        vectors = _columns.rows(batch.column(0), kept)
        for start in range(0, len(vectors), 1024):
            some = vectors[start : start + 1024].astype(np.float64)
            if count == 0:
                mean, rest = np.zeros(some.shape[1]), np.zeros((some.shape[1],) * 2)
            middle = some.mean(0)
            aside, total = middle - mean, count + len(some)
            some -= middle
            rest += some.T @ some + np.outer(aside, aside) * (count * len(some) / total)
            mean, count = mean + aside * (len(some) / total), total
    for block, first in enumerate(range(0, len(mean), _BLOCK)):
        yield _row(0 if context is None else context.partitionId(), block, count, mean, rest[first : first + _BLOCK])


def _row(part: int, block: int, count: int, mean: Any, rest: Any) -> Any:
    pyarrow = _columns.arrow()
    arrays = [pyarrow.array([part], pyarrow.int32()), pyarrow.array([block], pyarrow.int32()), pyarrow.array([count])]
    arrays += [pyarrow.array([value.tobytes()], pyarrow.binary()) for value in (mean, np.ascontiguousarray(rest))]
    return pyarrow.RecordBatch.from_arrays(arrays, ["part", "block", "n", "mean", "rest"])


def _merged(key: Any, table: Any) -> Any:
    """Some rows of the matrix, of all tasks in their order."""
    first = _BLOCK * key[0].as_py()
    count, mean, rest = 0, np.zeros(0), np.zeros((0, 0))
    for row in sorted(table.to_pylist(), key=lambda row: int(row["part"])):
        middle = np.frombuffer(row["mean"])
        more = np.frombuffer(row["rest"]).reshape(-1, len(middle))
        if count == 0:
            mean, rest = np.zeros(len(middle)), np.zeros(more.shape)
        aside, total = middle - mean, count + row["n"]
        rest = rest + more + np.outer(aside[first : first + _BLOCK], aside) * (count * row["n"] / total)
        mean, count = mean + aside * (row["n"] / total), total
    return _columns.arrow().Table.from_batches([_row(0, key[0].as_py(), count, mean, rest)])
