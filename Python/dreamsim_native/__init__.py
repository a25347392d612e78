"""How similar two images look to people: DreamSim, LPIPS, DISTS, SSIM and others, without torch.

    import dreamsim_native as ds

    model = ds.load("lite")
    model.distance("a.png", "b.png")          # 0 is the same, lower is more alike
    model.distances("a.png", ["b.png", "c.png"])
    model.embed(["a.png", "b.png"])           # float32 [N, D]

`dreamsim_native.torch` has a loss and a metric for torch, `dreamsim_native.compat` the interface of the package
`dreamsim`, `dreamsim_native.pyiqa` a metric for pyiqa. What is skipped and noted on the way is logged to the logger
``dreamsim_native``.
"""

from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from . import models
    from ._embeddings import Embeddings
    from ._errors import (
        ArgumentError,
        ArgumentTypeError,
        CancelledError,
        DreamSimError,
        DreamSimWarning,
        FileError,
        IncomparableError,
        MissingError,
        NetworkError,
        StorageError,
        UnsupportedError,
        WeightsError,
    )
    from ._evaluate import evaluate
    from ._images import ImageLike, Images, find_images
    from ._index import Index, Match
    from ._load import library_version, load, set_threads
    from ._metric import Embedded, Metric
    from ._sets import SetMoments, sets
    from ._work import Progress, ProgressOption

__version__ = "0.1.0"

# Names by the modules that hold them, which are imported when one is asked for: numpy alone takes longer than that.
_MODULES = {
    "_embeddings": ["Embeddings"],
    "_errors": [
        "ArgumentError",
        "ArgumentTypeError",
        "CancelledError",
        "DreamSimError",
        "DreamSimWarning",
        "FileError",
        "IncomparableError",
        "MissingError",
        "NetworkError",
        "StorageError",
        "UnsupportedError",
        "WeightsError",
    ],
    "_evaluate": ["evaluate"],
    "_images": ["ImageLike", "Images", "find_images"],
    "_index": ["Index", "Match"],
    "_load": ["library_version", "load", "set_threads"],
    "_metric": ["Embedded", "Metric"],
    "_sets": ["SetMoments", "sets"],
    "_work": ["Progress", "ProgressOption"],
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "CancelledError",
    "DreamSimError",
    "DreamSimWarning",
    "Embedded",
    "Embeddings",
    "FileError",
    "ImageLike",
    "Images",
    "IncomparableError",
    "Index",
    "Match",
    "Metric",
    "MissingError",
    "NetworkError",
    "Progress",
    "ProgressOption",
    "SetMoments",
    "StorageError",
    "UnsupportedError",
    "WeightsError",
    "evaluate",
    "find_images",
    "library_version",
    "load",
    "models",
    "set_threads",
    "sets",
]


def __getattr__(name: str) -> Any:
    import importlib

    if name == "models":
        return importlib.import_module(".models", __name__)
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module("." + _MODULE_OF[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__})
