"""For torch: a loss with gradients, and a metric of torchmetrics. Needs torch; `DreamSimMetric` torchmetrics as
well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

# First, because it says where torch is missing.
from . import _autograd  # isort: skip

import torch

from ._errors import ArgumentError, MissingError
from ._load import load
from ._metric import Metric

if TYPE_CHECKING:
    from ._torchmetrics import DreamSimMetric


class PerceptualLoss(torch.nn.Module):
    """How differently images look, as a loss: 0 is the same, whatever the metric (SSIM comes as 1 - SSIM).

    Args:
        metric: The name of a metric, a model or a sum such as ``"lpips-vgg + 0.5*dists"``, or a loaded one.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Whether values outside [0, 1] by more than 0.001 are refused. NaN and infinite ones always are.
        options: Those of `dreamsim_native.load`.

    Gradients go to both sides that want them. It has no parameters and computes on the processor in float32: tensors of
    other devices are copied there, and results back. There are no gradients of gradients.
    """

    def __init__(
        self, metric: Union[str, Metric] = "lpips-vgg", reduction: str = "mean", *, check: bool = True, **options: Any
    ) -> None:
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise ArgumentError(f"reduction {reduction!r}: it is 'mean', 'sum' or 'none'")
        if isinstance(metric, Metric) and options:
            raise ArgumentError("options of a metric: it is loaded already; give them to load()")
        self.metric = metric if isinstance(metric, Metric) else load(metric, **options)
        self.reduction, self.check = reduction, check

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Distances of N pairs.

        Args:
            x, y: [N, 3, H, W], in [0, 1], of one shape.

        Returns:
            float32 [] (float64 where `x` is); [N] with ``reduction="none"``.
        """
        distances = _autograd.distances(x, y, self.metric, self.check)
        if self.reduction == "none":
            return distances
        return distances.mean() if self.reduction == "mean" else distances.sum()

    def extra_repr(self) -> str:
        return f"{self.metric.name!r}, reduction={self.reduction!r}"


def __getattr__(name: str) -> Any:
    # So that the loss does not need torchmetrics.
    if name == "DreamSimMetric":
        try:
            import torchmetrics  # noqa: F401  # pyright: ignore[reportUnusedImport]
        except ImportError as error:
            raise MissingError(f"torchmetrics is needed here ({error}); pip install torchmetrics") from None
        from ._torchmetrics import DreamSimMetric

        return DreamSimMetric
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["DreamSimMetric", "PerceptualLoss"]
