from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Iterator, Optional

import numpy as np

from .. import _columns
from .._errors import ArgumentError
from .._load import set_threads
from .._sets import SetMoments
from ._embed import threads
from ._search import kept_in

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Tasks that add up, each of which sends D x D numbers once.
_TASKS = 256
# Rows of the matrix that are merged by one task.
_BLOCK = 64


def moments(df: DataFrame, *, embedding: str = "embedding") -> SetMoments:
    """The mean and covariance of embeddings, added up in double precision by stable updates (Chan, Golub and LeVeque 1979).

    Of two sets they give the Fréchet distance, ``moments(real).frechet_distance(moments(generated))``.

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
    found = SetMoments(len(merged[0]["mean"]) // 8)
    found.count, found.stamp = count, kept.stamp
    found.mean = np.frombuffer(merged[0]["mean"]).copy()
    found.scatter = np.concatenate([np.frombuffer(row["rest"]).reshape(-1, len(found.mean)) for row in merged])
    return found


def _summed(kept: str, batches: Iterator[Any]) -> Iterator[Any]:
    from pyspark import TaskContext

    context = TaskContext.get()
    set_threads(threads())
    found: Optional[SetMoments] = None
    for batch in batches:
        vectors = _columns.rows(batch.column(0), kept)
        if len(vectors):
            found = (found or SetMoments(vectors.shape[1])).add(vectors)
    if found is None:
        return
    part = 0 if context is None else context.partitionId()
    for block, first in enumerate(range(0, len(found.mean), _BLOCK)):
        yield _row(part, block, found.count, found.mean, found.scatter[first : first + _BLOCK])


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
