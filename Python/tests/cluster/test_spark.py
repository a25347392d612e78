"""Spark with two executors: each image exactly once and as the command embeds it, whatever happens."""

import csv
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

import numpy as np
import pytest
from engines import BAD, ROOT, by_id, check, exact_distances, groups, manifest, vectors, write_vectors

pyspark = pytest.importorskip("pyspark")

import dreamsim_native as ds  # noqa: E402
import dreamsim_native.spark as dss  # noqa: E402
from dreamsim_native._columns import Kept  # noqa: E402

pytestmark = pytest.mark.cluster


# Embeddings


def test_images_are_embedded_as_the_command_does(spark, images, tmp_path):
    embedded = dss.embed(manifest(spark, images), "lite", images_per_task=4)
    found = by_id(embedded)
    check(found, images, ds.load("lite"))
    good = [(name, path) for name, path in images if name not in BAD]
    program = os.environ["DREAMSIM_COMMAND"]
    output = tmp_path / "embeddings.npy"
    subprocess.run([program, "embed", *(path for _, path in good), "-o", output, "--model", "lite"], check=True)
    expected = np.load(output)
    np.testing.assert_allclose([found[name]["embedding"] for name, _ in good], expected, rtol=0, atol=1e-6)
    kept = Kept.read(embedded.schema["embedding"].metadata)
    assert kept == Kept(ds.load("lite").stamp, "lite", ds.load("lite").width, "float32")
    assert "empty" in found["empty.jpg"]["error"] or "known format" in found["empty.jpg"]["error"]


def test_contents_that_executors_read_through_hadoop(spark, images):
    rows = [(name, "file:" + path) for name, path in images]
    read = dss.read_files(manifest(spark, rows))
    assert read.count() == len(rows)
    embedded = dss.embed(read, "pdq", vectors="float16")
    assert embedded.columns == ["id", "path", "embedding", "error"]
    found = by_id(embedded)
    expected = ds.load("pdq").embed([path for name, path in images if name not in BAD])
    halves = [np.frombuffer(found[name]["embedding"], "<f2") for name, _ in images if name not in BAD]
    np.testing.assert_array_equal(np.stack(halves), expected.astype(np.float16))
    assert {name for name, row in found.items() if row["error"]} == BAD
    assert "not there" in found["empty.jpg"]["error"] and "not there" in found["gone.jpg"]["error"]


def test_a_run_resumes_and_does_nothing_twice(spark, images, tmp_path):
    output = str(tmp_path / "embedded")
    first = dss.embed_to(manifest(spark, images[:10]), output, "pdq", images_per_job=4)
    assert first == {"images": 10, "failed": 0, "before": 0}
    before = {path: path.stat().st_mtime_ns for path in pathlib.Path(output).rglob("*.parquet")}
    second = dss.embed_to(manifest(spark, images), output, "pdq")
    assert second == {"images": len(images) - 10, "failed": len(BAD), "before": 10}
    assert before.items() <= {path: path.stat().st_mtime_ns for path in pathlib.Path(output).rglob("*.parquet")}.items()
    written = spark.read.parquet(output)
    check(by_id(written), images, ds.load("pdq"))
    assert Kept.read(written.schema["embedding"].metadata).stamp == ds.load("pdq").stamp
    again = dss.embed_to(manifest(spark, images), output, "pdq", retry=True)
    assert again == {"images": len(BAD), "failed": len(BAD), "before": len(images) - len(BAD)}
    check(by_id(spark.read.parquet(output)), images, ds.load("pdq"))
    nothing = dss.embed_to(manifest(spark, images), output, "pdq")
    assert nothing == {"images": 0, "failed": 0, "before": len(images)}
    with pytest.raises(ds.IncomparableError, match="made otherwise"):
        dss.embed_to(manifest(spark, images), output, "lite", retry=True)
    assert spark.read.parquet(output).count() == len(images), "what failed was thrown away before the model was checked"
    with pytest.raises(ds.ArgumentError, match="twice"):
        dss.embed_to(manifest(spark, [images[0], images[0]]), output, "pdq")
    with pytest.raises(ds.ArgumentError, match="missing"):
        dss.embed_to(manifest(spark, [(None, images[0][1])]), output, "pdq")


