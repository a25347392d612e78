from __future__ import annotations

from typing import TYPE_CHECKING, Any, Tuple

from .._errors import DreamSimError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Each round halves chains at least; more than this is a fault of ours.
_MOST_ROUNDS = 64


def groups_of(edges: DataFrame) -> Tuple[DataFrame, int]:
    """What pairs connect: every id of a pair with the smallest id of its group.

    Each id takes the smallest label of itself and its neighbors, and then the label of that label, until nothing changes.

    Args:
        edges: ``a`` and ``b``, ids that belong together.

    Returns:
        ``id`` and ``group``, kept by Spark; and how many rounds it took.
    """
    from pyspark import StorageLevel
    from pyspark.sql import functions as F

    both = edges.select("a", "b").union(edges.select(F.col("b"), F.col("a"))).persist(StorageLevel.MEMORY_AND_DISK)
    labels = both.groupBy(F.col("a").alias("id")).agg(F.min("b").alias("near"))
    labels = labels.select("id", F.least("id", "near").alias("group")).persist(StorageLevel.MEMORY_AND_DISK)
    before = labels
    for number in range(1, _MOST_ROUNDS):
        near = both.join(labels.select(F.col("id").alias("b"), "group"), "b").groupBy(F.col("a").alias("id"))
        nearest = labels.join(near.agg(F.min("group").alias("near")), "id")
        nearest = nearest.select("id", F.col("group").alias("before"), F.least("group", "near").alias("group"))
        jump = labels.select(F.col("id").alias("group"), F.col("group").alias("next"))
        # A label is an id of the group, and has a label of its own.
        moved = nearest.join(jump, "group", "left").select("id", "before", F.least("group", "next").alias("group"))
        moved = moved.persist(StorageLevel.MEMORY_AND_DISK)
        changed = moved.where(F.col("group") != F.col("before")).count()
        labels = _without_plan(moved.drop("before"))
        before.unpersist()
        before = moved
        if changed == 0:
            both.unpersist()
            return labels, number
    raise DreamSimError(
        f"groups: labels still change after {_MOST_ROUNDS} rounds; report this, with the number of pairs"
    )


def _without_plan(df: DataFrame) -> DataFrame:
    """The same rows, without the plan that made them, which a round would hold three times and the next one nine. Where
    they come from stays known, so that those of a lost executor are computed again."""
    from pyspark.sql import DataFrame

    spark: Any = df.sparkSession
    rows: Any = df
    return DataFrame(spark._jsparkSession.createDataFrame(rows._jdf.rdd(), rows._jdf.schema()), spark)
