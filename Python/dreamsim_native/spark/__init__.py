"""Images by the million, on Apache Spark: embeddings, distances, judgments, search, near duplicates and
the moments of sets.

    import dreamsim_native.spark as dss

    embedded = dss.embed(spark.read.parquet("manifest"), model="lite")   # id, path -> id, path, embedding, error
    dss.search(embedded, queries, k=10)                                  # exact
    dss.near_duplicates(embedded, threshold=0.02).groups

Functions take and give DataFrames. Executors need this package (the wheel, or the sources on PYTHONPATH and
DREAMSIM_LIBRARY), numpy and pyarrow. Each Python worker loads the model once; weights that are not those of the driver
fail its tasks. ``python -m dreamsim_native.spark --help`` has the same as a program.
"""

from ._duplicates import Duplicates, near_duplicates
from ._embed import embed, embed_to
from ._files import SPARK_FILES, distribute, read_files
from ._moments import moments
from ._pairs import agreement, distances, vote
from ._search import search

__all__ = [
    "SPARK_FILES",
    "Duplicates",
    "agreement",
    "distances",
    "distribute",
    "embed",
    "embed_to",
    "moments",
    "near_duplicates",
    "read_files",
    "search",
    "vote",
]
