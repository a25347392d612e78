from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union

from . import _abi, _work
from ._errors import ArgumentTypeError
from ._load import load
from ._metric import Metric
from ._options import decoded, encoded, flag, text

if TYPE_CHECKING:
    from ._images import Path
    from ._work import ProgressOption


def evaluate(
    metrics: Union[str, Metric, Iterable[Union[str, Metric]]],
    folder: Path,
    layout: str = "nights",
    *,
    split: Optional[str] = None,
    min_votes: Optional[int] = None,
    images: Optional[Path] = None,
    name: Optional[str] = None,
    strict: bool = False,
    resamples: Optional[int] = None,
    seed: Optional[int] = None,
    cache: Optional[Path] = None,
    progress: ProgressOption = None,
) -> Dict[str, Any]:
    """How often metrics agree with people.

    Args:
        metrics: Loaded metrics, or their names.
        folder: The data set; for ``"triplets"`` its table.
        layout: ``"nights"``, ``"bapps"``, ``"jnd"``, ``"things"`` or ``"triplets"`` (a CSV table).
        split: Which part of the set, such as ``"test"``.
        min_votes: The fewest votes of a judgment of NIGHTS. Default: 6.
        images: The folder of the images, where the table does not name it.
        name: The name of the set in the report.
        strict: Whether a judgment that cannot be read is an error, and is not left out.
        resamples: How many times the bootstrap draws. Default: 2000.
        seed: The random seed of the bootstrap. Default: 1.
        cache: A folder that keeps values, so that an evaluation that was stopped resumes.
        progress: See `ProgressOption`.

    Returns:
        What ``dreamsim evaluate --format json`` writes. ``report["metrics"][0]["score"]`` has the agreement of the
        first metric, 0 ... 1, and its confidence interval; ``report["comparisons"]`` the differences between metrics.
    """
    given: List[Union[str, Metric]] = [metrics] if isinstance(metrics, (str, Metric)) else list(metrics)
    if not given:
        raise ArgumentTypeError("metrics: there is none; give a name, such as 'lite', or a loaded metric")
    # They have to live as long as the call.
    loaded = [metric if isinstance(metric, Metric) else load(metric) for metric in given]
    handles = (ctypes.c_uint64 * len(loaded))(*(metric._handle for metric in loaded))
    options = encoded(
        split=split,
        minVotes=min_votes,
        images=images,
        name=name,
        strict=flag(strict, "strict"),
        resamples=resamples,
        seed=seed,
        cache=cache,
    )
    answer = ctypes.c_void_p()
    before = (handles, len(loaded), text(layout, "layout"), text(folder, "folder"), options)
    _work.call("evaluate", before, (ctypes.byref(answer),), progress)
    report: Dict[str, Any] = decoded(_abi.text(answer))
    return report
