from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Iterator, List, Tuple

import numpy as np

from .. import _columns
from .._columns import Kept
from .._errors import ArgumentError
from .._nearest import Nearest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from .._tensors import FloatArray


def search(
    df: DataFrame, queries: DataFrame, k: int = 10, *, id: str = "id", embedding: str = "embedding"
) -> DataFrame:
    """The `k` nearest images of each query, exactly: the answer is that of comparing with all in double precision, and
    of equal distances the smaller id comes first.

    Queries are collected and broadcast: some ten thousand at a time. An image that is among both finds itself.

    Args:
        df: What is searched, as `embed` gives it; rows without an embedding are passed over.
        queries: As `df`, with the same columns and of the same model.
        k: How many for each.
        id, embedding: The columns.

    Returns:
        ``query`` (its id), ``rank`` (1 is the nearest), the id and ``distance``, 0 ... 2.

    Raises:
        IncomparableError: Queries were made with another model or other weights.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    kept = kept_in(df, embedding)
    kept.check(kept_in(queries, embedding), "queries")
    names, vectors = collected(queries, id, embedding)
    spark = df.sparkSession
    given = spark.sparkContext.broadcast(vectors)
    kind = df.schema[id].dataType.simpleString()
    Nearest(vectors, k)  # refuses what cannot be
    nearest = df.where(F.col(embedding).isNotNull()).select(id, embedding)
    found = nearest.mapInArrow(
        partial(_nearest, given, k, kept.vectors), f"__query int, `{id}` {kind}, distance double"
    )
    order = Window.partitionBy("__query").orderBy("distance", id)
    best = found.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= k)
    whose = spark.createDataFrame(
        list(enumerate(names)), f"__query int, query {queries.schema[id].dataType.simpleString()}"
    )
    return best.join(F.broadcast(whose), "__query").select("query", "rank", id, "distance")


def kept_in(df: DataFrame, embedding: str) -> Kept:
    """What a column of embeddings says of itself."""
    if embedding not in df.columns:
        raise ArgumentError(f"column {embedding!r}: it is not there; the columns are {', '.join(df.columns)}")
    return Kept.read(df.schema[embedding].metadata)


def collected(df: DataFrame, id: str, embedding: str) -> Tuple[List[Any], FloatArray]:
    """The ids and embeddings of rows that have one, on the driver."""
    from pyspark.sql import functions as F

    table = df.where(F.col(embedding).isNotNull()).select(id, embedding).toArrow()
    if table.num_rows == 0:
        return [], np.zeros((0, 0), np.float32)
    return table.column(0).to_pylist(), _columns.rows(table.column(1), kept_in(df, embedding).vectors)


def _nearest(given: Any, k: int, kept: str, batches: Iterator[Any]) -> Iterator[Any]:
    pyarrow = _columns.arrow()
    nearest = Nearest(given.value, k)
    kind, name = None, ""
    for batch in batches:
        kind, name = batch.column(0).type, batch.schema.names[0]
        nearest.add(batch.column(0).to_pylist(), _columns.rows(batch.column(1), kept))
    if kind is not None:
        query, distance, ids = nearest.results()
        arrays = [pyarrow.array(query, pyarrow.int32()), pyarrow.array(ids, kind), pyarrow.array(distance)]
        yield pyarrow.RecordBatch.from_arrays(arrays, ["__query", name, "distance"])
