"""Runs the examples of the package `dreamsim` with that package and with dreamsim_native.compat, and compares the
numbers.

    python reference.py RELEASES [--models ensemble ...] [--steps 20]

RELEASES: a folder of weights, laid out as releases unpack; what is missing is made (see
Scripts/parity/synthetic_release.py).
Distances and embeddings have to be within 1e-5, gradients within 1e-4 of torch's autograd (relative norm); an image
and a small generator, optimized with either as the loss, have to descend alike, within 1 % at every step.
DINOV2_DIR: a clone of facebookresearch/dinov2, whose code the reference needs for its models; without it they are left
out.
Needs: dreamsim==0.2.1 (--no-deps) torch torchvision peft timm transformers open-clip-torch pyyaml safetensors.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "parity"))
from reference_pair import from_package  # noqa: E402
from report import Report  # noqa: E402

IMPORT = "from dreamsim import dreamsim\n"
OURS = "from dreamsim_native.compat import dreamsim\n"
MODELS = [
    "ensemble",
    "dino_vitb16",
    "clip_vitb32",
    "open_clip_vitb32",
    "synclr_vitb16",
    "dinov2_vitb14",
    "dino_vitb16_patch",
    "dinov2_vitb14_patch",
]
SAMPLES = ["scene", "shifted", "blurred", "different", "recolored"]


def hub(weights):
    """In place of torch.hub.load, which needs the network: the reference's own transformer; DINOv2's from a clone."""
    of_package = from_package(weights)

    def load(repository, name, **options):
        if not name.startswith("dinov2"):
            return of_package(repository, name, **options)
        sys.path.insert(0, os.environ["DINOV2_DIR"])
        from dinov2.models.vision_transformer import vit_base

        network = vit_base(
            patch_size=14,
            img_size=518,
            init_values=1.0,
            block_chunks=0,
            num_register_tokens=0,
            interpolate_antialias=False,
            interpolate_offset=0.1,
        )
        network.load_state_dict(torch.load(f"{weights}/dinov2_vitb14_pretrain.pth"))
        return network

    return load


def release(folder, model):
    """A folder with the weights of a model."""
    weights = folder / model
    adapter = f"{model}_lora" if model == "ensemble" or model.endswith("_patch") else f"{model}_single_lora"
    if not (weights / adapter / "adapter_config.json").exists():
        subprocess.run([sys.executable, HERE.parent / "parity/synthetic_release.py", model, weights], check=True)
    return str(weights)


def run_examples(first_line, weights, model):
    source = (HERE / "examples.py").read_text()
    assert IMPORT in source
    names = {
        "cache": weights,
        "kind": model.removesuffix("_patch"),
        "patch": model.endswith("_patch"),
        "paths": [str(ROOT / f"Samples/{name}.jpg") for name in SAMPLES],
    }
    torch.hub.load = hub(weights)
    exec(compile(source.replace(IMPORT, first_line), "examples.py", "exec"), names)
    return names


def relative(ours, theirs):
    return float((ours.double() - theirs.double()).norm() / theirs.double().norm())


def largest(ours, theirs):
    return float((ours.double() - theirs.double()).abs().max())


def pooled(tokens):
    """What the reference's forward makes of its patch models' tokens [N, 1 + T, C]: class token and mean, [N, 2 C]."""
    return torch.cat([tokens[:, 0], tokens[:, 1:].mean(1)], -1)


def compare(report, model, ours, theirs):
    patch = model.endswith("_patch")
    for name in ("img1", "img_ref"):
        report.below(f"{model}: preprocess", largest(ours[name], theirs[name]), 0)
    for name in ("distance", "d0", "d1", "batch", "raw_distance"):
        assert ours[name].shape == theirs[name].shape, (name, ours[name].shape, theirs[name].shape)
        report.below(f"{model}: distances", largest(ours[name], theirs[name]), 1e-5)
    if not patch:
        report.below(f"{model}: distances", largest(ours["dists"], theirs["dists"]), 1e-5)
        report.below(f"{model}: ranking", float((ours["ranking"] != theirs["ranking"]).sum()), 0)
    for name in ("embedding", "embed_batch"):
        expected = pooled(theirs[name]) if patch else theirs[name]
        assert ours[name].shape == expected.shape, (name, ours[name].shape, expected.shape)
        report.below(f"{model}: embeddings", largest(ours[name], expected), 1e-5)
    expected = pooled(theirs["raw_embedding"]) if patch else theirs["raw_embedding"]
    report.below(f"{model}: embeddings, not normalized (relative)", relative(ours["raw_embedding"], expected), 1e-5)
    names = ["gradient", "gradient_a", "gradient_b"] + ([] if patch else ["gradient_embedding"])
    for name in names:
        report.below(f"{model}: gradients (relative)", relative(ours[name], theirs[name]), 1e-4)


class Generator(torch.nn.Module):
    """An image of 224 x 224 from noise."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        layers = []
        for inputs, outputs in ((16, 32), (32, 32), (32, 16), (16, 16), (16, 3)):
            layers += [
                torch.nn.Upsample(scale_factor=2),
                torch.nn.Conv2d(inputs, outputs, 3, padding=1),
                torch.nn.GELU(),
            ]
        self.layers = torch.nn.Sequential(*layers[:-1], torch.nn.Sigmoid())
        self.noise = torch.randn(1, 16, 7, 7)

    def forward(self):
        return self.layers(self.noise)


