#!/usr/bin/env python3
"""LPIPS through SqueezeNet 1.1 with synthetic weights, as the package lpips computes it: the values that
Tests/DreamSimTests/SqueezeNetTests.swift expects.

    python Scripts/parity/squeezenet.py

The trained weights are in no package; synthetic ones (see synthetic_release.py) show that structure, names and pooling are the
same. Needs: torch torchvision lpips numpy pillow.
"""
import warnings
from pathlib import Path

import lpips
import numpy as np
import torch
import torchvision
from PIL import Image

from synthetic_release import synthetic

SAMPLES = Path(__file__).resolve().parents[2] / "Samples"


def image(name, height, width):
    pixels = np.array(Image.open(SAMPLES / name).convert("RGB"))[:height, :width]
    return torch.tensor(pixels).permute(2, 0, 1)[None].float() / 255


def main():
    warnings.filterwarnings("ignore")
    print({m.__name__: m.__version__ for m in (torch, torchvision)}, "lpips 0.1.4")
    network = torchvision.models.squeezenet1_1(weights=None)
    state = {
        name: torch.from_numpy(np.array(synthetic("squeezenet1_1", name, tuple(tensor.shape))))
        for name, tensor in network.state_dict().items() if name.startswith("features.")
    }
    network.load_state_dict(state, strict=False)
    metric = lpips.LPIPS(net="squeeze", lpips=False, pnet_rand=True, verbose=False, eval_mode=True)
    for part in ("slice1", "slice2", "slice3", "slice4", "slice5", "slice6", "slice7"):
        for index, module in getattr(metric.net, part)._modules.items():
            module.load_state_dict(network.features[int(index)].state_dict())
    with torch.no_grad():
        for height, width in [(480, 480), (101, 68), (96, 131), (17, 19)]:
            a, b = image("scene.jpg", height, width), image("blurred.jpg", height, width)
            print(height, width, float(metric(a, b, normalize=True)))


main()
