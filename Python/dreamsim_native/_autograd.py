"""Gradients of embeddings and distances, for torch's autograd."""

from __future__ import annotations

import warnings
from typing import Any, List, Tuple

import numpy as np

from . import _tensors
from ._errors import ArgumentTypeError, DreamSimWarning, MissingError, UnsupportedError
from ._metric import Metric

try:
    import torch
except ImportError as error:
    raise MissingError(f"torch is needed here ({error}); pip install torch") from None

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
    def forward(ctx: Any, gradient: torch.Tensor, *_sources: torch.Tensor) -> torch.Tensor:
        return gradient.clone()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise UnsupportedError(
            "perceptual metrics have no gradients of gradients here; leave them out of what is differentiated twice, "
            "such as a penalty on gradients"
        )


def _final(gradient: torch.Tensor, *sources: torch.Tensor) -> torch.Tensor:
    """A gradient that tells torch what it depends on, so that whoever asks for its gradient there gets the error."""
    if not torch.is_grad_enabled():  # create_graph=True enables it
        return gradient
    made: torch.Tensor = _Final.apply(gradient, *sources)  # type: ignore[no-untyped-call]
    return made


class _Embedding(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: torch.Tensor, metric: Metric, check: bool) -> torch.Tensor:
        records = ctx.needs_input_grad[0]
        values = array(images, "images", check)
        embeddings, ctx.recording = _tensors.embed(metric._handle, values, metric._needed_width(), records)
        ctx.save_for_backward(images)
        return like(embeddings, images)

    @staticmethod
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, *grad_outputs: Any
    ) -> Tuple[torch.Tensor, None, None]:
        (images,) = ctx.saved_tensors
        by_images = ctx.recording.backward(grad_outputs[0].detach().to("cpu", torch.float32).numpy())
        gradient = torch.from_numpy(by_images).to(images.device, images.dtype)
        return _final(gradient, images, grad_outputs[0]), None, None


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
        ctx.save_for_backward(x, y, *gradients)
        return like(values, x)

    @staticmethod
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, *grad_outputs: Any
    ) -> Any:
        x, y, *gradients = ctx.saved_tensors
        scale = grad_outputs[0].detach().float()[:, None, None, None]
        by_x, by_y = (
            None if gradient is None else _final((gradient * scale).to(side.dtype), x, y, grad_outputs[0])
            for gradient, side in zip(gradients, (x, y))
        )
        return by_x, by_y, None, None
