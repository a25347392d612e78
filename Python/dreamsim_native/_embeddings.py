from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

import numpy as np

from ._errors import ArgumentTypeError, IncomparableError

if TYPE_CHECKING:
    import numpy.typing as npt

    _Array = np.ndarray[Any, np.dtype[np.float32]]
else:
    _Array = np.ndarray


class Embeddings(_Array):
    """Embeddings: an array of float32, [N, D] of many images or [D] of one, with the stamp of the model that made them.

    Rows, slices of rows and copies keep the stamp. What else is made of embeddings has none, because it may be embeddings
    no more: sorted or rolled ones, those of another dtype; results of arithmetic are plain arrays. Whoever writes into
    embeddings answers for what they are.
    """

    @property
    def stamp(self) -> Optional[Dict[str, Any]]:
        """Which model and weights made them, and how. Distances of embeddings with different stamps mean nothing. None
        where it is not known that they are embeddings."""
        return self._stamp

    def __new__(cls, array: Any, stamp: Optional[Dict[str, Any]] = None) -> Embeddings:
        """Embeddings that were stored as a plain array, with the stamp that was stored beside them."""
        if stamp is not None and not isinstance(stamp, dict):
            raise ArgumentTypeError(f"stamp {stamp!r}: it is a dict, as Metric.stamp and Embeddings.stamp have it")
        made = np.asarray(array, np.float32).view(cls)
        made._stamp = stamp if made.ndim else None
        return made

    def __array_finalize__(self, base: Any) -> None:
        self._stamp: Optional[Dict[str, Any]] = None

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if isinstance(found, Embeddings) and _takes_rows(key, self.ndim):
            found._stamp = self._stamp
        return found

    def sort(self, *arguments: Any, **options: Any) -> None:
        """As numpy's. What is sorted is no embedding any more."""
        super().sort(*arguments, **options)
        self._stamp = None

    def copy(self, order: Any = "C") -> Embeddings:
        """The same embeddings in memory of their own, with their stamp."""
        return Embeddings(super().copy(order), self._stamp)

    def __copy__(self) -> Embeddings:
        return self.copy()

    def __deepcopy__(self, _memo: Any) -> Embeddings:
        return self.copy()

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        plain = np.asarray(array)
        return plain[()] if return_scalar or plain.ndim == 0 else plain

    def __reduce__(self) -> Tuple[Any, ...]:
        return Embeddings, (np.asarray(self), self.stamp)

    def distances(self, other: Embeddings) -> npt.NDArray[np.float64]:
        """Distances of these embeddings from others: one minus the cosine, 0 ... 2; 0 is the same.

        Args:
            other: [M, D] or [D], with the same stamp.

        Returns:
            float64 [N, M]; without the dimension of a side that is one embedding.

        Raises:
            IncomparableError: Another model made the others, or the same one otherwise.
            ArgumentTypeError: `other` is a plain array.
        """
        if not isinstance(other, Embeddings):
            raise ArgumentTypeError(
                f"{type(other).__name__}: embeddings are wanted; of a stored array and stamp: Embeddings(array, stamp)"
            )
        if None in (self.stamp, other.stamp):
            raise IncomparableError(
                "embeddings without a stamp, such as parts of some: of which model they are is not known; "
                "Embeddings(array, stamp)"
            )
        if self.stamp != other.stamp or self.shape[-1:] != other.shape[-1:]:
            raise IncomparableError(
                f"embeddings of {self.stamp} and of {other.stamp}: their distances mean nothing; embed all images "
                f"with one model"
            )
        return np.clip(1 - _directions(self) @ _directions(other).T, 0, 2)


def _takes_rows(key: Any, dimensions: int) -> bool:
    """Whether an index leaves the last dimension, that of the components, as it is."""
    if not isinstance(key, tuple):
        return dimensions > 1 and getattr(key, "ndim", 0) < 2
    if any(getattr(part, "ndim", 0) > 1 for part in key):
        return False
    last = key[-1] if key else Ellipsis
    if last is Ellipsis or isinstance(last, slice) and last == slice(None):
        return True
    has_ellipsis = any(part is Ellipsis for part in key)
    return not has_ellipsis and sum(part is not None for part in key) < dimensions


def _directions(embeddings: Embeddings) -> npt.NDArray[np.float64]:
    values = np.asarray(embeddings, np.float64)
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    return values / np.where(lengths == 0, 1, lengths)
