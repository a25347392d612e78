from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from .._errors import ArgumentError, DreamSimError
from . import _files
from ._duplicates import near_duplicates
from ._embed import embed_to
from ._moments import moments
from ._search import search

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def main(arguments: Optional[List[str]] = None) -> int:
    """The program; 0, or 1 after an error, which it prints."""
    options = _parser().parse_args(arguments)
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName(f"dreamsim {options.step}").getOrCreate()
    try:
        print(json.dumps(options.run(spark, options), sort_keys=True))
        return 0
    except DreamSimError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        spark.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dreamsim_native.spark",
        description="Embed images, find near duplicates and search on Apache Spark. INPUT and OUTPUT are in any store that "
        "Hadoop knows. Prints a JSON object of what was done.",
        epilog="Submit it: spark-submit --master URL --files lite.safetensors "
        "$(python -c 'import dreamsim_native.spark.__main__ as m; print(m.__file__)') embed manifest.parquet embedded "
        "--model spark-files:lite.safetensors",
    )
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")

    def step(name: str, run: Any, help: str, output: str = "Folder of Parquet to write.") -> argparse.ArgumentParser:
        command = steps.add_parser(name, help=help, description=help)
        command.add_argument("input", metavar="INPUT", help="Parquet; or CSV with a header, where it ends with .csv.")
        command.add_argument("output", metavar="OUTPUT", help=output)
        command.add_argument("--id", default="id", help="Column of the images' ids. (default: id)")
        command.set_defaults(run=run)
        return command

    command = step("embed", _embed, "Embed images; what OUTPUT holds already is not done again.")
    command.add_argument("--model", default="ensemble", help="Name or path of the model. (default: ensemble)")
    command.add_argument("--image", help="Column of paths or contents. (default: image, or else path)")
    command.add_argument(
        "--contents", action="store_true", help="Read the column 'path' through Hadoop's file systems."
    )
    command.add_argument("--home", help="Folder of the store of weights on every node.")
    command.add_argument("--weights", help="Folder of weights on every node.")
    command.add_argument("--precision", help="float32, int16 or int8.")
    command.add_argument("--vectors", default="float32", help="float32 or float16. (default: float32)")
    command.add_argument(
        "--images-per-job", type=int, default=100_000, help="Images written at a time. (default: 100000)"
    )
    command.add_argument("--retry", action="store_true", help="Try again what failed before.")

    command = step("dedupe", _dedupe, "Find groups of near duplicates among embeddings.")
    command.add_argument("--threshold", type=float, required=True, help="Largest distance of near images.")
    command.add_argument("--cells", type=int, help="Number of cells. (default: by the number of images)")
    command.add_argument(
        "--overlap", type=float, default=0.25, help="How far beyond borders is compared. (default: 0.25)"
    )
    command.add_argument(
        "--sample", type=int, default=1000, help="Images that the recall is measured on. (default: 1000)"
    )

    command = step("search", _search, "Find the nearest embeddings of queries, exactly.")
    command.add_argument("--queries", required=True, help="Parquet of embeddings, as embed writes it.")
    command.add_argument("--k", type=int, default=10, help="How many for each query. (default: 10)")

    command = step(
        "sets",
        _sets,
        "Write mean and covariance of embeddings, of which 'dreamsim sets' takes the Fréchet distance.",
        "Local file .npz to write, as pytorch-fid has them.",
    )
    command.add_argument("--generated", help="Parquet of other embeddings; print the Fréchet distance from INPUT.")
    return parser


def _read(spark: SparkSession, path: str) -> DataFrame:
    return spark.read.csv(path, header=True) if path.lower().endswith(".csv") else spark.read.parquet(path)


def _embed(spark: SparkSession, options: argparse.Namespace) -> Any:
    given = {name: getattr(options, name) for name in ("image", "home", "weights", "precision")}
    given = {name: value for name, value in given.items() if value is not None}
    return embed_to(
        _read(spark, options.input),
        options.output,
        options.model,
        id=options.id,
        vectors=options.vectors,
        images_per_job=options.images_per_job,
        retry=options.retry,
        contents=options.contents,
        **given,
    )


def _dedupe(spark: SparkSession, options: argparse.Namespace) -> Any:
    _must_be_new(spark, options.output)
    found = near_duplicates(
        _read(spark, options.input),
        options.threshold,
        id=options.id,
        cells=options.cells,
        overlap=options.overlap,
        sample=options.sample,
    )
    found.groups.write.parquet(options.output)
    return found.report


def _search(spark: SparkSession, options: argparse.Namespace) -> Any:
    _must_be_new(spark, options.output)
    queries = _read(spark, options.queries)
    found = search(_read(spark, options.input), queries, options.k, id=options.id)
    found.write.parquet(options.output)
    return {"queries": queries.count(), "results": spark.read.parquet(options.output).count()}


def _sets(spark: SparkSession, options: argparse.Namespace) -> Any:
    if not options.output.endswith(".npz"):
        raise ArgumentError(f"{options.output}: it does not end with .npz; name such a file of this machine")
    found = moments(_read(spark, options.input))
    report: Dict[str, Any] = {"images": found.count, "components": len(found.mean), "stamp": found.stamp}
    if options.generated is not None:
        report["fd"] = found.frechet_distance(moments(_read(spark, options.generated)))
    found.save(options.output)
    return report


def _must_be_new(spark: SparkSession, output: str) -> None:
    """Before hours of work, and not after them."""
    place, system = _files._hadoop(spark, output)
    if system.exists(place):
        raise ArgumentError(f"{output}: it is there already; name a new folder")
