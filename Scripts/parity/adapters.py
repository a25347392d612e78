"""Adapters of this project beside those of PEFT, both ways: `python adapters.py DREAMSIM WORK`.

DREAMSIM is the program, WORK an empty folder. A ViT-B/16 with synthetic weights (synthetic_release.py) is tuned for a few
steps by `dreamsim train` on images of noise; its adapter is loaded by the Python reference's own way (`dreamsim(...)`)
and by `peft`, and embeddings are compared. Then PEFT makes an adapter with `save_pretrained`, and `dreamsim embed` loads it.
Exits with 1 when an embedding differs by more than 1e-5, relatively.
Needs: dreamsim==0.2.1 (--no-deps) torch torchvision peft timm transformers open-clip-torch pyyaml safetensors.
"""
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import peft
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
from reference_pair import from_package  # noqa: E402

BAR = 1e-5
MODEL = "dino_vitb16"


def images(folder, count):
    folder.mkdir(parents=True)
    noise = np.random.default_rng(1)
    paths = []
    for index in range(count):
        path = folder / f"{index}.png"
        low = noise.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(low).resize((224, 224), Image.BICUBIC).save(path)
        paths.append(path)
    return paths


def ours(program, description, paths, out):
    command = [program, "embed", *map(str, paths), "--model", str(description), "--parity", "reference",
               "-o", str(out), "--quiet"]
    subprocess.run(command, check=True)
    return np.load(out)


def reference(weights, paths):
    from dreamsim import dreamsim
    torch.hub.load = from_package(str(weights))
    model, preprocess = dreamsim(pretrained=True, device="cpu", cache_dir=str(weights), dreamsim_type=MODEL)
    return model, torch.cat([model.embed(preprocess(Image.open(path))) for path in paths]).numpy()


def difference(name, a, b):
    worst = float((np.linalg.norm(a - b, axis=1) / np.linalg.norm(b, axis=1)).max())
    print(f"{name}: embeddings differ by {worst:.2e}, relatively", "" if worst <= BAR else "  TOO MUCH")
    return worst <= BAR


def describe(work, name, adapter):
    path = work / f"{name}.json"
    path.write_text(json.dumps({
        "name": name, "adapter": str(adapter),
        "backbones": [{"architecture": MODEL, "feature": "cls",
                       "weights": str(work / "weights/checkpoints/dino_vitbase16_pretrain.pth")}]}))
    return path


def main():
    program, work = sys.argv[1], Path(sys.argv[2]).resolve()
    torch.set_grad_enabled(False)
    print(f"torch {torch.__version__}, peft {peft.__version__}")
    script = Path(__file__).with_name("synthetic_release.py")
    subprocess.run([sys.executable, script, MODEL, work / "weights"], check=True)
    paths = images(work / "images", 12)
    table = work / "triplets.csv"
    rows = [f"{paths[i]},{paths[i + 1]},{paths[i + 2]},{i % 2}" for i in range(0, 12, 3)]
    table.write_text("ref,left,right,vote\n" + "\n".join(rows) + "\n")
    subprocess.run([program, "train", str(table), "--model", MODEL, "--weights", str(work / "weights"), "-o",
                    str(work / "run"), "--epochs", "3", "--batch-size", "4", "--learning-rate", "0.003", "--quiet",
                    "--alpha", "16", "--parity", "reference"], check=True)
    adapter = work / "run/best"

    # Ours, by the reference.
    released = work / "weights" / f"{MODEL}_single_lora"
    shutil.rmtree(released)
    shutil.copytree(adapter, released)
    mine = ours(program, describe(work, "ours", adapter), paths, work / "ours.npy")
    model, theirs = reference(work / "weights", paths)
    good = difference("ours, loaded by the reference", theirs, mine)

    # Ours, by peft alone, on the bare model; moved, so that it does not happen to be the untuned one.
    bare = model.base_model.model if hasattr(model, "base_model") else model
    good &= float(max(p.abs().max() for n, p in bare.named_parameters() if "lora_B" in n)) > 1e-4

    # Theirs, by us.
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.copy_(torch.from_numpy(np.random.default_rng(len(name)).normal(
                0, 0.05, tuple(parameter.shape)).astype(np.float32)))
    from safetensors.torch import load_file
    model.save_pretrained(work / "peft")
    assert len(load_file(work / "peft/adapter_model.safetensors")) == 24
    from torchvision import transforms
    prepare = transforms.Compose([transforms.Resize((224, 224), transforms.InterpolationMode.BICUBIC),
                                  transforms.ToTensor()])
    theirs = torch.cat([model.embed(prepare(Image.open(p).convert("RGB"))[None]) for p in paths]).numpy()
    mine = ours(program, describe(work, "peft", work / "peft"), paths, work / "peft.npy")
    good &= difference("PEFT's, loaded by us", mine, theirs)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
