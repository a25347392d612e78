"""Files on a cluster: images of any store that Hadoop knows, and models that travel with a job."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, List

from .._errors import ArgumentError, FileError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SPARK_FILES = "spark-files:"
"""Before a name, it says that Spark brings the file or folder to every node: `distribute` does, or the options
``--files`` and ``--archives`` of spark-submit. As in ``embed(df, model="spark-files:lite.safetensors")`` and
``embed(df, "lite", home="spark-files:models")``."""


def resolve(path: str) -> str:
    """Where a path is on this machine."""
    if not path.startswith(SPARK_FILES):
        return path
    from pyspark import SparkFiles

    name = path[len(SPARK_FILES) :]
    # --archives of YARN and Kubernetes unpacks into the working folder.
    for folder in (SparkFiles.getRootDirectory(), os.getcwd()):
        if os.path.exists(os.path.join(folder, name)):
            return os.path.join(folder, name)
    raise FileError(f"{path}: Spark has brought no such file here; give it to distribute(), --files or --archives")


def distribute(spark: SparkSession, path: str) -> str:
    """Brings a model's file, or a folder of weights, to every node once.

    Args:
        path: A file or folder, also in a store that Hadoop knows.

    Returns:
        Its name for `embed` and the others, as ``model``, ``home`` or ``weights``; see `SPARK_FILES`.
    """
    spark.sparkContext.addFile(path, recursive=True)
    return SPARK_FILES + os.path.basename(path.rstrip("/"))


def read_files(manifest: DataFrame, path: str = "path", image: str = "image") -> DataFrame:
    """The rows of a manifest with the contents of their files, read by executors through Hadoop's file systems (hdfs,
    s3a, gs, abfs, file ...). Contents are not shuffled.

    Spark lists the folders of the paths, on the driver; rows whose file is empty or not there have null, which `embed`
    makes a row with an error.

    Args:
        manifest: Has the column `path`; it is broadcast, and so should hold what one job takes on.
        path: Paths or URLs of files, each once.
        image: The name of the new column.
    """
    from pyspark.sql import functions as F

    spark = manifest.sparkSession
    folders = manifest.select(F.regexp_extract(path, "^(.*/)[^/]*$", 1).alias("folder")).distinct().collect()
    names = {row["folder"]: _qualified(spark, row["folder"]) for row in folders}
    if "" in names:
        raise ArgumentError(f"column {path}: it holds a path without a folder; give whole paths or URLs")
    # What Hadoop calls a folder may be longer than what was given, such as file:/a for /a.
    pairs = [part for name, whole in names.items() for part in (name, whole)]
    longer = F.create_map(*map(F.lit, pairs)) if pairs else None
    marked = manifest.withColumn(
        "__file",
        F.concat(longer[F.regexp_extract(path, "^(.*/)[^/]*$", 1)], F.regexp_extract(path, "([^/]*)$", 1))
        if longer is not None
        else F.lit(None).cast("string"),
    )
    existing = _existing(spark, sorted(set(names.values())))
    nothing = F.lit(None).cast("binary")
    if not existing:
        return manifest.withColumn(image, nothing)
    # Names alone are read here, and contents only of the files that are wanted.
    listed = _files(spark, existing).select(F.col("path").alias("__file"))
    paths = [row["__file"] for row in listed.join(F.broadcast(marked.select("__file")), "__file").distinct().collect()]
    if not paths:
        return manifest.withColumn(image, nothing)
    contents = _files(spark, paths).select(F.col("path").alias("__file"), F.col("content").alias(image))
    found = contents.join(F.broadcast(marked), "__file")
    there = spark.createDataFrame([(one,) for one in paths], "__file string")
    lacking = marked.join(F.broadcast(there), "__file", "left_anti").withColumn(image, nothing)
    return found.drop("__file").unionByName(lacking.drop("__file"))


def _files(spark: SparkSession, paths: List[str]) -> DataFrame:
    # Names are taken as they are, with brackets and stars.
    return spark.read.format("binaryFile").load([re.sub(r"([\[\]{}*?\\])", r"\\\1", path) for path in paths])


def _hadoop(spark: SparkSession, folder: str) -> Any:
    # Of a session with a JVM; there is none with Spark Connect.
    session: Any = spark
    place = session._jvm.org.apache.hadoop.fs.Path(folder)
    return place, place.getFileSystem(session._jsparkSession.sessionState().newHadoopConf())


def _qualified(spark: SparkSession, folder: str) -> str:
    if not folder:
        return ""
    place, system = _hadoop(spark, folder)
    return str(system.makeQualified(place).toString()).rstrip("/") + "/"


def _existing(spark: SparkSession, folders: List[str]) -> List[str]:
    places = {folder: _hadoop(spark, folder) for folder in folders}
    return [folder for folder, (place, system) in places.items() if system.exists(place)]
