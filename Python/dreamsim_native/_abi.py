"""The C interface, dreamsim.h, for ctypes. Nothing is loaded before the first call."""

from __future__ import annotations

import ctypes
import os
import re
import threading
from ctypes import POINTER, Structure, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t, c_uint64, c_void_p
from pathlib import Path
from typing import Any, Dict, List, Optional

from ._errors import DreamSimError, MissingError, of_code
from ._options import snake_case


class Error(Structure):
    """dreamsim1_error"""

    _fields_ = [("code", c_int32), ("message", c_void_p)]


class Event(Structure):
    """dreamsim1_event"""

    _fields_ = [("kind", c_int32), ("text", c_char_p), ("done", c_int64), ("total", c_int64)]


LISTEN = ctypes.CFUNCTYPE(c_int32, c_void_p, POINTER(Event))


class Listener(Structure):
    """dreamsim1_listener"""

    _fields_ = [("listen", LISTEN), ("context", c_void_p)]


class Image(Structure):
    """dreamsim1_image"""

    _fields_ = [
        ("kind", c_int32),
        ("channels", c_int32),
        ("data", c_void_p),
        ("size", c_size_t),
        ("width", c_int64),
        ("height", c_int64),
        ("row_stride", c_int64),
        ("column_stride", c_int64),
        ("channel_stride", c_int64),
    ]


class Tensor(Structure):
    """dreamsim1_tensor"""

    _fields_ = [
        ("data", c_void_p),
        ("images", c_int64),
        ("height", c_int64),
        ("width", c_int64),
        ("image_stride", c_int64),
        ("channel_stride", c_int64),
        ("row_stride", c_int64),
        ("column_stride", c_int64),
    ]


class Vectors(Structure):
    """dreamsim1_vectors"""

    _fields_ = [("data", c_void_p), ("kind", c_int32), ("rows", c_int64), ("width", c_int64)]


class Moments(Structure):
    """dreamsim1_moments"""

    _fields_ = [("count", c_int64), ("width", c_int64), ("mean", POINTER(c_double)), ("scatter", POINTER(c_double))]


PATH, FILE_BYTES, PIXELS = 0, 1, 2
FLOAT32, FLOAT64 = 0, 1
PROGRESS, STAND_IN = 0, 3  # others, 1 and 2, are notes and failures, which are logged

_listener = POINTER(Listener)
_error = POINTER(Error)
_images = POINTER(Image)
_tensor = POINTER(Tensor)
_vectors = POINTER(Vectors)
_moments = POINTER(Moments)
_texts = POINTER(c_char_p)
# Texts and buffers that come back are freed by their address, which c_char_p would lose.
_address = POINTER(c_void_p)
_size = POINTER(c_int64)
_handle = POINTER(c_uint64)

# The parameters of every function that returns a code.
_FUNCTIONS: Dict[str, List[Any]] = {
    "load": [c_char_p, c_char_p, _listener, _handle, _error],
    "describe": [c_uint64, _address, _error],
    "release": [c_uint64, _error],
    "values": [c_uint64, _images, c_size_t, _images, c_size_t, POINTER(c_double), _error, _listener, _error],
    "embed": [c_uint64, _images, c_size_t, POINTER(c_float), c_int64, _error, _listener, _error],
    "preprocess": [c_uint64, _images, POINTER(c_float), _error],
    "values_and_gradients": [c_uint64, _tensor, _tensor, POINTER(c_double), _tensor, _tensor, _error],
    "embed_tensor": [c_uint64, _tensor, POINTER(c_float), c_int64, _handle, _error],
    "backward": [c_uint64, POINTER(c_float), c_int64, _tensor, _error],
    "recording_release": [c_uint64, _error],
    "map": [c_uint64, c_char_p, _images, _images, _address, _size, _size, _error],
    "decode": [_images, _address, _size, _size, _error],
    "find": [_texts, c_size_t, c_char_p, _listener, _address, POINTER(c_size_t), _error],
    "evaluate": [_handle, c_size_t, c_char_p, c_char_p, c_char_p, _listener, _address, _error],
    "sets": [_vectors, _vectors, c_char_p, _listener, _address, _error],
    "moments_add": [_moments, _vectors, _error],
    "moments_merge": [_moments, _moments, _error],
    "frechet": [_moments, _moments, POINTER(c_double), _error],
    "list": [c_char_p, _address, _error],
    "pull": [c_char_p, c_char_p, _listener, _error],
    "verify": [c_char_p, c_char_p, _address, _error],
    "index_open": [c_char_p, c_char_p, c_char_p, _listener, _handle, _error],
    "index_release": [c_uint64, _error],
    "index_describe": [c_uint64, _address, _error],
    "index_update": [c_uint64, _texts, c_size_t, c_char_p, _listener, _address, _error],
    "index_search": [c_uint64, _images, c_char_p, _address, _error],
    "index_duplicates": [c_uint64, c_char_p, _listener, _address, _error],
    "index_export": [c_uint64, c_char_p, c_char_p, _listener, _size, _error],
    "index_import": [c_char_p, c_char_p, c_char_p, _listener, _address, _error],
}

