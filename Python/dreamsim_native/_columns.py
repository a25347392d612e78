"""Embeddings as columns of Arrow tables, and what is written beside them: which model made them, and how they are kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, NamedTuple, Optional

import numpy as np

from ._errors import ArgumentError, ArgumentTypeError, IncomparableError, MissingError

if TYPE_CHECKING:
    from ._metric import Metric
    from ._tensors import FloatArray

# The key of a column's metadata, in Spark and in Arrow.
METADATA = "dreamsim"
VECTORS = ("float32", "float16")


def arrow() -> Any:
    """The module pyarrow."""
    try:
        import pyarrow
        import pyarrow.compute
    except ImportError:
        raise MissingError("pyarrow: it is not installed; 'pip install pyarrow'") from None
    return pyarrow


class Kept(NamedTuple):
    """What a column of embeddings holds."""

    stamp: Optional[Dict[str, Any]]
    """As `Metric.stamp`; None of vectors whose model is not known."""
    model: Optional[str]
    """The name by which the model was loaded."""
    width: Optional[int]
    """The number of components; None where it is not known."""
    vectors: str
    """``"float32"``, lists; or ``"float16"``, two bytes a component, little end first."""

    @classmethod
    def of(cls, metric: Metric, vectors: str) -> Kept:
        if vectors not in VECTORS:
            raise ArgumentError(f"vectors {vectors!r}: they are kept as {' or '.join(map(repr, VECTORS))}")
        return cls(metric.stamp, metric.name, metric._needed_width(), vectors)

    @classmethod
    def read(cls, metadata: Dict[Any, Any]) -> Kept:
        """From the metadata of a column, which may have none of ours."""
        text = metadata.get(METADATA, metadata.get(METADATA.encode()))
        return cls(**json.loads(text)) if text else cls(None, None, None, "float32")

    def metadata(self) -> Dict[str, str]:
        """What a column of such embeddings carries."""
        return {METADATA: json.dumps(self._asdict(), sort_keys=True)}

    def check(self, other: Kept, what: str) -> None:
        """Raises IncomparableError where distances between the two mean nothing."""
        if self.stamp != other.stamp:
            raise IncomparableError(
                f"{what}: they were made otherwise ({_said(self.stamp)}; {_said(other.stamp)}), and their distances mean "
                "nothing; embed all images with one model"
            )
        if None not in (self.width, other.width) and self.width != other.width:
            raise IncomparableError(
                f"{what}: they have {self.width} and {other.width} components; embed with one model"
            )


def _said(stamp: Optional[Dict[str, Any]]) -> str:
    return "without a stamp" if stamp is None else json.dumps(stamp, sort_keys=True)


def rows(column: Any, vectors: str = "float32") -> Any:
    """The vectors of an Arrow array without nulls.

    Args:
        column: Lists of numbers (of any size, or a fixed one), or binary values.
        vectors: What binary values hold, see `Kept.vectors`.

    Returns:
        float32 [N, D].

    Raises:
        ArgumentError: Vectors of different lengths.
    """
    pyarrow = arrow()
    if isinstance(column, pyarrow.ChunkedArray):
        column = column.combine_chunks()
    count = len(column)
    if column.null_count:
        raise ArgumentError(f"embeddings: {column.null_count} of {count} are null; leave these rows out")
    kind = column.type
    if pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind):
        dtype = np.dtype("<f2" if vectors == "float16" else "<f4")
        offsets = np.frombuffer(column.buffers()[1], np.int64 if pyarrow.types.is_large_binary(kind) else np.int32)
        offsets = offsets[column.offset : column.offset + count + 1]
        data = column.buffers()[2]
        values = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]]
        return _matrix(values, np.diff(offsets), dtype.itemsize).view(dtype).astype(np.float32, copy=False)
    if pyarrow.types.is_fixed_size_list(kind):
        return np.asarray(column.flatten().to_numpy(zero_copy_only=False), np.float32).reshape(count, kind.list_size)
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind):
        values = column.flatten().to_numpy(zero_copy_only=False)
        return _matrix(np.asarray(values, np.float32), np.diff(column.offsets.to_numpy()), 1)
    raise ArgumentTypeError(f"embeddings of type {kind}: they are lists of numbers, or binary of float16")


def _matrix(values: Any, lengths: Any, size: int) -> Any:
    if len(lengths) == 0:
        return values.reshape(0, 0)
    if (lengths != lengths[0]).any() or lengths[0] == 0 or lengths[0] % size:
        raise ArgumentError(
            f"embeddings: their lengths are {lengths.min()} to {lengths.max()}; those of one model have one length"
        )
    return values.reshape(len(lengths), lengths[0])


def column(matrix: FloatArray, is_there: Any, vectors: str) -> Any:
    """An Arrow array of vectors as Spark has them: lists of float32, or binary of float16.

    Args:
        matrix: float32 [N, D].
        is_there: bool [N]; the others are null.
        vectors: As `Kept.vectors`.
    """
    pyarrow = arrow()
    if vectors == "float16":
        halves = matrix.astype("<f2")
        return pyarrow.array(
            [row.tobytes() if there else None for row, there in zip(halves, is_there)], pyarrow.binary()
        )
    offsets = np.zeros(len(matrix) + 1, np.int32)
    np.cumsum(np.where(is_there, matrix.shape[1], 0), out=offsets[1:])
    values = pyarrow.array(matrix[is_there].reshape(-1), pyarrow.float32())
    return pyarrow.ListArray.from_arrays(pyarrow.array(offsets), values, mask=pyarrow.array(~is_there))


def binary(matrix: FloatArray) -> Any:
    """An Arrow array of the bytes of each row, float32, which is the quickest through Spark."""
    pyarrow = arrow()
    matrix = np.ascontiguousarray(matrix, "<f4")
    offsets = np.arange(len(matrix) + 1, dtype=np.int64) * (4 * matrix.shape[1])
    if len(matrix) and offsets[-1] < 1 << 31:
        buffers = [None, pyarrow.py_buffer(offsets.astype(np.int32)), pyarrow.py_buffer(matrix)]
        return pyarrow.Array.from_buffers(pyarrow.binary(), len(matrix), buffers)
    return pyarrow.array([row.tobytes() for row in matrix], pyarrow.binary())


def units(matrix: FloatArray) -> FloatArray:
    """Rows of length 1, which a row of zeros is not made."""
    wide = np.asarray(matrix, np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", wide, wide))[:, None]
    return np.asarray(wide / np.where(lengths == 0, 1, lengths), np.float32)


def distances(a: FloatArray, b: FloatArray) -> Any:
    """Distances of the rows of two matrices, pair by pair: one minus the cosine in double precision, 0 ... 2.

    What is found for two rows does not depend on where they stand.
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", first, first) * np.einsum("ij,ij->i", second, second))
    cosines = np.einsum("ij,ij->i", first, second) / np.where(lengths == 0, 1, lengths)
    return np.clip(1 - cosines, 0, 2)


def slack(width: int) -> float:
    """How far a cosine in single precision may be from the true one, at most."""
    return float((width + 8) * 2.0**-23)
