from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Tuple, Union

import numpy as np

from .. import _columns, _worker
from .._columns import Kept
from .._errors import ArgumentError, IncomparableError
from . import _files

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from .._metric import Metric

# Images of one job of `embed_to`: what a driver that dies loses.
_PART = 100_000
# Paths of one task: few enough that no task is left over at the end.
_TASK = 256


def embed(
    df: DataFrame,
    model: Union[str, Metric] = "ensemble",
    *,
    image: Optional[str] = None,
    id: str = "id",
    embedding: str = "embedding",
    error: str = "error",
    vectors: str = "float32",
    images_per_task: Optional[int] = None,
    **options: Any,
) -> DataFrame:
    """Embeds the images of a DataFrame.

    An image that cannot be read is a row with an error and without an embedding; it never fails a task.

    Args:
        df: One row an image. Columns that are kept: all but a binary image.
        model: A model's name, a loaded model, a path that is the same on all nodes, or one of `distribute`.
        image: The column of the images: paths of files that every node can read, or contents (see `read_files`).
            Default: ``image`` where there is one, or else ``path``.
        id: The column that says which image it is. Rows are given to tasks by it.
        embedding, error: The names of the new columns. What `embedding` carries as metadata says model and stamp.
        vectors: ``"float32"``, array<float>; or ``"float16"``, binary of 2 D bytes, which Spark has no type for.
        images_per_task: How many rows a task has, so that rows are shuffled; 0: they are taken as they come. Default:
            256 of paths, 0 of contents.
        options: Those of `load`.

    Raises:
        WeightsError: The driver lacks the weights. On a worker that lacks them, or has others, the tasks fail.
        ArgumentError: A column is not there, or would be written twice.
    """
    image = image or ("image" if "image" in df.columns else "path")
    for name in (image, id):
        if name not in df.columns:
            raise ArgumentError(f"column {name!r}: it is not there; the columns are {', '.join(df.columns)}")
    contents = isinstance(_type(df, image), _types().BinaryType)
    if not contents and not isinstance(_type(df, image), _types().StringType):
        raise ArgumentError(
            f"column {image!r}: it holds {_type(df, image).simpleString()}; images are paths or contents"
        )
    kept = [name for name in df.columns if not (contents and name == image)]
    for name in (embedding, error):
        if name in kept:
            raise ArgumentError(f"column {name!r}: it is there already; drop it, or name another")
    worker = _worker.Worker(model, options, _files.resolve)
    column = Kept.of(worker.driver, vectors)
    if images_per_task is None:
        images_per_task = 0 if contents else _TASK
    if images_per_task:
        df = df.repartition(max(1, -(-df.count() // images_per_task)), id)
    kind = "binary" if vectors == "float16" else "array<float>"
    schema = ", ".join([*(f"`{name}` {_type(df, name).simpleString()}" for name in kept)])
    schema += f", `{embedding}` {kind}, `{error}` string"
    work = partial(_embedded, worker, image, kept, (embedding, error), vectors)
    result = df.select(*kept, *([image] if contents else [])).mapInArrow(work, schema)
    return result.withMetadata(embedding, column.metadata())


def _types() -> Any:
    from pyspark.sql import types

    return types


def _type(df: DataFrame, column: str) -> Any:
    return df.schema[column].dataType


def threads() -> int:
    """How many processors this task has; 0 where that is not known."""
    from pyspark import TaskContext

    context = TaskContext.get()
    return 0 if context is None else context.cpus()


def _embedded(
    worker: _worker.Worker, image: str, kept: List[str], new: Tuple[str, str], vectors: str, batches: Iterator[Any]
) -> Iterator[Any]:
    pyarrow = _columns.arrow()
    metric = worker.metric(threads())
    for batch in batches:
        # One chunk after the other, so that memory does not grow with what Spark gives at once.
        for start in range(0, batch.num_rows, _worker.CHUNK):
            part = batch.slice(start, _worker.CHUNK)
            matrix, errors = _worker.embed(metric, part.column(image).to_pylist())
            is_there = np.array([text is None for text in errors], bool)
            arrays = [part.column(name) for name in kept]
            arrays += [_columns.column(matrix, is_there, vectors), pyarrow.array(errors, pyarrow.string())]
            yield pyarrow.RecordBatch.from_arrays(arrays, [*kept, *new])


def embed_to(
    df: DataFrame,
    output: str,
    model: Union[str, Metric] = "ensemble",
    *,
    id: str = "id",
    images_per_job: int = _PART,
    retry: bool = False,
    contents: bool = False,
    **options: Any,
) -> Dict[str, int]:
    """Embeds images into a folder of Parquet. What is there already is not done again, by id; a run that was killed is
    resumed by the same call, and loses what its last job had not finished.

    Files are below ``status=embedded`` and ``status=failed``, which reading the folder makes a column.

    Args:
        output: A folder, in any store that Hadoop knows.
        id: The column that says which image it is, each once.
        images_per_job: How many images are written at a time.
        retry: Whether images that failed before are tried again.
        contents: Whether executors read the files through Hadoop, see `read_files`.
        options: Those of `embed`.

    Returns:
        ``"images"`` that were embedded now, ``"failed"`` of them, and ``"before"``, those that were there.

    Raises:
        IncomparableError: The folder holds embeddings of another model, other weights or in another precision.
        ArgumentError: Two rows have one id, or one has none.
    """
    from pyspark.sql import functions as F

    if images_per_job < 1:
        raise ArgumentError(f"images_per_job {images_per_job}: it is 1 or more")
    spark = df.sparkSession
    if df.groupBy(id).count().where(f"count > 1 or `{id}` is null").limit(1).count():
        raise ArgumentError(f"column {id!r}: an id comes twice, or is missing; each image has one of its own")
    worker = _worker.Worker(model, {k: v for k, v in options.items() if k in _LOADING}, _files.resolve)
    column = Kept.of(worker.driver, options.get("vectors", "float32"))
    failed = _file(spark, output, "status=failed")
    before, before_failed, left = 0, 0, df
    if _exists(spark, output):
        written = spark.read.parquet(output)
        there = Kept.read(written.schema[options.get("embedding", "embedding")].metadata)
        there.check(column, output)
        if there.vectors != column.vectors:
            raise IncomparableError(
                f"{output}: embeddings in {there.vectors}, not {column.vectors}; write another folder"
            )
        if retry:
            _delete(spark, failed)
    if _exists(spark, output):
        written = spark.read.parquet(output)
        before, before_failed = written.count(), written.where("status = 'failed'").count()
        left = df.join(written.select(id), id, "left_anti")
    count = left.count()
    parts = -(-count // images_per_job)
    for part in range(parts):
        some = left.where(F.pmod(F.xxhash64(id), F.lit(parts)) == part) if parts > 1 else left
        if contents:
            some = _files.read_files(some)
        done = embed(some, model, id=id, **options)
        is_failed = F.col(options.get("error", "error")).isNotNull()
        done = done.withColumn("status", F.when(is_failed, "failed").otherwise("embedded"))
        done.write.mode("append").partitionBy("status").parquet(output)
    now = spark.read.parquet(failed).count() if _exists(spark, failed) else 0
    return {"images": count, "failed": now - before_failed, "before": before}


_LOADING = {
    "precision", "normalize", "fit", "side", "parity", "feature", "adapter", "head", "home", "weights", "offline", "mirror"
}  # fmt: skip


def _file(spark: SparkSession, folder: str, name: str) -> str:
    return folder.rstrip("/") + "/" + name


def _exists(spark: SparkSession, folder: str) -> bool:
    """Whether it holds files that were committed, and not only what a killed job left."""
    place, system = _files._hadoop(spark, folder)
    if not system.exists(place):
        return False
    files = system.listFiles(place, True)
    while files.hasNext():
        path = str(files.next().getPath().toString())
        if path.endswith(".parquet") and "/_temporary/" not in path:
            return True
    return False


def _delete(spark: SparkSession, folder: str) -> None:
    place, system = _files._hadoop(spark, folder)
    system.delete(place, True)