FILE_NAME = "libdreamsim.so"
_lock = threading.Lock()
_functions: Optional[Dict[str, Any]] = None


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _path() -> str:
    named = os.environ.get("DREAMSIM_LIBRARY")
    if named:
        return named
    packed = Path(__file__).parent / "_lib" / FILE_NAME
    if packed.exists():
        return str(packed)
    raise MissingError(
        f"{packed}: the shared library is not there; install a wheel, which holds it, or build it from the sources by "
        "'make library' and set DREAMSIM_LIBRARY to its path"
    )


def _load() -> Dict[str, Any]:
    path = _path()
    try:
        library = ctypes.CDLL(path)
        functions: Dict[str, Any] = {name: getattr(library, "dreamsim1_" + name) for name in _FUNCTIONS}
        functions.update(
            {name: getattr(library, "dreamsim1_" + name) for name in ("version", "free", "error_clear", "threads")}
        )
    except (OSError, AttributeError) as error:
        raise MissingError(
            f"{path}: this shared library cannot be used ({error}); DREAMSIM_LIBRARY, if set, has to be the path of "
            f"the {FILE_NAME} that belongs to this version of the package"
        ) from error
    for name, parameters in _FUNCTIONS.items():
        functions[name].argtypes = parameters
        functions[name].restype = c_int32
    functions["version"].argtypes, functions["version"].restype = [], c_char_p
    functions["free"].argtypes, functions["free"].restype = [c_void_p], None
    functions["error_clear"].argtypes, functions["error_clear"].restype = [_error], None
    functions["threads"].argtypes, functions["threads"].restype = [c_int32], c_int32
    return functions


def function(name: str) -> Any:
    """A function of the shared library, which is loaded now if it was not.

    Raises:
        MissingError: The shared library is not there, or cannot be used.
    """
    global _functions
    if _functions is None:
        with _lock:
            if _functions is None:
                _functions = _load()
    return _functions[name]


def call(name: str, *arguments: Any) -> None:
    """Calls a function with a place for its error, and raises that."""
    error = Error()
    if function(name)(*arguments, ctypes.byref(error)):
        raise taken(error)


def taken(error: Error) -> DreamSimError:
    """The exception for an error that came back, whose memory is freed."""
    message = ctypes.string_at(error.message).decode("utf-8", "replace") if error.message else "unknown error"
    code = error.code
    function("error_clear")(ctypes.byref(error))
    message = _OPTION.sub(_in_snake_case, message)
    for library, here in _WORDINGS:
        message = message.replace(library, here)
    return of_code(code, message)


# What a message of the library advises, and what that is here.
_WORDINGS = (
    ("DREAMSIM_MIRROR: ", "mirror or DREAMSIM_MIRROR: "),
    ("the catalog lists all names", "models.list() has all names"),
    ("build the nearest-neighbor graph first", "build it with 'dreamsim index graph', or leave out approximate=True"),
    ("remove it, and it is fetched anew", "remove it, and load() or models.pull() fetches it anew"),
)
# Options are named as the C interface has them.
_OPTION = re.compile(r"option '\w+'|known are [\w, ]+")


def _in_snake_case(found: re.Match[str]) -> str:
    return snake_case(found.group())


def text(address: c_void_p) -> str:
    """A text that came back, whose memory is freed."""
    try:
        return ctypes.string_at(address.value or 0).decode("utf-8", "surrogateescape")
    finally:
        function("free")(address)


def images(count: int) -> Any:
    """So many images, to be filled in."""
    return (Image * count)()


def floats(values: Any) -> Any:
    """The address of the numbers of a contiguous float32 array, which it holds."""
    return values.ctypes.data_as(POINTER(c_float))


def doubles(values: Any) -> Any:
    """The address of the numbers of a contiguous float64 array, which it holds."""
    return values.ctypes.data_as(POINTER(c_double))


def bytes_at(address: c_void_p, count: int) -> bytes:
    """Bytes that came back, whose memory is freed."""
    try:
        return ctypes.string_at(address.value or 0, count)
    finally:
        function("free")(address)
