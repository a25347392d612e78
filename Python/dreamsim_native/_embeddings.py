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

    Rows and slices keep the stamp; results of arithmetic are plain arrays, because they may be embeddings no more.
    """

    @property
    def stamp(self) -> Optional[Dict[str, Any]]:
        """Which model and weights made them, and how. Distances of embeddings with different stamps mean nothing. None of
        what has another last dimension, such as a part of the components: it is no embedding."""
        return self._stamp if self.ndim > 0 and self.shape[-1] == self._width else None

    def __new__(cls, array: Any, stamp: Optional[Dict[str, Any]] = None) -> Embeddings:
        """Embeddings that were stored as a plain array, with the stamp that was stored beside them."""
        made = np.asarray(array, np.float32).view(cls)
        made._stamp, made._width = stamp, made.shape[-1] if made.ndim else 0
        return made

    def __array_finalize__(self, base: Any) -> None:
        # The shape may not be final yet.
        self._stamp: Optional[Dict[str, Any]] = getattr(base, "_stamp", None)
        self._width: Optional[int] = getattr(base, "_width", None)

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


def _directions(embeddings: Embeddings) -> npt.NDArray[np.float64]:
    values = np.asarray(embeddings, np.float64)
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    return values / np.where(lengths == 0, 1, lengths)
