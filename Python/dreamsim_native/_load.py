from __future__ import annotations

import ctypes
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

from . import _abi, _work
from ._errors import ArgumentError, ArgumentTypeError, WeightsError
from ._metric import Metric
from ._options import encoded, flag, text

if TYPE_CHECKING:
    from ._images import Path
    from ._work import ProgressOption


# Loaded metrics by name and options: the same one for whoever wants the same, as long as somebody has it.
_loaded: weakref.WeakValueDictionary[Tuple[bytes, bytes], Metric]
_loaded = weakref.WeakValueDictionary()
_locks: Dict[Tuple[bytes, bytes], threading.Lock] = {}
if hasattr(os, "register_at_fork"):
    # Those that other threads held at the fork would never be released.
    os.register_at_fork(after_in_child=_locks.clear)


def load(
    name: Path,
    *,
    precision: Optional[str] = None,
    normalize: bool = True,
    fit: Optional[str] = None,
    side: Optional[int] = None,
    parity: Optional[str] = None,
    feature: Optional[str] = None,
    adapter: Optional[Path] = None,
    head: Optional[Path] = None,
    home: Optional[Path] = None,
    weights: Optional[Path] = None,
    offline: bool = False,
    mirror: Optional[str] = None,
    threads: Optional[int] = None,
    progress: ProgressOption = None,
) -> Metric:
    """Loads a metric or model, and fetches its weights first where they are missing.

    The same name and options give the same object while anybody has it.

    Args:
        name: Of a model (``"ensemble"``, ``"lite"``) or metric (``"ssim"``, ``"lpips-alex"``), see `models.list`; the
            path of a model's file; or a loss such as ``"lpips-vgg + 0.5*dists"``. ``-foreground`` behind the name of what
            embeds limits it to what stands out in each image (``"lite-foreground"``).
        precision: ``"float32"``, ``"int16"`` or ``"int8"``, in which models compute. Default: float32.
        normalize: Whether models center and normalize embeddings, as the reference's API does by default.
        fit: How models fit images into their square: ``"stretch"``, ``"pad"`` or ``"crop"``. Default: the model's own.
        side: The side of that square, in pixels. Default: the model's own.
        parity: ``"reference"``: orientation, transparency and color profiles are ignored, as the reference does.
        feature, adapter, head: What models take from their backbone, a LoRA adapter, and an MLP head.
        home: The folder of the store of weights. Default: the variable DREAMSIM_HOME, or the user's.
        weights: A folder with weights, laid out as the reference's package leaves it. What it lacks comes from the store.
        offline: Whether nothing is fetched.
        mirror: A URL that stands in for the places where weights are published.
        threads: How many threads compute, in the whole process; see `set_threads`.
        progress: See `ProgressOption`.

    Raises:
        ArgumentError: No such name, or an option that the metric does not have.
        WeightsError: Weights are missing or damaged.
        NetworkError: They could not be fetched.
        MissingError: The shared library is not there.
    """
    if threads is not None:
        set_threads(threads)
    options = encoded(
        precision=precision,
        normalize=False if flag(normalize, "normalize") is None else None,
        fit=fit,
        side=side,
        parity=parity,
        feature=feature,
        adapter=adapter,
        head=head,
        home=home,
        weights=weights,
        offline=flag(offline, "offline"),
        mirror=mirror,
    )
    return _load(text(os.path.abspath(name) if isinstance(name, os.PathLike) else name, "name"), options, progress)


def _load(name: bytes, options: bytes, progress: ProgressOption) -> Metric:
    _work.check_progress(progress)
    key = (name, options)
    with _locks.setdefault(key, threading.Lock()):
        metric = _loaded.get(key)
        if metric is None:
            handle = ctypes.c_uint64()
            try:
                _work.call("load", (name, options), (ctypes.byref(handle),), progress)
            except BaseException:
                # One that came although it was no longer wanted.
                if handle.value:
                    _abi.function("release")(handle.value, None)
                raise
            metric = Metric(handle.value, os.fsdecode(name), options)
            _loaded[key] = metric
        return metric


def _restored(name: str, options: bytes, identity: Dict[str, Any]) -> Metric:
    """What a pickled metric is in another process, or on another machine."""
    metric = _load(os.fsencode(name), options, False)
    here = metric._identity()
    if here != identity:
        raise WeightsError(
            f"{name}: the pickled metric had other weights ({_differences(identity, here)}); "
            "load the same weights on all machines, or load it by name on each"
        )
    return metric


def _differences(there: Dict[str, Any], here: Dict[str, Any]) -> str:
    return ", ".join(
        f"{key}: {there.get(key)} there, {value} here" for key, value in here.items() if there.get(key) != value
    )


def set_threads(count: int) -> int:
    """Sets how many threads compute, in the whole process.

    Args:
        count: At least 1; 0 changes nothing.

    Returns:
        The number before.
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 1 << 16:
        raise ArgumentError(f"threads {count!r}: a whole number is wanted, 1 ... 65535")
    return int(_abi.function("threads")(count))


def library_version() -> str:
    """The version of the shared library.

    Raises:
        MissingError: It is not there, or cannot be used.
    """
    version: bytes = _abi.function("version")()
    return version.decode()
