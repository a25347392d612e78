"""Batches of float32 images, for gradients."""

from __future__ import annotations

import ctypes
import weakref
from typing import TYPE_CHECKING, Any, Optional, Tuple

import numpy as np

from . import _abi
from ._errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float32]
    DoubleArray = npt.NDArray[np.float64]

# Values outside [0, 1] by more than this are refused.
TOLERANCE = 1e-3


def checked(array: Any, name: str, check: bool) -> FloatArray:
    """A batch [N, 3, H, W]; of one image [3, H, W] a batch of one.

    Raises:
        ArgumentError: It is of another type, dtype or shape; or, with `check`, of another range or not finite.
    """
    if not isinstance(array, np.ndarray):
        kind = type(array).__module__
        remedy = (
            "use dreamsim_native.torch.PerceptualLoss"
            if kind.startswith("torch")
            else "give np.asarray(x, dtype=np.float32)"
        )
        raise ArgumentTypeError(f"{name} is a {type(array).__name__}: arrays of float32 are wanted; {remedy}")
    if array.dtype != np.float32:
        remedy = f"{name}.astype(np.float32)" + (" / 255" if array.dtype == np.uint8 else "")
        raise ArgumentTypeError(f"{name} is of {array.dtype}: float32 is wanted; {remedy}")
    if not array.dtype.isnative:
        raise ArgumentTypeError(f"{name} has the byte order of another machine; {name}.astype(np.float32)")
    if not isinstance(check, bool):
        raise ArgumentTypeError(f"check {check!r}: it is True or False")
    batch = array[None] if array.ndim == 3 else array
    if batch.ndim != 4 or batch.shape[1] != 3:
        remedy = "[N, 3, H, W] or [3, H, W] is wanted"
        if array.ndim in (3, 4) and array.shape[-1] == 3:
            remedy += f"; where channels come last: np.moveaxis({name}, -1, -3)"
        raise ArgumentTypeError(f"{name} is of shape {list(array.shape)}: {remedy}")
    if 0 in batch.shape:
        raise ArgumentTypeError(f"{name} is of shape {list(array.shape)}: it has no pixels")
    if check:
        low, high = float(batch.min()), float(batch.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ArgumentError(f"{name} holds NaN or infinite values; replace them, or look where they come from")
        if low < -TOLERANCE or high > 1 + TOLERANCE:
            remedy = f"{name}.clip(0, 1), or check=False"
            if -1 - TOLERANCE <= low < 0 and high <= 1 + TOLERANCE:
                remedy = f"is it in [-1, 1]? use ({name} + 1) / 2"
            elif low >= -TOLERANCE and 2 < high <= 255 + TOLERANCE:
                remedy = f"is it in [0, 255]? use {name} / 255"
            raise ArgumentError(f"{name} is in [{low:.4g}, {high:.4g}]: values in [0, 1] are wanted; {remedy}")
    return batch


def tensor(array: FloatArray) -> Any:
    """A batch as the C interface takes it; the array has to live as long."""
    if any(stride % 4 for stride in array.strides):
        # Fields of records lie between whole numbers of elements.
        raise ArgumentTypeError(f"an array with strides of {array.strides} bytes; np.ascontiguousarray(x)")
    images, _, height, width = array.shape
    image, channel, row, column = (stride // 4 for stride in array.strides)
    return _abi.Tensor(array.ctypes.data, images, height, width, image, channel, row, column)


def values_and_gradients(
    handle: int, x: FloatArray, y: FloatArray, wants_x: bool, wants_y: bool
) -> Tuple[DoubleArray, Optional[FloatArray], Optional[FloatArray]]:
    """Distances [N] and gradients [N, 3, H, W] of batches that were checked."""
    values = np.empty(len(x), np.float64)
    gradients = [np.empty(side.shape, np.float32) if wanted else None for side, wanted in ((x, wants_x), (y, wants_y))]
    places = [None if gradient is None else ctypes.byref(tensor(gradient)) for gradient in gradients]
    _abi.call(
        "values_and_gradients", handle, ctypes.byref(tensor(x)), ctypes.byref(tensor(y)), _abi.doubles(values), *places
    )
    return values, gradients[0], gradients[1]


class Recording:
    """What the gradients of embeddings need; about 73 MB an image for a ViT-B/16. Is released with this object."""

    def __init__(self, handle: int, shape: Tuple[int, ...]) -> None:
        self.handle, self.shape = handle, shape
        weakref.finalize(self, _release, handle).atexit = False

    def backward(self, gradient: FloatArray) -> FloatArray:
        """From how a function changes with embeddings, [N, D], to how it changes with images, [N, 3, side, side]."""
        gradient = np.ascontiguousarray(gradient, np.float32)
        images = np.empty(self.shape, np.float32)
        _abi.call("backward", self.handle, _abi.floats(gradient), gradient.shape[1], ctypes.byref(tensor(images)))
        return images


def _release(handle: int) -> None:
    _abi.function("recording_release")(handle, None)


def embed(handle: int, images: FloatArray, width: int, records: bool) -> Tuple[FloatArray, Optional[Recording]]:
    """Embeddings [N, D] of prepared images [N, 3, side, side]; and what their gradients need, where wanted."""
    embeddings = np.empty((len(images), width), np.float32)
    recording = ctypes.c_uint64()
    _abi.call(
        "embed_tensor",
        handle,
        ctypes.byref(tensor(images)),
        _abi.floats(embeddings),
        width,
        ctypes.byref(recording) if records else None,
    )
    return embeddings, Recording(recording.value, images.shape) if records else None
