"""Ray with two nodes on this machine."""

import json
import os
import signal
import urllib.request

import numpy as np
import pytest
from engines import BAD, exact_distances, vectors, write_vectors

import dreamsim_native as ds

ray = pytest.importorskip("ray")

import dreamsim_native.ray as dsr  # noqa: E402
from dreamsim_native._columns import Kept  # noqa: E402

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def nodes():
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "object_store_memory": 200 << 20})
    cluster.add_node(num_cpus=2, object_store_memory=200 << 20)
    variables = {name: os.environ[name] for name in ("PYTHONPATH", "DREAMSIM_LIBRARY")}
    ray.init(address=cluster.address, runtime_env={"env_vars": variables}, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def dataset(rows, blocks=4):
    return ray.data.from_items([{"id": name, "path": path} for name, path in rows], override_num_blocks=blocks)


def check(found, rows, model):
    assert sorted(row["id"] for row in found) == sorted(name for name, _ in rows)
    found = {row["id"]: row for row in found}
    for name, row in found.items():
        assert (row["error"] is not None) == (name in BAD) == (row["embedding"] is None)
    good = [(name, path) for name, path in rows if name not in BAD]
    expected = model.embed([path for _, path in good])
    np.testing.assert_allclose([found[name]["embedding"] for name, _ in good], expected, rtol=0, atol=1e-6)


def test_images_are_embedded(nodes, images):
    embedded = dsr.embed(dataset(images), "lite", actors=2, batch=8).materialize()
    check(embedded.take_all(), images, ds.load("lite"))
    field = embedded.schema().base_schema.field("embedding")
    assert Kept.read(field.metadata).stamp == ds.load("lite").stamp
    halves = dsr.embed(dataset(images), "pdq", vectors="float16").take_all()
    assert sum(row["embedding"] is None for row in halves) == len(BAD)


def test_an_actor_that_is_killed(nodes, images, tmp_path):
    """The first actor that sees a batch kills itself, once."""
    rows = [(f"{number} {name}", path) for number in range(4) for name, path in images if name not in BAD]
    mark = str(tmp_path / "killed")

    class Dying(dsr.Embedder):
        def __call__(self, table):
            if any(name.startswith("2 ") for name in table.column("id").to_pylist()):
                try:
                    os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    pass
                else:
                    os.kill(os.getpid(), signal.SIGKILL)
            return super().__call__(table)

    worker = dsr._worker.Worker("lite", {})
    found = dsr._mapped(dataset(rows, 8), Dying, (worker, "path", 1, "float32"), 2, 1, 8).take_all()
    assert os.path.exists(mark), "nothing was killed"
    check(found, rows, ds.load("lite"))


def test_search_is_exact(nodes, tmp_path):
    ids, rows, _ = vectors(3000, copies=0.2, distance=1e-7)
    kept = Kept({"model": "x"}, "x", 64, "float32")
    write_vectors(tmp_path / "vectors.parquet", ids, rows, kept, 700)
    data = ray.data.read_parquet(str(tmp_path / "vectors.parquet"))
    found = dsr.search(data, ds.Embeddings(rows[:20], {"model": "x"}), 7, actors=2, batch=500)
    distances = np.clip(exact_distances(rows[:20], rows), 0, 2)
    for query in range(20):
        best = np.sort(distances[query])[:7]
        np.testing.assert_allclose([distance for _, distance in found[query]], best, rtol=0, atol=1e-12)
        np.testing.assert_allclose([distances[query][ids.index(name)] for name, _ in found[query]], best, atol=1e-12)
    with pytest.raises(ds.IncomparableError, match="made otherwise"):
        dsr.search(data, ds.Embeddings(rows[:20], {"model": "y"}), 7)


def test_distances_and_agreement(nodes, images):
    good = [path for name, path in images if name not in BAD][:6]
    model = ds.load("ssim")
    items = [{"a": good[0], "b": path} for path in good]
    for row in dsr.distances(ray.data.from_items(items), "ssim").take_all():
        assert row["error"] is None and row["distance"] == pytest.approx(model.distance(row["a"], row["b"]), abs=1e-9)
    votes = [{"ref": good[0], "left": good[1], "right": good[2], "vote": "left"}]
    votes += [{"ref": good[0], "left": good[3], "right": good[3], "vote": "1"}]
    said = dsr.agreement(dsr.vote(ray.data.from_items(votes), "ssim"))
    first = 1.0 if model.distance(good[0], good[1]) < model.distance(good[0], good[2]) else 0.0
    assert said["value"] == (first + 0.5) / 2 and said["count"] == 2 and said["skipped"] == 0


def test_other_weights_are_refused(nodes, images, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(ds.Metric, "_identity", lambda _: {"weights": "0123"})
        embedded = dsr.embed(dataset(images), "lite")
    with pytest.raises(Exception, match="other weights"):
        embedded.take_all()


def test_the_service(nodes, images):
    serve = pytest.importorskip("ray.serve")
    serve.run(dsr.deployment("pdq"), route_prefix="/embed")
    try:
        found = {}
        for name, path in images:
            if name in BAD - {"text.jpg"}:
                continue
            request = urllib.request.Request("http://127.0.0.1:8000/embed", open(path, "rb").read(), method="POST")
            try:
                with urllib.request.urlopen(request) as answer:
                    found[name] = json.load(answer)
            except urllib.error.HTTPError as error:
                assert error.code == 422 and name in BAD
        model = ds.load("pdq")
        for name, path in images:
            if name in found:
                np.testing.assert_allclose(found[name]["embedding"], model.embed(path), atol=1e-6)
                assert found[name]["stamp"] == model.stamp
        assert len(found) == len(images) - len(BAD)
    finally:
        serve.shutdown()
