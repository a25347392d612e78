"""Write a weights folder laid out as DreamSim's releases unpack, at full size, with synthetic weights.

    python synthetic_release.py MODEL OUT [--legacy] [--bin] [--rank 16] [--alpha 0.5]

For parity runs and benchmarks on machines that cannot fetch the published weights: speed does not depend on the values,
and the reference and we read the same files. Every value is a pure function of the tensor's name and its index, so that
any implementation can make the same model from nothing.

--legacy writes torch files in the layout of PyTorch before 1.6, --bin writes the adapter as a torch file.
Needs: torch numpy safetensors.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

MODELS = {
    "ensemble": ("dino_vitb16 clip_vitb16 open_clip_vitb16", "ensemble_lora"),
    "dino_vitb16": ("dino_vitb16", "dino_vitb16_single_lora"),
    "clip_vitb32": ("clip_vitb32", "clip_vitb32_single_lora"),
    "open_clip_vitb32": ("open_clip_vitb32", "open_clip_vitb32_single_lora"),
    "dinov2_vitb14": ("dinov2_vitb14", "dinov2_vitb14_single_lora"),
    "synclr_vitb16": ("synclr_vitb16", "synclr_vitb16_single_lora"),
    "dino_vitb16_patch": ("dino_vitb16", "dino_vitb16_patch_lora"),
    "dinov2_vitb14_patch": ("dinov2_vitb14", "dinov2_vitb14_patch_lora"),
}
C, DEPTH = 768, 12
STEP = 0x9E3779B97F4A7C15
WORD = 2 ** 64


def spread(name, shape):
    """Offset and scale of a tensor's values, so that activations stay in a natural range."""
    normalization = "norm" in name or name.startswith("pos_drop")
    if name.endswith(".gamma"):
        return 0.5, 0.25
    if normalization:
        return (1.0, 0.1) if name.endswith(".weight") else (0.0, 0.1)
    if "lora_" in name:
        return 0.0, 0.3
    if name == "proj":
        return 0.0, 0.0625
    if len(shape) == 1 or name in ("cls_token", "pos_embed", "mask_token"):
        return 0.0, 0.03
    return 0.0, 0.06


def synthetic(space, name, shape):
    """SplitMix64 from the FNV-1a hash of 'space/name', its upper 24 bits as float32 in [-1, 1), scaled and shifted."""
    seed = 0xCBF29CE484222325
    for byte in f"{space}/{name}".encode():
        seed = (seed ^ byte) * 0x100000001B3 % WORD
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, int(np.prod(shape)) + 1, dtype=np.uint64) * np.uint64(STEP)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
        z ^= z >> np.uint64(31)
    unit = ((z >> np.uint64(40)).astype(np.int64) - 2 ** 23).astype(np.float32) / np.float32(2 ** 23)
    offset, scale = spread(name, shape)
    return torch.from_numpy((np.float32(offset) + np.float32(scale) * unit).reshape(shape))


def transformer(backbone):
    patch = int(backbone[-2:])
    v2, clip = backbone.startswith("dinov2"), "clip" in backbone
    grid = (518 if v2 else 224) // patch
    shapes = {"cls_token": (1, 1, C), "pos_embed": (1, grid * grid + 1, C),
              "patch_embed.proj.weight": (C, 3, patch, patch), "patch_embed.proj.bias": (C,),
              "norm.weight": (C,), "norm.bias": (C,)}
    if v2:
        shapes["mask_token"] = (1, C)
    if clip:
        shapes |= {"pos_drop.weight": (C,), "pos_drop.bias": (C,), "proj": (C, 512)}
    linears = {"attn.qkv": (3 * C, C), "attn.proj": (C, C), "mlp.fc1": (4 * C, C), "mlp.fc2": (C, 4 * C)}
    for b in range(DEPTH):
        for layer, shape in linears.items():
            shapes |= {f"blocks.{b}.{layer}.weight": shape, f"blocks.{b}.{layer}.bias": shape[:1]}
        for layer in ("norm1", "norm2"):
            shapes |= {f"blocks.{b}.{layer}.weight": (C,), f"blocks.{b}.{layer}.bias": (C,)}
        if v2:
            shapes |= {f"blocks.{b}.ls1.gamma": (C,), f"blocks.{b}.ls2.gamma": (C,)}
    return {name: synthetic(backbone, name, shape) for name, shape in shapes.items()}


def dino_head():
    shapes = {"mlp.0": (2048, C), "mlp.2": (2048, 2048), "mlp.4": (256, 2048)}
    head = {}
    for layer, shape in shapes.items():
        head |= {f"{layer}.weight": shape, f"{layer}.bias": shape[:1]}
    head["last_layer.weight"] = (2048, 256)
    return {f"module.head.{name}": synthetic("dino_head", name, shape) for name, shape in head.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("out", type=Path)
    parser.add_argument("--legacy", action="store_true")
    parser.add_argument("--bin", action="store_true")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=float, default=0.5)
    options = parser.parse_args()
    backbones, adapter = MODELS[options.model]

    def save(value, path):
        path = options.out / path
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(value, path, _use_new_zipfile_serialization=not options.legacy)

    lora = {}
    for index, backbone in enumerate(backbones.split()):
        weights = transformer(backbone)
        if "clip" in backbone:
            save({"state_dict": weights}, f"{backbone}_pretrain.pth.tar")
        elif backbone == "synclr_vitb16":
            save({"model": {f"module.visual.{k}": v for k, v in weights.items()}}, "synclr_vit_b_16.pth")
        elif backbone == "dinov2_vitb14":
            save(weights, "dinov2_vitb14_pretrain.pth")
        else:
            save(weights, "checkpoints/dino_vitbase16_pretrain.pth")
            save({"student": dino_head()}, "dino_vitb16_pretrain.pth")
        for block in range(DEPTH):
            layer = f"base_model.model.extractor_list.{index}.model.blocks.{block}.attn.qkv"
            for half, shape in (("A", (options.rank, C)), ("B", (3 * C, options.rank))):
                name = f"{layer}.lora_{half}.weight"
                lora[name] = synthetic(adapter, name, shape)
    folder = options.out / adapter
    folder.mkdir(parents=True, exist_ok=True)
    if options.bin:
        save(lora, f"{adapter}/adapter_model.bin")
    else:
        save_file(lora, folder / "adapter_model.safetensors")
    configuration = {"peft_type": "LORA", "r": options.rank, "lora_alpha": options.alpha, "lora_dropout": 0.3,
                     "bias": "none", "target_modules": ["qkv"], "fan_in_fan_out": False, "inference_mode": True,
                     "init_lora_weights": True, "modules_to_save": None, "task_type": None,
                     "base_model_name_or_path": None}
    (folder / "adapter_config.json").write_text(json.dumps(configuration))
    print(f"{options.model}: torch {torch.__version__}, numpy {np.__version__}")


if __name__ == "__main__":
    main()
