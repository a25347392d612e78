#!/usr/bin/env python3
"""Whether peft reads what `dreamsim train --backbones` writes: a DINOv3 and a SigLIP of timm, small and of random weights, are tuned
together on 40 triplets; the folder `best` is loaded by `peft` on the same networks, and the embeddings of 12 images are compared, relative
to their norms. Ends with 1 above 1e-5. Needs torch, timm and peft.

    Scripts/parity/own_ensemble.py .build/release/dreamsim
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import peft
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

BOUND = 1e-5
SIDE = 64
SIZES = {"embed_dim": 64, "depth": 3, "num_heads": 4, "img_size": SIDE}
ARCHITECTURES = ["vit_small_patch16_dinov3_qkvb", "vit_base_patch16_siglip_224"]


class Ensemble(torch.nn.Module):
    """As the reference names the parts of its own."""

    def __init__(self, networks):
        super().__init__()
        self.extractor_list = torch.nn.ModuleList([torch.nn.ModuleDict({"model": network}) for network in networks])


def network(architecture, seed, folder):
    torch.manual_seed(seed)
    model = timm.create_model(architecture, pretrained=False, num_classes=0, **SIZES).eval()
    for name, weight in model.named_parameters():
        if weight.ndim >= 2 and "gamma" not in name:
            weight.copy_(torch.randn_like(weight) / weight[0].numel() ** 0.5)
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({
        "architecture": architecture, "model_args": SIZES, "pretrained_cfg": {name: model.pretrained_cfg[name] for name in ("mean", "std")}}))
    save_file({name: weight.clone().contiguous() for name, weight in model.state_dict().items()}, folder / "model.safetensors")
    return model


def images(folder, count):
    folder.mkdir()
    noise = np.random.default_rng(1)
    paths = [folder / f"{number}.png" for number in range(count)]
    for path in paths:
        coarse = Image.fromarray(noise.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(path)
    return paths


def expected(models, paths):
    features = []
    for path in paths:
        planes = torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1)[None].double() / 255
        parts = []
        for model in models:
            mean, deviation = (torch.tensor(model.pretrained_cfg[name], dtype=torch.float64)[None, :, None, None] for name in ("mean", "std"))
            parts.append(model((planes - mean) / deviation)[0])
        features.append(torch.cat(parts))
    return torch.stack(features).numpy()


def difference(a, b):
    return float((np.linalg.norm(a - b, axis=1) / np.linalg.norm(b, axis=1)).max())


def main():
    program = sys.argv[1]
    torch.set_grad_enabled(False)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        models = [network(name, seed, work / str(seed)) for seed, name in enumerate(ARCHITECTURES)]
        paths = images(work / "images", 48)
        rows = [f"{paths[n]},{paths[(n + 7) % 48]},{paths[(n + 19) % 48]},{n % 2}" for n in range(40)]
        (work / "triplets.csv").write_text("ref,left,right,vote\n" + "\n".join(rows) + "\n")
        subprocess.run(
            [program, "train", work / "triplets.csv", "--backbones", f"{work / '0'},{work / '1'}", "-o", work / "run", "--side", str(SIDE),
             "--epochs", "3", "--batch-size", "8", "--learning-rate", "0.003", "--quiet"], check=True)

        def ours(*model):
            subprocess.run(
                [program, "embed", *paths[:12], "--model", *model, "--side", str(SIDE), "--no-normalize", "--quiet", "-o", work / "ours.npy"],
                check=True)
            return np.load(work / "ours.npy")

        mine = ours(work / "run/model.json")
        untuned = expected([model.double() for model in models], paths[:12])
        tuned = peft.PeftModel.from_pretrained(Ensemble(models).double(), work / "run/best").merge_and_unload()
        theirs = expected([part["model"] for part in tuned.extractor_list], paths[:12])
        error, moved = difference(mine, theirs), difference(untuned, theirs)
    print(f"{' and '.join(ARCHITECTURES)}: {error:.1e} from peft's; tuning moved them by {moved:.1e}")
    print(f"torch {torch.__version__}, timm {timm.__version__}, peft {peft.__version__}, in double precision; bound {BOUND}")
    sys.exit(0 if error <= BOUND and moved > 100 * BOUND else 1)


if __name__ == "__main__":
    main()
