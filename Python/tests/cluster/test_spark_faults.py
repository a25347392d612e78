"""Spark where one of two executors cannot do its work: the other one does it."""

import os
import pathlib
import subprocess
import tempfile
import time

import pytest
from engines import by_id, check, groups, manifest, session, vectors, write_vectors

pytest.importorskip("pyspark")

import dreamsim_native as ds  # noqa: E402
import dreamsim_native.spark as dss  # noqa: E402

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture
def spark():
    """Of each test its own, because an executor that failed stays excluded."""
    options = {"spark.executor.memory": "1g", "spark.excludeOnFailure.enabled": "true"}
    made = session("local-cluster[2,1,2048]", **options)
    yield made
    made.stop()


def test_one_worker_has_damaged_weights(spark, images, tmp_path):
    """It is refused, and the other does its work."""
    program, merged = os.environ["DREAMSIM_COMMAND"], tmp_path / "merged.safetensors"
    subprocess.run([program, "models", "convert", "lite", "-o", merged], check=True, stdout=subprocess.DEVNULL)
    model = dss.distribute(spark, str(merged))
    assert model == "spark-files:merged.safetensors"

    def damage(_):
        from pyspark import SparkFiles

        path = pathlib.Path(SparkFiles.get("merged.safetensors"))
        if path.parent.resolve().parts[-1] == "0" or os.getcwd().endswith("/0"):
            contents = bytearray(path.read_bytes())
            contents[len(contents) // 2] ^= 0xFF
            path.unlink()
            path.write_bytes(contents)
            return [1]
        return [0]

    # Enough short tasks that each executor gets some.
    damaged = spark.sparkContext.parallelize(range(16), 16).mapPartitions(
        lambda some: (time.sleep(0.3), damage(some))[1]
    )
    assert 0 < sum(damaged.collect()) < 16
    embedded = dss.embed(manifest(spark, images), model, images_per_task=4)
    check(by_id(embedded), images, ds.load("lite"))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, as root")
def test_the_disk_of_one_worker_is_full(spark, tmp_path):
    # Executors make their folders when they start, which a first job waits for.
    spark.sparkContext.parallelize(range(16), 16).map(lambda _: time.sleep(0.2)).collect()
    folders = sorted(pathlib.Path(tempfile.gettempdir()).glob("spark-*/executor-*/blockmgr-*"), key=os.path.getmtime)
    assert folders
    ids, rows, known = vectors(8000, distance=0.001)
    write_vectors(tmp_path / "vectors.parquet", ids, rows)
    df = spark.read.parquet(str(tmp_path / "vectors.parquet")).repartition(8)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folders[-1]]).returncode:
        pytest.skip("a disk cannot be mounted here")
    try:
        assert groups(dss.near_duplicates(df, 0.001, cells=60, sample=0)) == known
    finally:
        subprocess.run(["umount", "-l", folders[-1]], check=True)
