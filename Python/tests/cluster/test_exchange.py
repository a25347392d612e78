"""Indexes as Parquet, in clip-retrieval's layout, and as FAISS."""

import shutil

import numpy as np
import pytest
from engines import SAMPLES

import dreamsim_native as ds

pq = pytest.importorskip("pyarrow.parquet")

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", params=["float16", "float32"])
def index(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    shutil.copytree(SAMPLES, folder / "images")
    with ds.Index(folder / "index", "pdq", vectors=request.param) as made:
        made.update(folder / "images", progress=False)
        yield made


def contents(index, folder):
    """The stored bits of an index, and what is known of its files."""
    index.export(folder)
    (vectors,) = (folder / "img_emb").glob("*.npy")
    return np.load(vectors), (folder / "metadata/metadata_0.ndjson").read_text()


def check_same(one, other, tmp_path):
    first, second = contents(one, tmp_path / "one"), contents(other, tmp_path / "other")
    assert first[0].dtype == second[0].dtype and (first[0] == second[0]).all() and first[1] == second[1]
    assert one.stamp == other.stamp and len(one) == len(other) > 5


@pytest.mark.parametrize("vectors", ["float32", "float16"])
def test_parquet_there_and_back(index, tmp_path, vectors):
    if vectors == "float16" and "float32" in index.describe()["folder"]:
        pytest.skip("it would lose bits")
    assert index.to_parquet(tmp_path / "images.parquet", vectors=vectors) == len(index)
    table = pq.read_table(tmp_path / "images.parquet")
    assert table.num_rows == len(index) and table.schema.field("embedding").type.list_size == 256
    with ds.Index.from_parquet(tmp_path / "copy", tmp_path / "images.parquet") as copy:
        check_same(index, copy, tmp_path)
    # Nothing else is left.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "images.parquet", "one", "other"]


def test_parquet_of_another_model_is_refused(index, tmp_path):
    index.to_parquet(tmp_path / "images.parquet")
    with pytest.raises(ds.IncomparableError, match="made otherwise"):
        ds.Index.from_parquet(tmp_path / "lite", tmp_path / "images.parquet", "lite")
    with ds.Index(tmp_path / "other", "lite"):
        pass
    with pytest.raises(ds.IncomparableError):
        ds.Index.from_parquet(tmp_path / "other", tmp_path / "images.parquet")
    with pytest.raises(ds.DreamSimError, match="no column 'name'"):
        ds.Index.from_parquet(tmp_path / "copy", tmp_path / "images.parquet", id="name")


def test_parquet_without_what_is_known_of_files(index, tmp_path):
    index.to_parquet(tmp_path / "images.parquet")
    table = pq.read_table(tmp_path / "images.parquet").select(["id", "embedding"])
    pq.write_table(table.replace_schema_metadata(None), tmp_path / "bare.parquet")
    with ds.Index.from_parquet(tmp_path / "copy", tmp_path / "bare.parquet", "pdq") as copy:
        assert len(copy) == len(index)
        assert copy.search(SAMPLES / "scene.jpg", 1)[0].distance < 1e-3


def test_clip_retrieval_there_and_back(index, tmp_path):
    assert index.to_clip_retrieval(tmp_path / "folder") == len(index)
    names = sorted(str(path.relative_to(tmp_path / "folder")) for path in (tmp_path / "folder").rglob("*.*"))
    assert names == ["img_emb/img_emb_0.npy", "metadata/metadata_0.parquet", "stamp.json"]
    with ds.Index.from_clip_retrieval(tmp_path / "copy", tmp_path / "folder") as copy:
        check_same(index, copy, tmp_path)
    (tmp_path / "folder/stamp.json").unlink()
    with pytest.raises(ds.IncomparableError, match="give the model"):
        ds.Index.from_clip_retrieval(tmp_path / "another", tmp_path / "folder")
    with ds.Index.from_clip_retrieval(tmp_path / "another", tmp_path / "folder", "pdq") as copy:
        assert len(copy) == len(index)
    np.save(tmp_path / "folder/img_emb/img_emb_0.npy", np.zeros((2, 256), np.float32))
    with pytest.raises(ds.FileError, match="2 vectors, and"):
        ds.Index.from_clip_retrieval(tmp_path / "third", tmp_path / "folder", "pdq")


def test_faiss(index, tmp_path):
    faiss = pytest.importorskip("faiss")
    assert index.to_faiss(tmp_path / "images.faiss") == len(index)
    ids = pq.read_table(tmp_path / "images.faiss.parquet").column("id").to_pylist()
    flat = faiss.read_index(str(tmp_path / "images.faiss"))
    query = ds.load("pdq").embed(SAMPLES / "scene.jpg")
    products, places = flat.search(np.asarray(query)[None], 5)
    expected = index.search(SAMPLES / "scene.jpg", 5)
    np.testing.assert_allclose(1 - products[0], [match.distance for match in expected], atol=2e-3)
    assert ids[places[0][0]] == expected[0].path
