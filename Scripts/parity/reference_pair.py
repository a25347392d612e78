"""The distance of two images by the Python reference, as one process: `python reference_pair.py WEIGHTS A B`.

WEIGHTS is a folder of synthetic_release.py. The reference asks torch.hub for DINO's code over the network; its own package
holds the same transformer, which is given to it instead.
Needs: dreamsim==0.2.1 (--no-deps) torch torchvision peft timm transformers open-clip-torch pyyaml safetensors.
"""
import os
import sys

import torch
from PIL import Image


def from_package(weights):
    def load(_repository, name, **_options):
        from dreamsim.feature_extraction.vision_transformer import vit_base
        if name != "dino_vitb16":
            raise ValueError(f"no substitute for {name}")
        network = vit_base(patch_size=16)
        network.load_state_dict(torch.load(os.path.join(weights, "checkpoints/dino_vitbase16_pretrain.pth")))
        return network
    return load


def main():
    weights, a, b = sys.argv[1:]
    from dreamsim import dreamsim
    torch.hub.load = from_package(weights)
    torch.set_grad_enabled(False)
    model, preprocess = dreamsim(pretrained=True, device="cpu", cache_dir=weights)
    print(float(model(preprocess(Image.open(a)), preprocess(Image.open(b)))))


if __name__ == "__main__":
    main()
