from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, NamedTuple, Optional

import numpy as np

from .. import _agreement, _cells, _columns
from .._cells import Cells
from .._errors import ArgumentError
from ._groups import groups_of
from ._search import collected, kept_in

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Rows of a cell that are compared by one task; larger cells are divided among several.
_MOST = 4096
# Bytes of the sample that centers are made of, on the driver.
_SAMPLE = 1 << 29
# Different vectors that a task remembers, to know equal ones: a task's memory does not grow with its images.
_SEEN = 1 << 16


class Duplicates(NamedTuple):
    """What `near_duplicates` found."""

    groups: DataFrame
    """The id and ``group``, which is the smallest id of the group; images that are near none are not there."""
    report: Dict[str, Any]
    """How it was found:

    ``threshold``, ``images``, ``cells``; ``memberships``, cells an image was put into, on average; ``examined``, pairs
    that were compared, one that meets in several cells as often, and ``share`` of all pairs; ``groups``, ``grouped``
    images, ``rounds``; ``sample``, and of these images ``pairs``, near pairs with any other image by comparing with
    all, and ``recall``, the share of them that the method has compared, with its ``interval``. None where there is no pair.
    """


def near_duplicates(
    df: DataFrame,
    threshold: float,
    *,
    id: str = "id",
    embedding: str = "embedding",
    cells: Optional[int] = None,
    overlap: float = 0.25,
    sample: int = 1000,
    seed: int = 1,
) -> Duplicates:
    """Groups of images that are near each other, directly or through others, without comparing all pairs.

    Centers of k-means divide the embeddings into cells; one that is near a border is put into the cells beyond it, too.
    Pairs within a cell are compared exactly. What is found is right, and the share of what could be found is measured
    on a sample. The same data gives the same groups.

    Args:
        df: As `embed` gives it, read more than once: write it first. Rows without an embedding are passed over. Each id
            comes once.
        threshold: The largest distance of near images, above 0, at most 0.5.
        cells: How many; more of them compare fewer pairs. Default: about twice the root of the number of images.
        overlap: How far beyond a border still counts, 0 ... 1: 1 finds all pairs for certain, and compares more.
        sample: Of how many images the recall is measured; 0 for none.
        seed: The random seed of the centers.
    """
    from pyspark import StorageLevel
    from pyspark.sql import functions as F

    if not 0 < threshold <= 0.5:
        raise ArgumentError(f"threshold {threshold!r}: it is a distance above 0, at most 0.5")
    if not 0 <= overlap <= 1:
        raise ArgumentError(f"overlap {overlap!r}: it is 0 ... 1")
    if cells is not None and cells < 1:
        raise ArgumentError(f"cells {cells!r}: it is 1 or more")
    kept = kept_in(df, embedding)
    rows = df.where(F.col(embedding).isNotNull()).select(F.col(id).alias("id"), F.col(embedding).alias("embedding"))
    rows = rows.withMetadata("embedding", df.schema[embedding].metadata)
    images = rows.count()
    width = kept.width or _width(rows)
    count = _cells.cell_count(images) if cells is None else cells
    names, learned = collected(_some(rows, images, min(64 * count, _SAMPLE // (4 * max(1, width)))), "id", "embedding")
    # In one order whatever order they came in, and copies once: they would draw the centers to themselves.
    learned = np.unique(learned, axis=0)
    if len(learned) == 0:  # of no images; or of so few that none was drawn
        learned = np.zeros((1, max(1, width)), np.float32)
    centers = _cells.centers(learned, count, seed=seed)
    within = Cells(centers, threshold, overlap)
    drawn = len(names)
    # How large a cell is, as far as the sample tells.
    sizes = np.bincount(within.of(learned)[1], minlength=max(1, len(centers))) * (images / max(1, drawn))
    parts = np.maximum(1, np.ceil(sizes / _MOST)).astype(np.int64)
    spark = df.sparkSession
    given = spark.sparkContext.broadcast((within, parts))
    kind = df.schema[id].dataType.simpleString()
    placed = rows.mapInArrow(
        partial(_placed, given, kept.vectors),
        f"cell int, one int, two int, part int, id {kind}, same {kind}, vector binary",
    )
    found = (
        placed.groupBy("cell", "one", "two")
        .applyInArrow(
            lambda key, table: _compared(threshold, key, table), f"a {kind}, b {kind}, examined long, members long"
        )
        .persist(StorageLevel.DISK_ONLY)
    )
    sums = found.agg(F.sum("examined"), F.sum("members")).collect()[0]
    edges = found.where("a is not null").select("a", "b").distinct()
    groups, rounds = groups_of(edges)
    totals = groups.agg(F.count_distinct("group"), F.count("*")).collect()[0]
    report = {
        "threshold": threshold,
        "images": images,
        "cells": len(centers),
        "overlap": overlap,
        "memberships": (sums[1] or 0) / images if images else None,
        "examined": sums[0] or 0,
        "share": (sums[0] or 0) / (images * (images - 1) / 2) if images > 1 else None,
        "groups": totals[0],
        "grouped": totals[1],
        "rounds": rounds,
        **_recall(rows, images, sample, given, kept.vectors, threshold),
    }
    found.unpersist()
    return Duplicates(groups.withColumnRenamed("id", id), report)


def _width(rows: DataFrame) -> int:
    _, vectors = collected(rows.limit(1), "id", "embedding")
    return int(vectors.shape[1])


def _some(rows: DataFrame, images: int, count: int) -> DataFrame:
    """About so many rows, always the same ones, whatever partitions they are in."""
    return rows if count >= images else rows.where(_hash() < int(count / images * (1 << 40)))


def _hash() -> Column:
    from pyspark.sql import functions as F

    return F.pmod(F.xxhash64(F.lit("sample"), "id"), F.lit(1 << 40))


def _placed(given: Any, kept: str, batches: Iterator[Any]) -> Iterator[Any]:
    """A row for each cell of a vector; of a divided cell one for each part that its own part is compared with. Of equal
    vectors that a task sees the first one alone; a row of no cell says of the others whose they are."""
    pyarrow = _columns.arrow()
    within, parts = given.value
    seen: Dict[bytes, Any] = {}
    names = ["cell", "one", "two", "part", "id", "same", "vector"]
    for batch in batches:
        vectors = _columns.rows(batch.column(1), kept)
        for start in range(0, len(vectors), 1024):
            ids, some = batch.column(0).slice(start, 1024), vectors[start : start + 1024]
            digests = [hashlib.blake2b(one.tobytes(), digest_size=16).digest() for one in some]
            same = []
            for digest, name in zip(digests, ids.to_pylist()):
                same.append(seen.get(digest))
                if digest not in seen and len(seen) < _SEEN:
                    seen[digest] = name
            is_first = np.array([name is None for name in same], bool)
            # Equal vectors are in one part.
            spread = np.array([int.from_bytes(digest[:4], "little") >> 1 for digest in digests], np.int64)
            again = np.nonzero(~is_first)[0]
            keys = [np.full(len(again), -1), spread[again] % 1024, np.zeros(len(again)), np.zeros(len(again))]
            arrays = [pyarrow.array(values.astype(np.int32)) for values in keys]
            arrays += [ids.take(pyarrow.array(again)), pyarrow.array([same[place] for place in again], ids.type)]
            yield pyarrow.RecordBatch.from_arrays([*arrays, pyarrow.nulls(len(again), pyarrow.binary())], names)
            row, cell = within.of(some[is_first])
            row = np.nonzero(is_first)[0][row]
            times = parts[cell]
            place = np.repeat(np.arange(len(row)), times)
            other = np.arange(len(place)) - np.repeat(np.cumsum(times) - times, times)
            for begin in range(0, len(place), 1024):
                at, beside = place[begin : begin + 1024], other[begin : begin + 1024]
                own = spread[row[at]] % parts[cell[at]]
                keys = [cell[at], np.minimum(own, beside), np.maximum(own, beside), own]
                arrays = [pyarrow.array(values.astype(np.int32)) for values in keys]
                arrays += [ids.take(pyarrow.array(row[at])), pyarrow.nulls(len(at), ids.type)]
                yield pyarrow.RecordBatch.from_arrays([*arrays, _columns.binary(some[row[at]])], names)


def _compared(threshold: float, key: Any, table: Any) -> Any:
    """The near pairs of one cell, or of two parts of one: to the first of each group, which connects as well as all."""
    pyarrow = _columns.arrow()
    if key[0].as_py() < 0:
        nothing = pyarrow.array(np.zeros(table.num_rows, np.int64))
        return pyarrow.table({"a": table["same"], "b": table["id"], "examined": nothing, "members": nothing})
    names, part = _flat(table.column("id")), table.column("part").to_numpy()
    vectors = _columns.rows(table.column("vector"))
    # In one order, whatever order they came in.
    order = np.lexsort((pyarrow.compute.rank(names, tiebreaker="first").to_numpy(), part))
    vectors, names, part = vectors[order], names.take(pyarrow.array(order)), part[order]
    one, two = key[1].as_py(), key[2].as_py()
    if one == two:
        found = _cells.near_pairs(vectors, threshold)
        first, second, members = found.first, found.second, len(vectors)
    else:
        border = int(np.searchsorted(part, two))
        found = _cells.near_pairs(vectors[:border], threshold, vectors[border:])
        first, second, members = found.first, found.second + border, 0
    labels = _cells.components(len(vectors), first, second)
    other = np.nonzero(labels != np.arange(len(labels)))[0]
    kind = names.type
    nothing = pyarrow.nulls(1, kind)
    zeros = np.zeros(len(other), np.int64)
    return pyarrow.table(
        {
            "a": pyarrow.chunked_array([names.take(pyarrow.array(labels[other])), nothing], kind),
            "b": pyarrow.chunked_array([names.take(pyarrow.array(other)), nothing], kind),
            "examined": np.append(zeros, found.examined),
            "members": np.append(zeros, members),
        }
    )


def _flat(column: Any) -> Any:
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column


def _recall(rows: DataFrame, images: int, sample: int, given: Any, kept: str, threshold: float) -> Dict[str, Any]:
    """Of the near pairs of a sample with all images, found by comparing with all, those that share a cell."""
    from pyspark.sql import functions as F

    if sample < 1 or images < 2:
        return {"sample": 0, "pairs": 0, "recall": None, "interval": None}
    names, vectors = collected(_some(rows, images, sample), "id", "embedding")
    if not names:
        return {"sample": 0, "pairs": 0, "recall": None, "interval": None}
    asked = rows.sparkSession.sparkContext.broadcast((names, vectors))
    pairs = rows.mapInArrow(partial(_near, asked, given, kept, threshold), "pairs long, shared long")
    sums = pairs.agg(F.sum("pairs"), F.sum("shared")).collect()[0]
    found = _agreement.estimate(sums[0] or 0, sums[0] or 0, sums[1] or 0, sums[0] or 0)
    return {"sample": len(names), "pairs": sums[0] or 0, "recall": found["value"], "interval": found["interval"]}


def _near(asked: Any, given: Any, kept: str, threshold: float, batches: Iterator[Any]) -> Iterator[Any]:
    pyarrow = _columns.arrow()
    (names, sampled), (within, _) = asked.value, given.value
    own = _sets(within, sampled)
    pairs = shared = 0
    for batch in batches:
        vectors, ids = _columns.rows(batch.column(1), kept), batch.column(0).to_pylist()
        for start in range(0, len(vectors), 4096):
            some = vectors[start : start + 4096]
            found = _cells.near_pairs(sampled, threshold, some)
            is_other = np.array([names[a] != ids[start + b] for a, b in zip(found.first, found.second)], bool)
            first, second = found.first[is_other], found.second[is_other]
            # Of two sampled images the pair comes from both sides, alike.
            where, place = np.unique(second, return_inverse=True)
            others = _sets(within, some[where])
            pairs += len(first)
            shared += sum(not own[a].isdisjoint(others[b]) for a, b in zip(first, place))
    yield pyarrow.RecordBatch.from_arrays([pyarrow.array([pairs]), pyarrow.array([shared])], ["pairs", "shared"])


def _sets(within: Cells, vectors: Any) -> List[Any]:
    sets: List[Any] = [set() for _ in vectors]
    for row, cell in zip(*within.of(vectors)):
        sets[row].add(int(cell))
    return sets
