"""How similar two images look to people: DreamSim, LPIPS, DISTS, SSIM and others, without torch.

    import dreamsim_native as ds

    model = ds.load("lite")
    model.distance("a.png", "b.png")          # 0 is the same, lower is more alike
    model.distances("a.png", ["b.png", "c.png"])
    model.embed(["a.png", "b.png"])           # float32 [N, D]

`dreamsim_native.torch` has a loss and a metric for torch, `dreamsim_native.compat` the interface of the package
`dreamsim`,
`dreamsim_native.pyiqa` a metric for pyiqa. What is skipped and noted on the way is logged to the logger
``dreamsim_native``.
"""

from typing import TYPE_CHECKING

from . import models
from ._abi import function as _function
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
from ._images import find_images
from ._index import Index, Match
from ._load import load, set_threads
from ._metric import Embedded, Metric
from ._work import Progress, ProgressOption

if TYPE_CHECKING:
    from ._images import ImageLike, Images

__version__ = "0.1.0"

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
    "StorageError",
    "UnsupportedError",
    "WeightsError",
    "evaluate",
    "find_images",
    "library_version",
    "load",
    "models",
    "set_threads",
]


def library_version() -> str:
    """The version of the shared library.

    Raises:
        MissingError: It is not there, or cannot be used.
    """
    version: bytes = _function("version")()
    return version.decode()
