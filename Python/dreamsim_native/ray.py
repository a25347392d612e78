"""Images by the million, on Ray: the same as `dreamsim_native.spark` but near duplicates, and a service with batching.

    import ray
    import dreamsim_native.ray as dsr

    embedded = dsr.embed(ray.data.read_parquet("manifest"), model="lite", actors=8)   # id, path -> + embedding, error
    dsr.search(embedded, queries, k=10)                                               # exact

Datasets are mapped by actors, each of which loads the model once; weights that are not those of the driver fail it.
Nodes need this package, numpy and pyarrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union

import numpy as np

from . import _agreement, _columns, _worker
from ._columns import Kept
from ._errors import ArgumentError, IncomparableError
from ._nearest import Nearest

if TYPE_CHECKING:
    from ray.data import Dataset

    from ._embeddings import Embeddings
    from ._metric import Metric


class Embedder:
    """An actor for ``Dataset.map_batches(Embedder, fn_constructor_args=..., batch_format="pyarrow")`` that embeds;
    `embed` sets it up.

    Args:
        worker: The model.
        image: The column of images.
        threads: How many compute.
        vectors: ``"float32"`` or ``"float16"``.
    """

    def __init__(self, worker: _worker.Worker, image: str, threads: int, vectors: str = "float32") -> None:
        self._metric, self._image = worker.metric(threads), image
        self._kept = Kept.of(self._metric, vectors)

    def __call__(self, table: Any) -> Any:
        """A table with the columns ``embedding``, fixed-size lists, and ``error``; a binary image is left out."""
        pyarrow = _columns.arrow()
        kind = pyarrow.list_(
            pyarrow.float16() if self._kept.vectors == "float16" else pyarrow.float32(), self._kept.width
        )
        vectors: List[Any] = []
        errors: List[Optional[str]] = []
        values = table.column(self._image).to_pylist()
        for start in range(0, len(values), _worker.CHUNK):
            matrix, found = _worker.embed(self._metric, values[start : start + _worker.CHUNK])
            vectors += [None if error is not None else row for row, error in zip(matrix, found)]
            errors += found
        if pyarrow.types.is_binary(table.column(self._image).type):
            table = table.drop_columns([self._image])
        flat = np.zeros((len(vectors), self._kept.width or 0), np.float32)
        for place, row in enumerate(vectors):
            if row is not None:
                flat[place] = row
        mask = pyarrow.array([error is not None for error in errors], pyarrow.bool_())
        values_of = pyarrow.array(
            flat.reshape(-1).astype(np.float16 if self._kept.vectors == "float16" else np.float32)
        )
        column = pyarrow.FixedSizeListArray.from_arrays(values_of, type=kind, mask=mask)
        table = table.append_column(pyarrow.field("embedding", kind, metadata=self._kept.metadata()), column)
        return table.append_column("error", pyarrow.array(errors, pyarrow.string()))


class Measurer:
    """An actor that measures the images of rows; `distances` and `vote` set it up."""

    def __init__(self, worker: _worker.Worker, images: List[str], names: List[str], threads: int) -> None:
        self._metric, self._images, self._names = worker.metric(threads), images, names

    def __call__(self, table: Any) -> Any:
        """A table with a column for each name, and ``error``; binary images are left out."""
        pyarrow = _columns.arrow()
        columns = [table.column(name).to_pylist() for name in self._images]
        found, errors = _worker.pair_distances(self._metric, columns[0], columns[1:])
        binary = [name for name in self._images if pyarrow.types.is_binary(table.column(name).type)]
        table = table.drop_columns(binary) if binary else table
        mask = np.array([error is not None for error in errors], bool)
        for name, values in zip(self._names, found):
            table = table.append_column(name, pyarrow.array(values, pyarrow.float64(), mask=mask))
        return table.append_column("error", pyarrow.array(errors, pyarrow.string()))


def embed(
    dataset: Dataset,
    model: Union[str, Metric] = "ensemble",
    *,
    image: str = "path",
    actors: int = 1,
    threads: int = 1,
    vectors: str = "float32",
    batch: int = 64,
    **options: Any,
) -> Dataset:
    """Embeds the images of a dataset. One that cannot be read is a row with an error.

    Args:
        dataset: One row an image.
        model: A model's name, a loaded model, or a path that is the same on all nodes.
        image: The column of the images: paths of files that every node can read, or contents.
        actors: How many work, each with `threads` processors.
        vectors: ``"float32"`` or ``"float16"``.
        batch: How many rows an actor takes at once.
        options: Those of `load`.

    Returns:
        All columns but contents, and ``embedding`` and ``error``. The embedding's field says model and stamp.
    """
    worker = _worker.Worker(model, options)
    Kept.of(worker.driver, vectors)
    return _mapped(dataset, Embedder, (worker, image, threads, vectors), actors, threads, batch)


def distances(
    dataset: Dataset,
    metric: Union[str, Metric] = "ensemble",
    *,
    a: str = "a",
    b: str = "b",
    actors: int = 1,
    threads: int = 1,
    batch: int = 32,
    **options: Any,
) -> Dataset:
    """How differently the images of each row look: ``distance`` and ``error``. As `dreamsim_native.spark.distances`."""
    worker = _worker.Worker(metric, options)
    return _mapped(dataset, Measurer, (worker, [a, b], ["distance"], threads), actors, threads, batch)


def vote(
    dataset: Dataset,
    metric: Union[str, Metric] = "ensemble",
    *,
    ref: str = "ref",
    left: str = "left",
    right: str = "right",
    actors: int = 1,
    threads: int = 1,
    batch: int = 32,
    **options: Any,
) -> Dataset:
    """How far two images are from a reference, row by row: ``left_distance``, ``right_distance`` and ``error``."""
    worker = _worker.Worker(metric, options)
    names = ["left_distance", "right_distance"]
    return _mapped(dataset, Measurer, (worker, [ref, left, right], names, threads), actors, threads, batch)


def agreement(votes: Dataset, *, vote: str = "vote", weight: str = "weight") -> Dict[str, Any]:
    """How often a metric agrees with people, of what `vote` gave; as `dreamsim_native.spark.agreement`."""

    def sums(table: Any) -> Any:
        found = [0.0] * 5
        weights = table.column(weight).to_pylist() if weight in table.column_names else [1] * table.num_rows
        columns = (table.column(name).to_pylist() for name in ("left_distance", "right_distance", vote))
        for left, right, choice, counts in zip(*columns, weights):
            share = _agreement.right_share(choice)
            if counts is None or not counts >= 0:
                raise ArgumentError(f"weight {counts!r}: it is 0 or more")
            if left is None or right is None:
                found[4] += 1
                continue
            score = _agreement.score(left, right, share)
            found = [found[0] + 1, found[1] + counts, found[2] + counts * score, found[3] + counts * counts, found[4]]
        return _columns.arrow().table({f"sum{place}": [value] for place, value in enumerate(found)})

    rows = votes.map_batches(sums, batch_format="pyarrow").take_all()
    total = [sum(row[f"sum{place}"] for row in rows) for place in range(5)]
    return {**_agreement.estimate(int(total[0]), *total[1:4]), "skipped": int(total[4])}


class _Search:
    def __init__(self, queries: Any, k: int, id: str, kept: Kept) -> None:
        import ray

        # Ray gives what a reference names where it is an argument of an actor.
        vectors: Any = ray.get(queries) if isinstance(queries, ray.ObjectRef) else queries
        self._best, self._id = Nearest(vectors, k), id
        self._kept = kept

    def __call__(self, table: Any) -> Any:
        """What is nearest in a table, but for what is farther than the nearest of earlier ones."""
        pyarrow = _columns.arrow()
        column = table.column("embedding")
        table = table.filter(column.is_valid())
        nearest = self._best.nearer()
        nearest.add(table.column(self._id).to_pylist(), _columns.rows(table.column("embedding"), self._kept.vectors))
        query, distance, ids = nearest.results()
        self._best.merge(query, distance, np.array(ids, object))
        return pyarrow.table(
            {"query": query, "id": pyarrow.array(ids, table.column(self._id).type), "distance": distance}
        )


def search(
    dataset: Dataset, queries: Embeddings, k: int = 10, *, id: str = "id", actors: int = 1, batch: int = 8192
) -> List[List[Any]]:
    """The `k` nearest images of each query, exactly, as `dreamsim_native.spark.search` finds them.

    Args:
        dataset: What `embed` gave; rows without an embedding are passed over.
        queries: [Q, D], of the same model.
        k: How many for each.
        id: The column of ids.
        actors: How many work.
        batch: How many rows one takes at once.

    Returns:
        For each query a list of (id, distance), the nearest first.

    Raises:
        IncomparableError: Queries were made with another model or other weights.
    """
    import ray

    schema: Any = dataset.schema()
    field = schema.base_schema.field("embedding") if schema is not None else None
    kept = Kept.read(field.metadata or {}) if field is not None else Kept(None, None, None, "float32")
    stamp = getattr(queries, "stamp", None)
    if kept.stamp is not None and kept.stamp != stamp:
        kept.check(Kept(stamp, None, None, "float32"), "queries")
    vectors = np.asarray(queries, np.float32)
    if vectors.ndim != 2:
        raise IncomparableError(f"queries of shape {list(vectors.shape)}: they are [Q, D]")
    nearest = Nearest(vectors, k)
    found = _mapped(dataset, _Search, (ray.put(vectors), k, id, kept), actors, 1, batch)
    tables: Any = found.iter_batches(batch_size=None, batch_format="pyarrow")
    for table in tables:
        ids: Any = np.array(table.column("id").to_pylist(), object)
        nearest.merge(table.column("query").to_numpy(), table.column("distance").to_numpy(), ids)
    merged: List[List[Any]] = [[] for _ in vectors]
    for query, distance, name in zip(*nearest.results()):
        merged[query].append((name, float(distance)))
    return merged


def deployment(
    model: Union[str, Metric] = "ensemble",
    *,
    threads: int = 1,
    batch: int = 16,
    wait: float = 0.01,
    replicas: int = 1,
    **options: Any,
) -> Any:
    """An application for ``ray.serve.run``: ``POST`` the contents of an image file, and get its embedding as JSON, with
    the stamp. Requests that come together are embedded together.

    Args:
        model: As in `embed`.
        threads: Processors of a replica.
        batch: How many images are embedded together at most.
        wait: Seconds that the first of them waits for others.
        replicas: How many there are.
        options: Those of `load`.
    """
    from ray import serve
    from starlette.responses import JSONResponse

    worker = _worker.Worker(model, options)

    @serve.deployment(num_replicas=replicas, ray_actor_options={"num_cpus": threads}, max_ongoing_requests=4 * batch)
    class Service:
        def __init__(self) -> None:
            self._metric = worker.metric(threads)

        @serve.batch(max_batch_size=batch, batch_wait_timeout_s=wait)
        async def embed(self, images: List[bytes]) -> List[Any]:
            import asyncio

            # In another thread, so that requests are taken in meanwhile.
            matrix, errors = await asyncio.get_running_loop().run_in_executor(
                None, _worker.embed, self._metric, [image or None for image in images]
            )
            return [
                {"error": error} if error is not None else {"embedding": row.tolist(), "stamp": self._metric.stamp}
                for row, error in zip(matrix, errors)
            ]

        async def __call__(self, request: Any) -> Any:
            answer = await self.embed(await request.body())
            return JSONResponse(answer, status_code=422 if "error" in answer else 200)

    return Service.bind()  # type: ignore[attr-defined]


def _mapped(dataset: Dataset, actor: Any, given: Any, actors: int, threads: int, batch: int) -> Dataset:
    from ray.data import ActorPoolStrategy

    return dataset.map_batches(
        actor,
        fn_constructor_args=given,
        batch_size=batch,
        batch_format="pyarrow",
        compute=ActorPoolStrategy(size=actors),
        num_cpus=threads,
    )