def descend(model, parameters, image, target, steps, rate):
    optimizer = torch.optim.Adam(parameters, lr=rate)
    curve = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model(image(), target).mean()
        loss.backward()
        optimizer.step()
        curve.append(float(loss))
    return torch.tensor(curve)


def tune(report, label, steps, ours, theirs):
    def of_image(names):
        pixels = names["img1"].clone().requires_grad_()
        return descend(names["model"], [pixels], lambda: pixels, names["img2"], steps, 0.005)

    def of_generator(names):
        network = Generator()
        return descend(names["model"], network.parameters(), network, names["img2"], steps, 0.01)

    for what, curve in (("image", of_image), ("generator", of_generator)):
        a, b = curve(ours), curve(theirs)
        report.below(
            f"{label}: {steps} steps of Adam, {what}: curves (relative)", float(((a - b) / b).abs().max()), 0.01
        )
        report.below(f"{label}: {steps} steps of Adam, {what}: last loss / first", float(a[-1] / a[0]), 0.9)
        print(f"    {what}: ours  {' '.join(f'{v:.5f}' for v in a[:: max(1, steps // 5)])} ... {a[-1]:.6f}")
        print(
            f"    {what}: theirs {' '.join(f'{v:.5f}' for v in b[:: max(1, steps // 5)])} ... {b[-1]:.6f}", flush=True
        )


def untuned(report, model, weights, ours, theirs):
    """pretrained=False: the backbones as published. An adapter that was not trained changes nothing."""
    from dreamsim import dreamsim as reference
    from dreamsim_native import UnsupportedError
    from dreamsim_native.compat import dreamsim as native

    torch.hub.load = hub(weights)
    options = {"pretrained": False, "device": "cpu", "cache_dir": weights, "dreamsim_type": model}
    image = theirs["img1"]
    expected = reference(**options)[0].embed(image)
    try:
        found = native(**options)[0].embed(image)
    except UnsupportedError as error:
        report.left_out(f"{model}: pretrained=False", str(error))
        return
    report.below(f"{model}: pretrained=False", largest(found, expected), 1e-5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", type=Path)
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report = Report("the reference's examples")
    report.versions("dreamsim", "torch", "torchvision", "peft", "timm", "open_clip_torch", "numpy", "Pillow")
    for model in options.models:
        if model.startswith("dinov2") and "DINOV2_DIR" not in os.environ:
            report.left_out(model, "set DINOV2_DIR to a clone of facebookresearch/dinov2")
            continue
        weights = release(options.releases, model)
        theirs = run_examples(IMPORT, weights, model)
        ours = run_examples(OURS, weights, model)
        compare(report, model, ours, theirs)
        if model in ("ensemble", "dino_vitb16"):
            tune(report, model, options.steps, ours, theirs)
        if not model.endswith("_patch"):
            untuned(report, model, weights, ours, theirs)
    report.end(options.json)


if __name__ == "__main__":
    main()
