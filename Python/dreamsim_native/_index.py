from __future__ import annotations

import ctypes
import json
import os
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional, Tuple, Union

from . import _abi, _images, _work
from ._errors import ArgumentError, ArgumentTypeError, DreamSimError
from ._metric import Metric
from ._options import decoded, encoded, flag, text

if TYPE_CHECKING:
    from ._images import ImageLike, Path
    from ._work import ProgressOption


class Match(NamedTuple):
    """An image that `Index.search` found."""

    path: str
    distance: float
    """0 is the same, lower is more alike."""
    width: int
    height: int
    """Of the image, in pixels."""
    bytes: int
    """Of the file."""


class Index:
    """A collection of images whose embeddings are kept in a folder, which is that of ``dreamsim index``.

    Args:
        path: The folder of the index. Where there is none, an empty one is made.
        model: The name of a model, or a loaded one; None is the index's own, or the default one of a new index.
        vectors: How embeddings are kept: ``"float16"`` (of a new index the default) or ``"float32"``.

    The other options are of the same names as those of `load`. None of them has to be given again for an index that is
    there; one that is not as the index was made is an error. A model with more options is given as `load` made it. Close
    the index, or use it as a context manager, to let go of its files early.

    Raises:
        IncomparableError: The index was made with another model, other weights or options, or in another precision.
    """

    def __init__(
        self,
        path: Path,
        model: Union[None, str, Metric] = None,
        *,
        vectors: Optional[str] = None,
        precision: Optional[str] = None,
        fit: Optional[str] = None,
        home: Optional[Path] = None,
        weights: Optional[Path] = None,
        offline: bool = False,
        mirror: Optional[str] = None,
        progress: ProgressOption = None,
    ) -> None:
        options = encoded(
            vectors=vectors,
            precision=precision,
            fit=fit,
            home=home,
            weights=weights,
            offline=flag(offline, "offline"),
            mirror=mirror,
        )
        if isinstance(model, Metric):
            model._needed_width()
            if options not in (b"{}", encoded(vectors=vectors)):
                raise ArgumentTypeError("options of a model: it is loaded already; give them to load()")
            options = (
                model._options[:-1] + (b", " if model._options != b"{}" and options != b"{}" else b"") + options[1:]
            )
            model = model._name
        self._open((os.path.abspath(os.fsdecode(_images.path(path))), model, options), progress)

    def _open(self, how: Tuple[str, Optional[str], bytes], progress: ProgressOption) -> None:
        self._how = how
        path, model, options = how
        self._is_reference = json.loads(options).get("parity") == "reference"
        handle = ctypes.c_uint64()
        before = (text(path, "path"), None if model is None else text(model, "model"), options)
        _work.call("index_open", before, (ctypes.byref(handle),), progress)
        self._handle = handle.value
        self._close = weakref.finalize(self, _release, handle.value)

    @property
    def _open_handle(self) -> int:
        if not self._close.alive:
            raise ArgumentError(f"{self!r}: it is closed; open it again with Index({self._how[0]!r})")
        return self._handle

    def __reduce__(self) -> Tuple[Any, ...]:
        return _restored, self._how

    def __repr__(self) -> str:
        return f"<dreamsim_native.Index {self._how[0]!r}>"

    def close(self) -> None:
        """Lets go of the files of the index. It cannot be used any more."""
        self._close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def describe(self) -> Dict[str, Any]:
        """Its folder, model, stamp, and number of images."""
        answer = ctypes.c_void_p()
        _abi.call("index_describe", self._open_handle, ctypes.byref(answer))
        description: Dict[str, Any] = decoded(_abi.text(answer))
        return description

    def __len__(self) -> int:
        """The number of images."""
        return int(self.describe()["images"])

    def __bool__(self) -> bool:
        # An empty index is one nevertheless.
        return True

    @property
    def model(self) -> str:
        """The name of the model whose embeddings it holds."""
        return str(self.describe()["model"])

    @property
    def stamp(self) -> Optional[Dict[str, Any]]:
        """The stamp of its embeddings, as `Metric.stamp`."""
        return self.describe().get("stamp")

    def update(
        self,
        paths: Union[Path, Iterable[Path]] = (),
        *,
        include: Optional[Iterable[str]] = None,
        exclude: Optional[Iterable[str]] = None,
        follow_links: Optional[bool] = None,
        batch: Optional[int] = None,
        retry: bool = False,
        reread: bool = False,
        prune: bool = False,
        progress: ProgressOption = None,
    ) -> Dict[str, Any]:
        """Brings the index up to date with folders and files: new and changed images are embedded.

        Args:
            paths: Folders, which the index remembers, and files; none: the remembered ones.
            include, exclude: Patterns of wanted and unwanted files, which the index remembers.
            follow_links: Whether symbolic links to folders are followed.
            batch: How many images are embedded at once.
            retry: Whether files that failed before are tried again.
            reread: Whether all files are read again, and not only those whose size or time changed; embeddings that
                are damaged are then made anew.
            prune: Whether images whose files are gone are dropped.
            progress: See `ProgressOption`.

        Returns:
            What was done: how many images were added, changed, failed.

        Raises:
            KeyboardInterrupt: Ctrl-C. What was done stays, and the next update resumes.
            StorageError: The index cannot be written, or another process writes it.
        """
        array, count = _images.paths(paths)
        options = encoded(
            include=include,
            exclude=exclude,
            followLinks=follow_links,
            batch=batch,
            retry=flag(retry, "retry"),
            reread=flag(reread, "reread"),
            prune=flag(prune, "prune"),
        )
        answer = ctypes.c_void_p()
        _work.call("index_update", (self._open_handle, array, count, options), (ctypes.byref(answer),), progress)
        report: Dict[str, Any] = decoded(_abi.text(answer))
        return report

    def search(
        self, image: ImageLike, count: int = 10, *, folders: Optional[Iterable[Path]] = None, approximate: bool = False
    ) -> List[Match]:
        """The images that are most like one, the nearest first. One that is in the index finds itself, which
        ``dreamsim search`` leaves out.

        Args:
            image: Any image, also one that is not in the index.
            count: How many at most.
            folders: Only images below these.
            approximate: Whether the nearest-neighbor graph of the index is used, which ``dreamsim index graph`` builds.
        """
        options = encoded(count=count, folders=folders, approximate=flag(approximate, "approximate"))
        answer = ctypes.c_void_p()
        batch = _images.Batch([image], self._is_reference)
        for is_again in (False, True):
            try:
                _abi.call("index_search", self._open_handle, batch.structures, options, ctypes.byref(answer))
                break
            except DreamSimError as error:
                if is_again or not _images.lacks_codec(error):
                    raise
                batch = batch.decoded_by_pillow(error)
        report = decoded(_abi.text(answer))
        for failure in report["failures"]:
            raise DreamSimError(f"{failure['image']}: {failure['error']}")
        return [
            Match(one["image"], next(iter(one["values"].values())), one["width"], one["height"], one["bytes"])
            for one in report["searches"][0]["results"]
        ]

    def duplicates(
        self,
        tier: str = "re-encoded",
        *,
        keep: Optional[Iterable[str]] = None,
        folders: Optional[Iterable[Path]] = None,
        prefer: Optional[Iterable[Path]] = None,
        near_distance: Optional[float] = None,
        scene_distance: Optional[float] = None,
        progress: ProgressOption = None,
    ) -> Dict[str, Any]:
        """Groups of copies. Nothing is deleted.

        Args:
            tier: How far copies may differ: ``"identical-bytes"``, ``"identical-pixels"``, ``"re-encoded"``, ``"near"``
                or ``"scene"``.
            keep: Rules for which file of a group comes first, as those of ``dreamsim dedupe --keep``.
            folders: Only images below these.
            prefer: Folders whose files come first.
            near_distance, scene_distance: The distances of these tiers. Default: those of the model's calibration.

        Returns:
            What ``dreamsim dedupe --format json`` writes: ``"groups"``, each with its ``"files"``, the one to keep
            first.
        """
        options = encoded(
            tier=tier,
            keep=keep,
            folders=folders,
            prefer=prefer,
            nearDistance=near_distance,
            sceneDistance=scene_distance,
        )
        answer = ctypes.c_void_p()
        _work.call("index_duplicates", (self._open_handle, options), (ctypes.byref(answer),), progress)
        report: Dict[str, Any] = decoded(_abi.text(answer))
        return report

    # Other programs' files

    def export(self, path: Path, format: str = "npy", *, progress: ProgressOption = None) -> int:
        """Writes the embeddings as the index keeps them, with their files and stamp, as ``dreamsim index export`` does.

        Args:
            path: A new folder of ``"npy"``; a file of the others.
            format: ``"npy"``, ``"safetensors"``, ``"csv"`` or ``"ndjson"``.

        Returns:
            How many files were written.
        """
        from . import _exchange

        return _exchange.export(self, os.path.abspath(os.fsdecode(_images.path(path))), format, progress)

    def to_parquet(self, path: Path, *, vectors: str = "float32", progress: ProgressOption = None) -> int:
        """Writes one file of Parquet: ``id`` (the path), what is known of the file, and ``embedding``, lists of a fixed size
        that say model and stamp, also to Spark. `from_parquet` makes the same index of it. Needs pyarrow.

        Args:
            vectors: ``"float32"``, which all programs read; or ``"float16"``, which Spark does not.

        Returns:
            How many rows were written.
        """
        from . import _exchange

        return _exchange.to_parquet(self, path, vectors, progress)

    @classmethod
    def from_parquet(
        cls,
        path: Path,
        parquet: Path,
        model: Union[None, str, Metric] = None,
        *,
        id: str = "id",
        progress: ProgressOption = None,
    ) -> Index:
        """Makes or extends an index from Parquet: of `to_parquet`, or of `dreamsim_native.spark.embed_to`.

        Args:
            path: The folder of the index.
            parquet: A file, or a folder of files, with the columns `id`, the path of the image, and ``embedding``. Files
                about which no more is known are read, though not embedded; those that cannot be are left out, and logged.
            model: The model that made the embeddings; None: as the file says, which `to_parquet` wrote.

        Raises:
            IncomparableError: The index, or the model, is not that of the embeddings.
        """
        from . import _exchange

        _exchange.from_parquet(path, parquet, model, id, progress)
        return cls(path)

    def to_clip_retrieval(self, path: Path, *, progress: ProgressOption = None) -> int:
        """Writes a new folder in the layout of clip-retrieval: ``img_emb/*.npy`` and ``metadata/*.parquet``, and a
        ``stamp.json``. Needs pyarrow."""
        from . import _exchange

        return _exchange.to_clip_retrieval(self, path, progress)

    @classmethod
    def from_clip_retrieval(
        cls, path: Path, folder: Path, model: Union[None, str, Metric] = None, *, progress: ProgressOption = None
    ) -> Index:
        """Makes or extends an index from a folder in that layout; as `from_parquet`. The model has to be given where there
        is no ``stamp.json``."""
        from . import _exchange

        _exchange.from_clip_retrieval(path, folder, model, progress)
        return cls(path)

    def to_faiss(self, path: Path, *, progress: ProgressOption = None) -> int:
        """Writes an exact index of FAISS (``IndexFlatIP`` of unit vectors: one minus its products are distances), and beside
        it ``PATH.parquet`` with the ids in its order. Needs faiss-cpu and pyarrow."""
        from . import _exchange

        return _exchange.to_faiss(self, path, progress)


def _release(handle: int) -> None:
    _abi.function("index_release")(handle, None)


def _restored(*how: Any) -> Index:
    index = Index.__new__(Index)
    index._open(how, False)
    return index
