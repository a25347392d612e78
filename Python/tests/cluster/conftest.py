"""A Spark of two executors on this machine, and images of which some are no images."""

import shutil

import pytest
from engines import SAMPLES, session


@pytest.fixture(scope="module")
def spark():
    pytest.importorskip("pyspark")
    # Two workers, each a process with one core and 2 GB.
    made = session("local-cluster[2,1,2048]", **{"spark.executor.memory": "1g"})
    yield made
    made.stop()


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """A folder of images, and of files that are none; their ids and paths."""
    folder = tmp_path_factory.mktemp("images with [brackets] and spaces")
    for number in range(3):
        for path in sorted(SAMPLES.glob("*.jpg")):
            shutil.copyfile(path, folder / f"{number} {path.name}")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "broken.jpg").write_bytes((SAMPLES / "scene.jpg").read_bytes()[:500])
    (folder / "text.jpg").write_text("no image")
    rows = [(path.name, str(path)) for path in sorted(folder.iterdir())]
    return [*rows, ("gone.jpg", str(folder / "gone.jpg"))]
