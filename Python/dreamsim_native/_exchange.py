"""Indexes as files of other programs: Parquet, the layout of clip-retrieval, FAISS. All go through the export of the
library, in a folder beside the output that is gone afterwards."""

from __future__ import annotations

import ctypes
import json
import os
import pathlib
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from . import _abi, _columns, _images, _work
from ._columns import Kept
from ._errors import ArgumentError, FileError, IncomparableError, MissingError
from ._load import load
from ._metric import Metric
from ._options import decoded, encoded, text

if TYPE_CHECKING:
    from ._images import Path
    from ._index import Index
    from ._work import ProgressOption

_ROWS = 4096
# Rows of a file of clip-retrieval's layout.
_PIECE = 1_000_000
_EXPORT = "dreamsim.export"
_SPARK = "org.apache.spark.sql.parquet.row.metadata"
# What an export says of each image, besides its path.
_FIELDS: Dict[str, str] = {
    "sha256": "string",
    "pixels_sha256": "string",
    "file_size": "long",
    "modified": "long",
    "changed": "long",
    "width": "integer",
    "height": "integer",
    "format": "string",
    "crc32": "long",
}


def export(index: Index, path: str, format: str, progress: ProgressOption) -> int:
    """Calls the library's export."""
    count = ctypes.c_int64()
    before = (index._open_handle, text(path, "path"), encoded(format=format))
    _work.call("index_export", before, (ctypes.byref(count),), progress)
    return count.value


def import_(
    folder: str, path: str, format: Optional[str], stamp: Optional[str], progress: ProgressOption
) -> Dict[str, Any]:
    """Calls the library's import."""
    answer = ctypes.c_void_p()
    before = (text(folder, "path"), text(path, "path"), encoded(format=format, stamp=stamp))
    _work.call("index_import", before, (ctypes.byref(answer),), progress)
    report: Dict[str, Any] = decoded(_abi.text(answer))
    return report


class _Export(NamedTuple):
    folder: pathlib.Path
    stamp: Dict[str, Any]

    @classmethod
    def read(cls, folder: str) -> _Export:
        return cls(pathlib.Path(folder), json.loads((pathlib.Path(folder) / "stamp.json").read_text()))

    def kept(self, model: str, vectors: str) -> Kept:
        return Kept(self.stamp["stamp"], model, self.stamp["width"], vectors)

    def batches(self) -> Iterator[Tuple[List[Dict[str, Any]], Any]]:
        """Lines and vectors, some thousand at a time."""
        for piece in range(len(list((self.folder / "img_emb").iterdir()))):
            vectors = np.load(self.folder / f"img_emb/img_emb_{piece}.npy", mmap_mode="r")
            with open(self.folder / f"metadata/metadata_{piece}.ndjson", encoding="utf-8") as lines:
                for start in range(0, len(vectors), _ROWS):
                    some = np.asarray(vectors[start : start + _ROWS])
                    yield [json.loads(lines.readline()) for _ in range(len(some))], some


def _beside(path: Path) -> Tuple[str, Any]:
    """A path, and a folder beside it for what is not finished."""
    whole = os.path.abspath(os.fsdecode(_images.path(path)))
    parent = os.path.dirname(whole)
    if not os.path.isdir(parent):
        raise FileError(f"{parent}: it is no folder; make it first")
    return whole, tempfile.TemporaryDirectory(prefix=".dreamsim-", dir=parent)


def to_parquet(index: Index, path: Path, vectors: str, progress: ProgressOption) -> int:
    pyarrow, parquet = _columns.arrow(), _parquet()
    if vectors not in _columns.VECTORS:
        raise ArgumentError(f"vectors {vectors!r}: they are kept as {' or '.join(map(repr, _columns.VECTORS))}")
    whole, folder = _beside(path)
    with folder as temporary:
        count = export(index, os.path.join(temporary, "export"), "npy", progress)
        made = _Export.read(os.path.join(temporary, "export"))
        kept = made.kept(index.model, vectors)
        kind = pyarrow.list_(pyarrow.float16() if vectors == "float16" else pyarrow.float32(), kept.width)
        types = {"string": pyarrow.string(), "long": pyarrow.int64(), "integer": pyarrow.int32()}
        fields = [pyarrow.field("id", pyarrow.string())]
        fields += [pyarrow.field(name, types[type]) for name, type in _FIELDS.items()]
        fields.append(pyarrow.field("embedding", kind, metadata=kept.metadata()))
        schema = pyarrow.schema(fields, metadata={_EXPORT: json.dumps(made.stamp), _SPARK: _spark_schema(kept)})
        unfinished = os.path.join(temporary, "parquet")
        with parquet.ParquetWriter(unfinished, schema, compression="zstd") as writer:
            for lines, some in made.batches():
                flat = pyarrow.array(some.reshape(-1).astype(vectors, copy=False))
                columns = [pyarrow.array([line["image_path"] for line in lines])]
                columns += [
                    pyarrow.array([line.get(name) for line in lines], schema.field(name).type) for name in _FIELDS
                ]
                columns.append(pyarrow.FixedSizeListArray.from_arrays(flat, type=kind))
                writer.write_table(pyarrow.table(columns, schema=schema))
        os.replace(unfinished, whole)
    return count


