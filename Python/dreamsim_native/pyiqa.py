"""For pyiqa: `register()` makes ``pyiqa.create_metric("dreamsim-native")`` work. Needs pyiqa."""

from __future__ import annotations

from typing import Any

# First, because it says where torch is missing.
from . import _autograd  # isort: skip

import torch

from ._errors import MissingError
from ._load import load

_ARCHITECTURE = "DreamSimNative"


class DreamSimNative(torch.nn.Module):
    """The network that pyiqa makes by name: distances of pairs [N, 3, H, W] in [0, 1], with gradients by both sides.

    Args:
        metric: The name of a metric or model.
        options: Those of `dreamsim_native.load`.
    """

    def __init__(self, metric: str = "ensemble", **options: Any) -> None:
        super().__init__()
        self.metric = load(metric, **options)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Distances, [N, 1] as pyiqa's metrics have them."""
        return _autograd.distances(x, y, self.metric, False)[:, None]


def register(name: str = "dreamsim-native", metric: str = "ensemble", **options: Any) -> None:
    """Makes a metric known to pyiqa; again with the same name replaces it.

    Args:
        name: What ``pyiqa.create_metric`` calls it.
        metric: The name of a metric or model.
        options: Those of `dreamsim_native.load`.
    """
    try:
        from pyiqa.default_model_configs import DEFAULT_CONFIGS  # pyright: ignore[reportMissingImports]
        from pyiqa.utils.registry import ARCH_REGISTRY  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise MissingError(f"pyiqa is needed here ({error}); pip install pyiqa") from None

    if _ARCHITECTURE not in ARCH_REGISTRY:
        ARCH_REGISTRY.register(DreamSimNative)
    DEFAULT_CONFIGS[name] = {
        "metric_opts": {"type": _ARCHITECTURE, "metric": metric, **options},
        "metric_mode": "FR",
        "lower_better": True,
        "score_range": "0, 1",
    }
