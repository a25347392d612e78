from __future__ import annotations

from typing import Any, Dict, Optional, Union

import numpy as np
import torch
from torchmetrics import Metric as _Base

from . import _autograd, _tensors
from ._errors import ArgumentError, ArgumentTypeError
from ._load import load
from ._metric import Metric


class DreamSimMetric(_Base):
    """The distance of images from their targets, averaged (or summed) over all that were given, in all processes.

    Args:
        metric: The name of a metric or model, or a loaded one.
        reduction: ``"mean"`` or ``"sum"``.
        options: Those of `dreamsim_native.load`.
        kwargs: Those of torchmetrics.Metric, such as ``dist_sync_on_step``.
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False
    plot_lower_bound = 0.0

    total: torch.Tensor
    count: torch.Tensor

    def __init__(
        self,
        metric: Union[str, Metric] = "ensemble",
        reduction: str = "mean",
        *,
        options: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if reduction not in ("mean", "sum"):
            raise ArgumentError(f"reduction {reduction!r}: it is 'mean' or 'sum'")
        if isinstance(metric, Metric) and options:
            raise ArgumentError("options of a metric: it is loaded already; give them to load()")
        self.metric = metric if isinstance(metric, Metric) else load(metric, **(options or {}))
        self.reduction = reduction
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.long), dist_reduce_fx="sum")

    def __repr__(self) -> str:
        return f"DreamSimMetric({self.metric.name!r}, reduction={self.reduction!r})"

    def update(self, preds: torch.Tensor, target: torch.Tensor) -> None:
        """Takes N pairs.

        Args:
            preds, target: [N, 3, H, W], of one shape: floating-point in [0, 1], or uint8 (which are measured exactly as
                images of files are).
        """
        if preds.shape != target.shape:
            raise ArgumentTypeError(
                f"preds is of shape {list(preds.shape)}, target of {list(target.shape)}: they have to be the same"
            )
        if preds.dtype == torch.uint8 and target.dtype == torch.uint8:
            values = self.metric.pair_distances(_pixels(preds), _pixels(target), progress=False)
        elif not self.metric.describe()["hasGradient"]:
            raise ArgumentTypeError(
                f"preds is of {preds.dtype}, target of {target.dtype}: {self.metric.name} has no gradient and takes uint8 "
                "only; (x * 255).round().to(torch.uint8)"
            )
        else:
            sides = _autograd.array(preds, "preds", True), _autograd.array(target, "target", True)
            values, _, _ = _tensors.values_and_gradients(self.metric._handle, *sides, False, False)
        self.total += float(np.sum(values))
        self.count += len(values)

    def compute(self) -> torch.Tensor:
        """The mean or the sum; NaN of no pairs' mean."""
        total = self.total if self.reduction == "sum" else self.total / self.count
        return total.float()


def _pixels(tensor: torch.Tensor) -> Any:
    if tensor.ndim != 4 or tensor.shape[1] != 3:
        raise ArgumentTypeError(f"a tensor of shape {list(tensor.shape)}: [N, 3, H, W] is wanted")
    return tensor.detach().cpu().permute(0, 2, 3, 1).numpy()