def _parquet() -> Any:
    _columns.arrow()
    import pyarrow.parquet

    return pyarrow.parquet


def _spark_schema(kept: Kept) -> str:
    """What Spark writes into its files of such a table: it is how columns of Spark keep their metadata."""
    fields: List[Any] = [
        {"name": name, "type": type, "nullable": True, "metadata": {}} for name, type in _FIELDS.items()
    ]
    fields.insert(0, {"name": "id", "type": "string", "nullable": True, "metadata": {}})
    array = {"type": "array", "elementType": "float", "containsNull": True}
    fields.append({"name": "embedding", "type": array, "nullable": True, "metadata": kept.metadata()})
    return json.dumps({"type": "struct", "fields": fields})


def _kept_in(schema: Any) -> Kept:
    """What a file of Parquet says of its embeddings, whoever wrote it."""
    metadata = schema.metadata or {}
    kept = Kept.read(schema.field("embedding").metadata or {})
    if kept.stamp is None and _SPARK.encode() in metadata:
        for field in json.loads(metadata[_SPARK.encode()])["fields"]:
            if field["name"] == "embedding":
                return Kept.read(field["metadata"])
    return kept


def from_parquet(folder: Path, path: Path, model: Any, id: str, progress: ProgressOption) -> Dict[str, Any]:
    parquet = _parquet()
    import pyarrow.dataset

    source = os.path.abspath(os.fsdecode(_images.path(path)))
    files = pyarrow.dataset.dataset(source, format="parquet", partitioning=None)
    if not files.files:
        raise FileError(f"{source}: it holds no file of Parquet")
    schema = parquet.read_schema(files.files[0])
    for name in (id, "embedding"):
        if name not in schema.names:
            raise ArgumentError(f"{source}: it has no column {name!r}; the columns are {', '.join(schema.names)}")
    kept = _kept_in(schema)
    whole, unfinished = _beside(folder)
    with unfinished as temporary:
        stamp = (schema.metadata or {}).get(_EXPORT.encode())
        settings = json.loads(stamp) if stamp else _settings_of(whole, model, temporary)
        if stamp and model is not None:
            loaded = model if isinstance(model, Metric) else load(model)
            kept.check(Kept(loaded.stamp, None, None, "float32"), source)
        if kept.stamp is not None and kept.stamp != settings["stamp"]:
            kept.check(Kept(settings["stamp"], None, None, "float32"), source)
        export = _Written(os.path.join(temporary, "import"), settings, bool(stamp))
        names = [name for name in (id, *_FIELDS, "embedding") if name in schema.names]
        for batch in files.to_batches(columns=names, batch_size=_ROWS):
            batch = batch.filter(batch.column("embedding").is_valid())
            lines = batch.drop_columns(["embedding"]).to_pylist()
            for line in lines:
                line["image_path"] = line.pop(id)
            export.add(lines, _columns.rows(batch.column("embedding"), kept.vectors))
        return import_(whole, export.finished(), "npy", None, progress)


def _settings_of(folder: str, model: Any, temporary: str) -> Dict[str, Any]:
    """How an index of a model keeps its embeddings, and by which name it finds the model again."""
    from ._index import Index

    if model is None and not os.path.isdir(folder):
        raise IncomparableError(f"{folder}: the embeddings do not say how their model is found again; give the model")
    with Index(folder, model) as index, tempfile.TemporaryDirectory(dir=temporary) as place:
        export(index, os.path.join(place, "export"), "npy", False)
        return _Export.read(os.path.join(place, "export")).stamp


class _Written:
    """A folder that the library imports, row by row. `is_own`: checksums are those of vectors as these settings keep them."""

    def __init__(self, folder: str, settings: Dict[str, Any], is_own: bool) -> None:
        self._folder = pathlib.Path(folder)
        self._dtype = np.dtype("<f2" if settings["precision"] == "float16" else "<f4")
        self._settings, self._is_own, self._count, self._pieces = settings, is_own, 0, 0
        for name in ("img_emb", "metadata"):
            (self._folder / name).mkdir(parents=True)
        self._rows: List[Any] = []
        self._lines: List[str] = []

    def add(self, lines: List[Dict[str, Any]], vectors: Any) -> None:
        for line, vector in zip(lines, vectors.astype(self._dtype)):
            self._rows.append(vector)
            known = {
                name: value for name, value in line.items() if value is not None and (self._is_own or name != "crc32")
            }
            self._lines.append(json.dumps(known, ensure_ascii=False))
            if len(self._rows) == _PIECE // 16:
                self._flush()

    def _flush(self) -> None:
        vectors = np.stack(self._rows) if self._rows else np.zeros((0, self._settings["width"]), self._dtype)
        np.save(self._folder / f"img_emb/img_emb_{self._pieces}.npy", vectors)
        lines = "".join(line + "\n" for line in self._lines)
        (self._folder / f"metadata/metadata_{self._pieces}.ndjson").write_text(lines, encoding="utf-8")
        self._count, self._pieces = self._count + len(self._rows), self._pieces + 1
        self._rows, self._lines = [], []

    def finished(self) -> str:
        if self._rows or self._pieces == 0:
            self._flush()
        stamp = {**self._settings, "rows": self._count}
        (self._folder / "stamp.json").write_text(json.dumps(stamp), encoding="utf-8")
        return str(self._folder)


