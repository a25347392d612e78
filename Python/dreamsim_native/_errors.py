"""The exceptions: one family, whose members are also what Python calls such faults."""

from __future__ import annotations

from typing import Dict, Type


class DreamSimError(Exception):
    """Any fault that this package reports. The message says what is wrong, and what to do."""


class ArgumentError(DreamSimError, ValueError):
    """An argument or option has a value that cannot be."""


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument is of a type, dtype or shape that cannot be."""


class FileError(DreamSimError, OSError):
    """A file or image cannot be read."""


class WeightsError(DreamSimError):
    """Weights are missing, damaged, or not the expected ones."""


class NetworkError(DreamSimError, ConnectionError):
    """A download failed."""


class StorageError(DreamSimError, OSError):
    """Something cannot be written: a full disk, a lock, no permission."""


class IncomparableError(DreamSimError, ValueError):
    """Images, embeddings or indexes do not fit together."""


class UnsupportedError(DreamSimError, NotImplementedError):
    """The metric cannot do that, such as give a gradient."""


class CancelledError(DreamSimError):
    """The work was stopped before it was done."""


class MissingError(DreamSimError, ImportError):
    """The shared library, or an optional package, is not there."""


class DreamSimWarning(UserWarning):
    """Something that changes what results mean, such as a model that stands in for another."""


_BY_CODE: Dict[int, Type[DreamSimError]] = {
    1: ArgumentError,
    2: FileError,
    3: WeightsError,
    4: NetworkError,
    5: StorageError,
    6: IncomparableError,
    7: UnsupportedError,
    8: CancelledError,
}


def of_code(code: int, message: str) -> DreamSimError:
    """The exception for an error of the shared library."""
    return _BY_CODE.get(code, DreamSimError)(message)
