"""What the tests of engines share: a session of Spark, and vectors with known copies."""

import os
import pathlib
import sys
import tempfile
from collections import Counter

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "Samples"


def session(master, **options):
    """A session of Spark whose executors have this package."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(master).appName("dreamsim tests")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.driver.host": "localhost",
        "spark.executorEnv.PYTHONPATH": os.environ["PYTHONPATH"],
        "spark.executorEnv.DREAMSIM_LIBRARY": os.environ["DREAMSIM_LIBRARY"],
        "spark.local.dir": tempfile.gettempdir(),
        **options,
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("OFF")
    return made


BAD = {"empty.jpg", "broken.jpg", "text.jpg", "gone.jpg"}


def vectors(count, width=64, copies=0.1, distance=0.002, seed=1, topics=20):
    """Vectors in clouds about topics, the last of them copies of the first at a distance of at most `distance`, in
    groups of two to four; their ids; and the groups."""
    random = np.random.default_rng(seed)
    number = int(count * copies)
    plain = random.standard_normal((topics, width))[random.integers(0, topics, count - number)]
    plain = plain + 0.8 * random.standard_normal((count - number, width))
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    whose = np.arange(number) // 2  # each has two, and is one of three
    aside = random.standard_normal((number, width))
    aside -= (aside * plain[whose]).sum(1, keepdims=True) * plain[whose]
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    # Copies of one vector may be twice as far from each other, and are connected through it.
    near = 1 - distance * random.random((number, 1))
    copied = near * plain[whose] + np.sqrt(1 - near**2) * aside
    rows = np.concatenate([plain, copied]).astype(np.float32)
    ids = [f"v{place:08d}" for place in range(count)]
    groups = {}
    for place, original in enumerate(whose):
        groups.setdefault(ids[original], {ids[original]}).add(ids[count - number + place])
    return ids, rows, {frozenset(group) for group in groups.values()}


def write_vectors(path, ids, rows, kept=None, row_group_size=20_000):
    """As `embed` writes them, for Spark and Ray to read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = pa.list_(pa.float32(), rows.shape[1])
    column = pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), type=kind)
    field = pa.field("embedding", kind, metadata=kept.metadata() if kept else None)
    schema = pa.schema([pa.field("id", pa.string()), field])
    pq.write_table(pa.table([pa.array(ids), column], schema=schema), path, row_group_size=row_group_size)


def exact_distances(queries, rows):
    """One minus cosines in double precision."""
    a, b = queries.astype(np.float64), rows.astype(np.float64)
    a, b = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (a, b))
    return 1 - a @ b.T


def manifest(spark, rows):
    return spark.createDataFrame(rows, "id string, path string")


def by_id(df):
    rows = df.collect()
    assert max(Counter(row["id"] for row in rows).values()) == 1, "an image came twice"
    return {row["id"]: row for row in rows}


def check(found, rows, model):
    """Each image exactly once, with the embedding that the model gives here, or an error."""
    assert found.keys() == {name for name, _ in rows}
    for name, row in found.items():
        assert (row["error"] is not None) == (name in BAD), row
        assert (row["embedding"] is None) == (name in BAD)
    good = [(name, path) for name, path in rows if name not in BAD]
    expected = model.embed([path for _, path in good])
    np.testing.assert_allclose([found[name]["embedding"] for name, _ in good], expected, rtol=0, atol=1e-6)


def groups(found):
    together = {}
    for row in found.groups.collect():
        together.setdefault(row["group"], set()).add(row["id"])
    assert all(name == min(members) for name, members in together.items())
    return {frozenset(members) for members in together.values()}
