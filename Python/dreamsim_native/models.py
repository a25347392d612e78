"""Weights: what can be loaded, fetching it, checking it."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, List, NamedTuple, Optional

from . import _abi, _work
from ._options import decoded, encoded, flag, text

if TYPE_CHECKING:
    from ._images import Path
    from ._work import ProgressOption


class Listed(NamedTuple):
    """Something that `load` knows by name."""

    name: str
    summary: str
    kind: str
    """``"model"`` or ``"metric"``."""
    ready: bool
    """Whether its weights are here, or it needs none."""
    license: Optional[str]
    """That of the weights."""


class Verified(NamedTuple):
    """One file of weights that was compared with its digest."""

    model: str
    file: str
    outcome: str
    """What was found, in words."""
    is_good: bool
    sha256: Optional[str]


def list(
    *, home: Optional[Path] = None, weights: Optional[Path] = None, offline: bool = False, mirror: Optional[str] = None
) -> List[Listed]:
    """What can be loaded by name. The options are those of `load`."""
    answer = ctypes.c_void_p()
    _abi.call("list", _store(home, weights, offline, mirror), ctypes.byref(answer))
    return [
        Listed(one["name"], one["summary"], one["kind"], one["ready"], one.get("license"))
        for one in decoded(_abi.text(answer))
    ]


def pull(
    name: str,
    *,
    home: Optional[Path] = None,
    weights: Optional[Path] = None,
    mirror: Optional[str] = None,
    progress: ProgressOption = None,
) -> None:
    """Fetches the weights of a model or metric, where they are missing. A fetch that was stopped resumes.

    Raises:
        NetworkError: They could not be fetched.
        WeightsError: What came is damaged.
        StorageError: They cannot be written.
    """
    _work.call("pull", (text(name, "name"), _store(home, weights, False, mirror)), (), progress)


def verify(
    name: Optional[str] = None, *, home: Optional[Path] = None, weights: Optional[Path] = None
) -> List[Verified]:
    """Compares files of weights with their digests.

    Args:
        name: Whose; None: of everything that is here.
    """
    answer = ctypes.c_void_p()
    _abi.call(
        "verify", None if name is None else text(name, "name"), _store(home, weights, False, None), ctypes.byref(answer)
    )
    return [
        Verified(one["model"], one["file"], one["outcome"], one["isGood"], one.get("sha256"))
        for one in decoded(_abi.text(answer))
    ]


def _store(home: Optional[Path], weights: Optional[Path], offline: bool, mirror: Optional[str]) -> bytes:
    return encoded(home=home, weights=weights, offline=flag(offline, "offline"), mirror=mirror)
