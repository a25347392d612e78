"""Gradients of embeddings and distances, for torch's autograd."""

from __future__ import annotations

import warnings
from typing import Any, List, Tuple

import numpy as np
import torch

from . import _tensors
from ._errors import ArgumentTypeError, DreamSimWarning, UnsupportedError
from ._metric import Metric

_was_said: List[bool] = []


def array(tensor: torch.Tensor, name: str, check: bool) -> Any:
    """The values of a tensor [N, 3, H, W] as float32, in the memory of the processor.

    Raises:
        ArgumentError: It is no tensor, of no such shape; or, with `check`, its values are not in [0, 1].
    """
    if not isinstance(tensor, torch.Tensor):
        raise ArgumentTypeError(
            f"{name} is a {type(tensor).__name__}: a tensor [N, 3, H, W] is wanted; torch.from_numpy(x)"
        )
    if not tensor.is_floating_point():
        raise ArgumentTypeError(
            f"{name} is of {tensor.dtype}: floating-point values in [0, 1] are wanted; {name}.float() / 255"
        )
    if tensor.device.type != "cpu" and not _was_said:
        _was_said.append(True)
        warnings.warn(
            f"{name} is on {tensor.device}: distances are computed on the processor, so that tensors are copied there "
            "and results back",
            DreamSimWarning,
            stacklevel=2,
        )
    return _tensors.checked(tensor.detach().to("cpu", torch.float32).numpy(), name, check)


def like(values: Any, tensor: torch.Tensor) -> torch.Tensor:
    """Values on the device of a tensor. Those of half precision are float32 nevertheless: distances need it."""
    dtype = torch.float64 if tensor.dtype == torch.float64 else torch.float32
    return torch.from_numpy(np.asarray(values)).to(tensor.device, dtype)


def embeddings(images: torch.Tensor, metric: Metric, check: bool) -> torch.Tensor:
    """Embeddings [N, D] of prepared images [N, 3, side, side]."""
    made: torch.Tensor = _Embedding.apply(_seen(images), metric, check)  # type: ignore[no-untyped-call]
    return made


def distances(x: torch.Tensor, y: torch.Tensor, metric: Metric, check: bool) -> torch.Tensor:
    """Distances [N] of pairs of images [N, 3, H, W]."""
    made: torch.Tensor = _Distance.apply(_seen(x), _seen(y), metric, check)  # type: ignore[no-untyped-call]
    return made


def _seen(tensor: torch.Tensor) -> torch.Tensor:
    # Functions are told that a tensor wants its gradient where torch.no_grad() is in force, too.
    return tensor if torch.is_grad_enabled() or not isinstance(tensor, torch.Tensor) else tensor.detach()


class _Final(torch.autograd.Function):
    """A gradient that has none itself. Without it a penalty on gradients would silently count as a constant."""

    @staticmethod
    def forward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient.clone()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise UnsupportedError(
            "perceptual metrics have no gradients of gradients here; leave them out of what is differentiated twice, "
            "such as a penalty on gradients"
        )


def _final(gradient: torch.Tensor) -> torch.Tensor:
    if not torch.is_grad_enabled():  # create_graph=True enables it
        return gradient
    made: torch.Tensor = _Final.apply(gradient.detach().requires_grad_())  # type: ignore[no-untyped-call]
    return made


class _Embedding(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: torch.Tensor, metric: Metric, check: bool) -> torch.Tensor:
        records = ctx.needs_input_grad[0]
        values = array(images, "images", check)
        embeddings, ctx.recording = _tensors.embed(metric._handle, values, metric._needed_width(), records)
        ctx.source = (images.device, images.dtype)
        return like(embeddings, images)

    @staticmethod
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, *grad_outputs: Any
    ) -> Tuple[torch.Tensor, None, None]:
        images = ctx.recording.backward(grad_outputs[0].to("cpu", torch.float32).numpy())
        device, dtype = ctx.source
        return _final(torch.from_numpy(images).to(device, dtype)), None, None


class _Distance(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, y: torch.Tensor, metric: Metric, check: bool) -> torch.Tensor:
        sides = array(x, "x", check), array(y, "y", check)
        if x.shape != y.shape:
            raise ArgumentTypeError(
                f"x is of shape {list(x.shape)}, y of {list(y.shape)}: they have to be the same; y.expand_as(x)"
            )
        wants_x, wants_y = ctx.needs_input_grad[:2]
        values, by_x, by_y = _tensors.values_and_gradients(metric._handle, *sides, wants_x, wants_y)
        gradients = [
            None if gradient is None else torch.from_numpy(gradient).to(side.device)
            for gradient, side in ((by_x, x), (by_y, y))
        ]
        ctx.has = [gradient is not None for gradient in gradients]
        ctx.dtypes = (x.dtype, y.dtype)
        ctx.save_for_backward(*(gradient for gradient in gradients if gradient is not None))
        return like(values, x)

    @staticmethod
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, *grad_outputs: Any
    ) -> Any:
        saved = iter(ctx.saved_tensors)
        scale = grad_outputs[0].float()[:, None, None, None]
        sides = [_final((next(saved) * scale).to(dtype)) if has else None for has, dtype in zip(ctx.has, ctx.dtypes)]
        return sides[0], sides[1], None, None
