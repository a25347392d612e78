"""The smallest network that the program takes, for models that need weights: described beside the committed fixture."""
import json
import pathlib

WEIGHTS = pathlib.Path(__file__).resolve().parents[2] / "Tests/Fixtures/tiny/dino.safetensors"
ARCHITECTURE = {
    "width": 48, "depth": 3, "heads": 4, "patchSize": 16, "mlpWidth": 192, "positionGrid": 4, "positionOffset": 0.1,
    "registers": 0, "layerNormEpsilon": 1e-6, "activation": "gelu", "hasPreNorm": False, "hasLayerScale": False,
    "mean": [0.485, 0.456, 0.406], "standardDeviation": [0.229, 0.224, 0.225],
}


def options(lab):
    """The options that choose it."""
    description = lab.folder / "tiny.json"
    if not description.exists():
        backbone = {"architecture": ARCHITECTURE, "weights": str(WEIGHTS), "feature": "cls"}
        description.write_text(json.dumps({"name": "tiny", "backbones": [backbone]}))
    return ["--model", description, "--side", 64]
