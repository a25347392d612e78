"""The interface of the Python package `dreamsim`, for scripts that use it: one line changes.

    from dreamsim_native.compat import dreamsim        # was: from dreamsim import dreamsim

Needs torch; `preprocess` Pillow.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Callable, Tuple, Union

# First, because it says where torch is missing.
from . import _autograd  # isort: skip

import numpy as np
import torch

from . import models
from ._errors import ArgumentError, ArgumentTypeError, UnsupportedError
from ._load import load
from ._metric import Metric

if TYPE_CHECKING:
    import PIL.Image


class PerceptualModel(torch.nn.Module):
    """A model with the calls of `dreamsim.PerceptualModel`; `dreamsim` makes it.

    It has no parameters: train(), eval(), to(), requires_grad_() are taken and change nothing. Tensors of other devices
    are copied to the processor, which computes in float32, and results back. Gradients reach the images.
    """

    def __init__(self, metric: Metric, normalize_embeds: bool = True, device: Union[str, torch.device] = "cpu") -> None:
        super().__init__()
        self.metric, self.normalize_embeds, self.device = metric, normalize_embeds, device
        self.embed_size = metric._needed_width()

    def forward(self, img_a: torch.Tensor, img_b: torch.Tensor) -> torch.Tensor:
        """Distances of N pairs of images [N, 3, side, side] in [0, 1], as `preprocess` makes them: [N]; higher is more
        different."""
        return 1 - torch.nn.functional.cosine_similarity(self.embed(img_a), self.embed(img_b), dim=-1)

    def embed(self, img: torch.Tensor) -> torch.Tensor:
        """Embeddings [N, D] of images [N, 3, side, side] in [0, 1].

        Those of patch models are the class token's and the mean of the patch tokens', one after the other, whose
        distance is the one that the reference's `forward` gives; its `embed` returns all tokens.
        """
        side = self.metric.side
        if isinstance(img, torch.Tensor) and (img.ndim != 4 or img.shape[1:] != (3, side, side)):
            raise ArgumentTypeError(
                f"a tensor of shape {list(img.shape)}: [N, 3, {side}, {side}] is wanted; preprocess(image) makes one"
            )
        return _autograd.embeddings(img, self.metric, False)

    def extra_repr(self) -> str:
        return repr(self.metric.name)


def dreamsim(
    pretrained: bool = True,
    device: Union[str, torch.device] = "cuda",
    cache_dir: Union[str, os.PathLike[str]] = "./models",
    normalize_embeds: bool = True,
    dreamsim_type: str = "ensemble",
    use_patch_model: bool = False,
) -> Tuple[PerceptualModel, Callable[[PIL.Image.Image], torch.Tensor]]:
    """A model and its preprocessing, with the arguments of the package `dreamsim`.

    Args:
        pretrained: Whether the tuned weights are wanted. Without them only single models are there, as their authors
            published them.
        device: Taken for the scripts that give it. Computed is on the processor, whatever the device of the images.
        cache_dir: A folder with weights, where it exists; other weights come from the store of `dreamsim_native.load`.
        normalize_embeds: Whether embeddings are centered and normalized.
        dreamsim_type: ``"ensemble"``, ``"dino_vitb16"``, ``"clip_vitb32"``, ``"open_clip_vitb32"``, ``"dinov2_vitb14"``
            or ``"synclr_vitb16"``; any other model of `models.list` that embeds is taken, too.
        use_patch_model: Whether the model that was tuned on class and patch tokens is wanted.

    Returns:
        The model; and a function that makes a tensor [1, 3, side, side], float32 in [0, 1], of a Pillow image.
    """
    torch.device(device)  # raises where there is no such kind
    known = sorted(one.name for one in models.list() if one.kind == "model" and not one.name.endswith("-untuned"))
    if dreamsim_type not in known and not os.path.exists(dreamsim_type):
        raise ArgumentError(f"dreamsim_type {dreamsim_type!r}: it is no model; known are {', '.join(known)}")
    name = dreamsim_type + ("_patch" if use_patch_model else "")
    if not pretrained:
        if use_patch_model or dreamsim_type == "ensemble":
            raise UnsupportedError(
                f"{name}, pretrained=False: only single models are there without tuning, such as 'dino_vitb16'"
            )
        name += "-untuned"
    metric = load(
        name, normalize=normalize_embeds, parity="reference", weights=cache_dir if os.path.isdir(cache_dir) else None
    )
    model = PerceptualModel(metric, normalize_embeds, device).eval()
    side = metric.side or 0

    def preprocess(pil_img: PIL.Image.Image) -> torch.Tensor:
        import PIL.Image

        squared = pil_img.convert("RGB").resize((side, side), PIL.Image.Resampling.BICUBIC)
        planes = np.ascontiguousarray(np.moveaxis(np.asarray(squared), -1, 0))
        return torch.from_numpy(planes).to(torch.float32).div(255)[None]

    return model, preprocess