def to_clip_retrieval(index: Index, folder: Path, progress: ProgressOption) -> int:
    pyarrow, parquet = _columns.arrow(), _parquet()
    whole, unfinished = _beside(folder)
    if os.path.isdir(whole) and os.listdir(whole):
        raise ArgumentError(f"{whole}: it is not empty; name a new folder")
    with unfinished as temporary:
        made = os.path.join(temporary, "export")
        count = export(index, made, "npy", progress)
        for lines in pathlib.Path(made).glob("metadata/*.ndjson"):
            with open(lines, encoding="utf-8") as source:
                rows = [json.loads(line) for line in source]
            table = pyarrow.table(
                {name: [row.get(name) for row in rows] for name in ("image_path", *_FIELDS)}
                if rows
                else {"image_path": pyarrow.array([], pyarrow.string())}
            )
            parquet.write_table(table, lines.with_suffix(".parquet"))
            lines.unlink()
        os.replace(made, whole)
    return count


def from_clip_retrieval(folder: Path, path: Path, model: Any, progress: ProgressOption) -> Dict[str, Any]:
    parquet = _parquet()
    source = pathlib.Path(os.path.abspath(os.fsdecode(_images.path(path))))
    whole, unfinished = _beside(folder)
    with unfinished as temporary:
        own = source / "stamp.json"
        is_own = own.is_file() and model is None
        settings = json.loads(own.read_text()) if is_own else _settings_of(whole, model, temporary)
        written = _Written(os.path.join(temporary, "import"), settings, is_own)
        vectors = sorted((source / "img_emb").glob("img_emb_*.npy"), key=lambda file: int(file.stem[8:]))
        if not vectors:
            raise FileError(f"{source}: it holds no img_emb/img_emb_0.npy; is it a folder of clip-retrieval?")
        for file in vectors:
            table = parquet.read_table(source / "metadata" / f"metadata_{int(file.stem[8:])}.parquet")
            rows = np.load(file, mmap_mode="r")
            if len(rows) != table.num_rows or rows.ndim != 2:
                raise FileError(
                    f"{file}: {len(rows)} vectors, and {table.num_rows} rows of metadata; export both again"
                )
            if rows.shape[1] != settings["width"]:
                raise IncomparableError(
                    f"{file}: vectors of {rows.shape[1]} components, and the model has {settings['width']}; name the model "
                    "that made them"
                )
            names = [name for name in ("image_path", *_FIELDS) if name in table.column_names]
            if "image_path" not in names:
                raise FileError(f"{source}: its metadata has no column image_path")
            for start in range(0, len(rows), _ROWS):
                lines = table.select(names).slice(start, _ROWS).to_pylist()
                written.add(lines, np.asarray(rows[start : start + _ROWS], np.float32))
        return import_(whole, written.finished(), "npy", None, progress)


def to_faiss(index: Index, path: Path, progress: ProgressOption) -> int:
    try:
        import faiss
    except ImportError:
        raise MissingError("faiss: it is not installed; 'pip install faiss-cpu'") from None
    pyarrow, parquet = _columns.arrow(), _parquet()
    whole, unfinished = _beside(path)
    with unfinished as temporary:
        count = export(index, os.path.join(temporary, "export"), "npy", progress)
        made = _Export.read(os.path.join(temporary, "export"))
        flat = faiss.IndexFlatIP(made.stamp["width"])
        names: List[str] = []
        for lines, some in made.batches():
            flat.add(_columns.units(some))
            names += [line["image_path"] for line in lines]
        faiss.write_index(flat, os.path.join(temporary, "faiss"))
        metadata = {_EXPORT: json.dumps(made.stamp)}
        table = pyarrow.table({"id": pyarrow.array(names, pyarrow.string())}).replace_schema_metadata(metadata)
        parquet.write_table(table, os.path.join(temporary, "ids"))
        os.replace(os.path.join(temporary, "ids"), whole + ".parquet")
        os.replace(os.path.join(temporary, "faiss"), whole)
    return count
