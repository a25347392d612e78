#!/usr/bin/env python3
"""Whether newer backbones of full size give what timm's do: random weights are written as timm's files, an image is embedded by both, and
the largest difference is told, relative to the largest component. Needs torch and timm; ends with 1 above 1e-5.

    Scripts/parity/backbones_full_size.py .build/release/dreamsim [ARCHITECTURE ...]
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

BOUND = 1e-5
ARCHITECTURES = [
    "vit_small_patch16_dinov3_qkvb", "vit_base_patch16_dinov3_qkvb", "vit_base_patch16_siglip_224", "vit_pe_core_base_patch16_224",
    "eva02_base_patch14_224", "eva02_base_patch16_clip_224", "vit_so150m_patch16_reg4_gap_256"]


def compare(program, architecture, folder):
    torch.manual_seed(1)
    model = timm.create_model(architecture, pretrained=False, num_classes=0).eval()
    for name, weight in model.named_parameters():
        if weight.ndim >= 2 and "gamma" not in name:
            weight.copy_(torch.randn_like(weight) / weight[0].numel() ** 0.5)
        elif "norm" in name and name.endswith("weight") or "gamma" in name:
            weight.copy_(0.5 + torch.rand_like(weight))
        else:
            weight.copy_(0.1 * torch.randn_like(weight))
    published = {name: model.pretrained_cfg[name] for name in ("mean", "std", "input_size")}
    (folder / "config.json").write_text(json.dumps({"architecture": architecture, "pretrained_cfg": published}))
    save_file({name: weight.clone().contiguous() for name, weight in model.state_dict().items()}, folder / "model.safetensors")
    side = model.pretrained_cfg["input_size"][1]
    pixels = np.random.default_rng(2).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "image.png")
    planes = torch.from_numpy(pixels).permute(2, 0, 1)[None].double() / 255
    mean, deviation = (torch.tensor(published[name], dtype=torch.float64)[None, :, None, None] for name in ("mean", "std"))
    expected = model.double()((planes - mean) / deviation)[0].numpy()
    subprocess.run(
        [program, "embed", str(folder / "image.png"), "--model", str(folder), "--side", str(side), "--no-normalize", "--quiet",
         "-o", str(folder / "embedding.npy")],
        check=True)
    found = np.load(folder / "embedding.npy").reshape(-1)
    return np.abs(found - expected).max() / np.abs(expected).max()


def main():
    torch.set_grad_enabled(False)
    worst = 0
    for architecture in sys.argv[2:] or ARCHITECTURES:
        with tempfile.TemporaryDirectory() as folder:
            error = compare(sys.argv[1], architecture, pathlib.Path(folder))
        worst = max(worst, error)
        print(f"{architecture}: {error:.1e}", flush=True)
    print(f"torch {torch.__version__}, timm {timm.__version__}, in double precision; bound {BOUND}")
    sys.exit(1 if worst > BOUND else 0)


if __name__ == "__main__":
    main()