def executors():
    """The processes of executors that this one's Spark has started."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"CoarseGrainedExecutorBackend" in line and b"--driver-url" in line:
            found.append(int(folder.name))
    return found


def test_an_executor_that_is_killed_in_the_middle(spark, images, tmp_path):
    rows = [(f"{number} {name}", path) for number in range(8) for name, path in images if name not in BAD]
    tracker, killed = spark.sparkContext.statusTracker(), []

    def kill():
        while not killed:
            for stage in tracker.getActiveStageIds():
                info = tracker.getStageInfo(stage)
                if info is not None and info.numTasks > 20 and info.numCompletedTasks >= 3:
                    killed.append(executors()[0])
                    os.kill(killed[0], signal.SIGKILL)
                    return
            time.sleep(0.01)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    output = str(tmp_path / "embedded")
    done = dss.embed_to(manifest(spark, rows), output, "lite", images_per_task=8)
    assert killed, "nothing was killed"
    assert done == {"images": len(rows), "failed": 0, "before": 0}
    found = by_id(spark.read.parquet(output))
    assert found.keys() == {name for name, _ in rows}
    expected = ds.load("lite").embed([path for _, path in rows[: len(images) - len(BAD)]])
    for number in range(8):
        names = [name for name, _ in rows[number * len(expected) : (number + 1) * len(expected)]]
        np.testing.assert_allclose([found[name]["embedding"] for name in names], expected, rtol=0, atol=1e-6)


def test_skewed_partitions(spark, images):
    rows = [(f"{number} {name}", path) for number in range(4) for name, path in images]
    skewed = manifest(spark, rows).coalesce(1)
    embedded = dss.embed(skewed, "pdq", images_per_task=8)
    assert embedded.rdd.getNumPartitions() == -(-len(rows) // 8)
    assert len(by_id(embedded)) == len(rows)


def test_workers_with_other_weights_are_refused(spark, images, tmp_path, monkeypatch):
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    with monkeypatch.context() as patch:
        patch.setattr(ds.Metric, "_identity", lambda _: {"weights": "0123"})  # what the driver has
        embedded = dss.embed(manifest(spark, images), "lite")
    output = tmp_path / "refused"
    with pytest.raises((PySparkException, Py4JJavaError), match="other weights"):
        embedded.write.parquet(str(output))
    assert not list(output.rglob("*.parquet"))


def test_columns_that_cannot_be(spark, images):
    df = manifest(spark, images)
    for call, words in [
        (lambda: dss.embed(df, "pdq", image="nowhere"), "'nowhere': it is not there"),
        (lambda: dss.embed(df, "pdq", vectors="float64"), "'float64': they are kept as"),
        (lambda: dss.embed(df, "pdq", error="path"), "'path': it is there already"),
        (lambda: dss.embed(df, "ssim"), "without embeddings"),
        (lambda: dss.distances(df, "ssim", a="path", b="b"), "'b': it is not there"),
        (lambda: dss.search(df, df), "'embedding': it is not there"),
        (lambda: dss.near_duplicates(df, 0), "threshold 0"),
    ]:
        with pytest.raises(ds.DreamSimError, match=words):
            call()


# Pairs and triplets


@pytest.mark.parametrize("metric", ["pdq", "ssim"])
def test_distances_and_votes_are_those_of_one_machine(spark, images, tmp_path, metric):
    good = [path for name, path in images if name not in BAD][:9]
    pairs = [(good[0], path) for path in good] + [(good[0], images[-1][1])]
    rows = dss.distances(spark.createDataFrame(pairs, "a string, b string"), metric).collect()
    model = ds.load(metric)
    found = {row["b"]: row for row in rows}
    for a, b in pairs[:-1]:
        assert found[b]["error"] is None and found[b]["distance"] == pytest.approx(model.distance(a, b), abs=1e-9)
    assert found[pairs[-1][1]]["distance"] is None and "gone.jpg" in found[pairs[-1][1]]["error"]

    table = tmp_path / "votes.csv"
    judged = [(good[0], good[1], good[2], "left", 1.0), (good[0], good[3], good[4], "0.25", 2.0)]
    judged += [(good[5], good[6], good[7], "right", 0.5), (good[1], good[8], good[8], "1", 3.0)]
    with open(table, "w", newline="") as file:
        csv.writer(file).writerows([("ref", "left", "right", "vote", "weight"), *judged])
    report = ds.evaluate(metric, table, "triplets", progress=False)
    expected = report["metrics"][0]["score"]
    gone = (images[-1][1], good[0], good[1], "left", 1.0)
    triplets = spark.createDataFrame(
        [*judged, gone], "ref string, left string, right string, vote string, weight double"
    )
    voted = dss.vote(triplets, metric)
    said = dss.agreement(voted)
    assert said.pop("skipped") == 1
    assert said["count"] == expected["count"]
    assert said["value"] == pytest.approx(expected["value"], abs=1e-12)
    assert said["interval"] == pytest.approx(expected["interval"], abs=1e-12)
    assert {row["choice"] for row in voted.collect()} <= {"left", "right", "tie", None}
    with pytest.raises(ds.ArgumentError, match="rows have no vote"):
        dss.agreement(voted.withColumn("vote", voted["ref"]))


# Search


@pytest.mark.parametrize("kept", [None, Kept({"model": "x"}, "x", 64, "float32")])
def test_search_is_exact(spark, tmp_path, kept):
    ids, rows, _ = vectors(5000, copies=0.2, distance=1e-7)  # copies that single precision does not tell apart
    write_vectors(tmp_path / "vectors.parquet", ids, rows, kept, 700)
    df = spark.read.parquet(str(tmp_path / "vectors.parquet"))
    if kept:
        df = df.withMetadata("embedding", kept.metadata())
    queries = df.where("id < 'v00000040'")
    found = dss.search(df.repartition(3), queries, 7).orderBy("query", "rank").collect()
    distances = np.clip(exact_distances(rows[:40], rows), 0, 2)
    assert len(found) == 40 * 7
    for query in range(40):
        got = [row for row in found if row["query"] == ids[query]]
        best = np.sort(distances[query])[:7]
        np.testing.assert_allclose([row["distance"] for row in got], best, rtol=0, atol=1e-12)
        # Of distances that are equal but for rounding in double precision either may come first.
        np.testing.assert_allclose([distances[query][ids.index(row["id"])] for row in got], best, rtol=0, atol=1e-12)
        assert len({row["id"] for row in got}) == 7
    with pytest.raises(ds.IncomparableError, match="made otherwise"):
        dss.search(df, queries.withMetadata("embedding", Kept({"model": "y"}, "y", 64, "float32").metadata()))


# Near duplicates


def test_near_duplicates_are_found_and_the_same_again(spark, tmp_path):
    ids, rows, known = vectors(8000, copies=0.1, distance=0.002)
    rows[100:400] = rows[100]  # a cell that is much larger than the others, of one image
    known = {group for group in known if not group & set(ids[100:400])}
    write_vectors(tmp_path / "vectors.parquet", ids, rows)
    df = spark.read.parquet(str(tmp_path / "vectors.parquet"))
    found = dss.near_duplicates(df, 0.002, cells=60)
    first = groups(found)
    assert frozenset(ids[100:400]) <= max(first, key=len)
    assert len(known & first) >= 0.99 * len(known)
    report = found.report
    assert report["recall"] >= 0.99 and report["pairs"] > 100
    assert report["share"] < 0.1 and report["images"] == 8000
    assert groups(dss.near_duplicates(df.repartition(5), 0.002, cells=60)) == first
    # With the whole overlap all are found for certain, as comparing all pairs does.
    distances = exact_distances(rows, rows)
    a, b = np.nonzero(np.triu(distances <= 0.002, 1))
    labels = np.arange(8000)
    while True:
        before = labels.copy()
        np.minimum.at(labels, a, labels[b])
        np.minimum.at(labels, b, labels[a])
        if (labels == before).all():
            break
    expected = {}
    for place, label in enumerate(labels):
        expected.setdefault(label, set()).add(ids[place])
    whole = dss.near_duplicates(df, 0.002, cells=60, overlap=1.0)
    assert groups(whole) == {frozenset(group) for group in expected.values() if len(group) > 1}
    assert whole.report["recall"] == 1


def test_large_cells_are_divided(spark, tmp_path, monkeypatch):
    from dreamsim_native.spark import _duplicates

    ids, rows, known = vectors(3000, distance=0.001)
    write_vectors(tmp_path / "vectors.parquet", ids, rows)
    df = spark.read.parquet(str(tmp_path / "vectors.parquet"))
    monkeypatch.setattr(_duplicates, "_MOST", 300)
    found = dss.near_duplicates(df, 0.001, cells=1)
    assert groups(found) == known
    assert found.report["examined"] == 3000 * 2999 // 2 and found.report["recall"] == 1


def test_nothing_is_near(spark, tmp_path):
    ids, rows, _ = vectors(500, copies=0)
    write_vectors(tmp_path / "vectors.parquet", ids, rows)
    found = dss.near_duplicates(spark.read.parquet(str(tmp_path / "vectors.parquet")), 0.001)
    assert groups(found) == set() and found.report["recall"] is None and found.report["groups"] == 0
    none = dss.near_duplicates(spark.createDataFrame([], "id string, embedding array<float>"), 0.001)
    assert groups(none) == set() and none.report["images"] == 0


def test_chains_are_one_group(spark):
    from dreamsim_native.spark._groups import groups_of

    pairs = [(f"a{number:03d}", f"a{number + 1:03d}") for number in range(100)] + [("x", "y"), ("y", "z"), ("b", "z")]
    found, rounds = groups_of(spark.createDataFrame(pairs, "a string, b string"))
    labels = {row["id"]: row["group"] for row in found.collect()}
    assert labels == {**{f"a{number:03d}": "a000" for number in range(101)}, **dict.fromkeys("bxyz", "b")}
    assert rounds <= 12


# Moments


def test_moments_are_those_of_one_machine(spark, tmp_path):
    _, rows, _ = vectors(3000, 100, copies=0)
    rows += 30  # far from the origin, where sums of squares would lose digits
    write_vectors(tmp_path / "vectors.parquet", [f"{n}" for n in range(3000)], rows)
    df = spark.read.parquet(str(tmp_path / "vectors.parquet")).repartition(5)
    found = dss.moments(df)
    wide = rows.astype(np.float64)
    assert found.count == 3000
    np.testing.assert_allclose(found.mean, wide.mean(0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(wide, rowvar=False), rtol=1e-9, atol=1e-12)
    with pytest.raises(ds.ArgumentError, match="1 embeddings"):
        dss.moments(df.limit(1))


def test_the_frechet_distance_is_that_of_the_command(spark, tmp_path):
    folder = ROOT / "Tests/Fixtures/sets"

    def by_command(real):
        program = os.environ["DREAMSIM_COMMAND"]
        line = [program, "sets", real, folder / "generated.npy", "--score", "fd", "--format", "json"]
        return json.loads(subprocess.run(line, check=True, stdout=subprocess.PIPE).stdout)["scores"][0]["value"]

    found = []
    for name in ("real", "generated"):
        rows = np.load(folder / f"{name}.npy")
        write_vectors(tmp_path / f"{name}.parquet", [f"{n}" for n in range(len(rows))], rows)
        found.append(dss.moments(spark.read.parquet(str(tmp_path / f"{name}.parquet")).repartition(3)))
    expected = by_command(folder / "real.npy")
    assert found[0].frechet_distance(found[1]) == pytest.approx(expected, rel=1e-9)
    found[0].save(tmp_path / "real.npz")
    assert by_command(tmp_path / "real.npz") == pytest.approx(expected, rel=1e-9)


# The program


def test_the_program(images, tmp_path):
    manifest = tmp_path / "manifest.csv"
    with open(manifest, "w", newline="") as file:
        csv.writer(file).writerows([("id", "path"), *images])
    program = [str(pathlib.Path(dss.__file__).parent / "__main__.py")]
    submit = pathlib.Path(pyspark.__file__).parent / "bin/spark-submit"

    def run(*arguments):
        settings = [
            "--master",
            "local[2]",
            "--conf",
            "spark.ui.enabled=false",
            "--conf",
            "spark.sql.shuffle.partitions=2",
        ]
        done = subprocess.run([submit, *settings, *program, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        return done.returncode, done.stdout.strip().splitlines()

    embedded = tmp_path / "embedded"
    code, lines = run("embed", manifest, embedded, "--model", "pdq")
    assert code == 0 and json.loads(lines[-1]) == {"images": len(images), "failed": len(BAD), "before": 0}
    code, lines = run("dedupe", embedded, tmp_path / "groups", "--threshold", "0.01")
    assert code == 0 and json.loads(lines[-1])["groups"] >= 8
    assert run("dedupe", embedded, tmp_path / "groups", "--threshold", "0.01")[0] == 1
    code, lines = run("sets", embedded, tmp_path / "set.npz", "--generated", embedded)
    report = json.loads(lines[-1])
    assert code == 0 and report["images"] == len(images) - len(BAD) and report["stamp"] == ds.load("pdq").stamp
    assert report["fd"] == pytest.approx(0, abs=1e-6)
    assert ds.SetMoments.load(tmp_path / "set.npz").count == report["images"]
