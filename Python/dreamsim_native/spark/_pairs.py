from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Union

import numpy as np

from .. import _agreement, _columns, _worker
from .._errors import ArgumentError
from . import _files
from ._embed import threads

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from .._metric import Metric


def distances(
    df: DataFrame,
    metric: Union[str, Metric] = "ensemble",
    *,
    a: str = "a",
    b: str = "b",
    distance: str = "distance",
    error: str = "error",
    **options: Any,
) -> DataFrame:
    """How differently the images of each row look.

    Args:
        df: One row a pair.
        metric: The name of a metric or model, a loaded one, or a loss, as `load` takes them.
        a, b: The columns of the images: paths, or contents.
        distance, error: The new columns: 0 is the same, lower is more alike, whatever the metric; or null, and why.
        options: Those of `load`.
    """
    return _measured(df, metric, options, [a, b], [distance], error)


def vote(
    df: DataFrame,
    metric: Union[str, Metric] = "ensemble",
    *,
    ref: str = "ref",
    left: str = "left",
    right: str = "right",
    error: str = "error",
    **options: Any,
) -> DataFrame:
    """Which of two images looks more like a reference, row by row.

    Args:
        df: One row a triplet.
        metric: As in `distances`.
        ref, left, right: The columns of the images: paths, or contents.
        error: The column of what could not be read.
        options: Those of `load`.

    Returns:
        All columns, with ``left_distance``, ``right_distance`` and ``choice``: ``"left"``, ``"right"`` or ``"tie"``.
    """
    from pyspark.sql import functions as F

    found = _measured(df, metric, options, [ref, left, right], ["left_distance", "right_distance"], error)
    one, two = F.col("left_distance"), F.col("right_distance")
    return found.withColumn("choice", F.when(one < two, "left").when(two < one, "right").when(one == two, "tie"))


def agreement(votes: DataFrame, *, vote: str = "vote", weight: str = "weight") -> Dict[str, Any]:
    """How often a metric agrees with people, as `evaluate` reports it of the layout ``"triplets"``.

    Args:
        votes: What the function `vote` gave, with people's votes.
        vote: The column of the share of people who chose the right image, 0 ... 1, or ``"left"`` and ``"right"``.
        weight: The column of how much a judgment counts; 1 where there is none.

    Returns:
        ``value``, the agreement; ``interval``, ``low`` to ``high``, at 95 %; ``count``; ``skipped``, rows without distances.

    Raises:
        DreamSimError: A vote, or a weight, cannot be.
    """
    from pyspark.sql import functions as F

    text = F.lower(F.trim(F.col(vote).cast("string")))
    share = F.when(text == "left", 0.0).when(text == "right", 1.0).otherwise(F.expr(f"try_cast(`{vote}` as double)"))
    count = F.col(weight).cast("double") if weight in votes.columns else F.lit(1.0)
    one, two = F.col("left_distance"), F.col("right_distance")
    rows = votes.select(
        share.alias("share"),
        count.alias("weight"),
        F.when(one == two, 0.5).when(one < two, 1 - share).otherwise(share).alias("score"),
        (one.isNotNull() & two.isNotNull()).alias("is_there"),
    )
    wrong = ~F.coalesce(F.col("share").between(0, 1) & (F.col("weight") >= 0), F.lit(False))
    w, there = F.col("weight"), F.col("is_there")
    sums = rows.agg(
        F.count_if(wrong),
        F.count_if(there),
        F.sum(F.when(there, w)),
        F.sum(F.when(there, w * F.col("score"))),
        F.sum(F.when(there, w * w)),
        F.count_if(~there),
    ).collect()[0]
    if sums[0]:
        raise ArgumentError(
            f"column {vote!r}: {sums[0]} rows have no vote ('left', 'right', or a share, 0 ... 1) or a negative weight; "
            "leave them out"
        )
    return {**_agreement.estimate(sums[1], sums[2] or 0, sums[3] or 0, sums[4] or 0), "skipped": sums[5]}


def _measured(
    df: DataFrame,
    metric: Union[str, Metric],
    options: Dict[str, Any],
    images: List[str],
    names: List[str],
    error: str,
) -> DataFrame:
    for name in images:
        if name not in df.columns:
            raise ArgumentError(f"column {name!r}: it is not there; the columns are {', '.join(df.columns)}")
    for name in [*names, error]:
        if name in df.columns:
            raise ArgumentError(f"column {name!r}: it is there already; drop it")
    worker = _worker.Worker(metric, options, _files.resolve)
    kept = [name for name in df.columns if df.schema[name].dataType.typeName() != "binary" or name not in images]
    schema = ", ".join(f"`{name}` {df.schema[name].dataType.simpleString()}" for name in kept)
    schema += "".join(f", `{name}` double" for name in names) + f", `{error}` string"
    return df.mapInArrow(partial(_distances, worker, images, [*kept, *names, error]), schema)


def _distances(worker: _worker.Worker, images: List[str], names: List[str], batches: Iterator[Any]) -> Iterator[Any]:
    pyarrow = _columns.arrow()
    metric = worker.metric(threads())
    for batch in batches:
        for start in range(0, batch.num_rows, _worker.CHUNK):
            part = batch.slice(start, _worker.CHUNK)
            columns = [part.column(name).to_pylist() for name in images]
            found, errors = _worker.pair_distances(metric, columns[0], columns[1:])
            is_there = np.array([text is None for text in errors], bool)
            arrays = [part.column(name) for name in names[: -len(images)]]
            arrays += [pyarrow.array(values, pyarrow.float64(), mask=~is_there) for values in found]
            arrays.append(pyarrow.array(errors, pyarrow.string()))
            yield pyarrow.RecordBatch.from_arrays(arrays, names)
