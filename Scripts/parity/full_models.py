"""Compare `dreamsim embed` and `dreamsim compare` with recorded outputs of the Python reference at full size.

    python full_models.py DREAMSIM GOLDEN IMAGES RELEASES [MODEL ...]

DREAMSIM: the command. GOLDEN: full_models.safetensors, made by the reference over IMAGES/triplet{1,2,3}_{1,2,3}.png.
RELEASES: a folder with one weights folder a model (see synthetic_release.py). Prints, for every model, the largest
relative L2 error of an embedding and the largest difference of a distance; ends with 1 when one is over 1e-5 or 2e-5.
Needs: numpy safetensors.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


def main():
    dreamsim, golden, images, releases, *models = sys.argv[1:]
    golden = load_file(golden)
    models = models or sorted({k.split(".")[0] for k in golden if k.endswith(".embedding")})
    images = [f"{images}/triplet{t}_{i}.png" for t in (1, 2, 3) for i in (1, 2, 3)]
    failed = False
    for model in models:
        # MODEL:VARIANT reads from the folder MODEL_VARIANT, for other layouts of the same weights.
        name, _, variant = model.partition(":")
        common = ["--model", name, "--weights", str(Path(releases) / (name + (f"_{variant}" if variant else ""))), "--parity", "reference",
                  "--offline", "--quiet"]
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "e.npy"
            subprocess.run([dreamsim, "embed", *images, "-o", out, *common], check=True)
            ours = np.load(out).astype(np.float64)
        theirs = golden[f"{name}.embedding"].astype(np.float64)
        error = np.max(np.linalg.norm(ours - theirs, axis=1) / np.linalg.norm(theirs, axis=1))
        largest = 0.0
        for t in range(3):
            reference, a, b = images[3 * t + 1], images[3 * t], images[3 * t + 2]
            result = subprocess.run([dreamsim, "compare", reference, a, b, *common, "--format", "json"], check=True,
                                    capture_output=True, text=True)
            found = {r["image"]: next(iter(r["values"].values())) for r in json.loads(result.stdout)["results"]}
            for path, want in zip((a, b), golden[f"{name}.distance"][t]):
                largest = max(largest, abs(found[path] - float(want)))
        good = error <= 1e-5 and largest <= 2e-5
        failed |= not good
        print(f"{model:24s} embedding relative L2 {error:.2e}   distance {largest:.2e}   {'ok' if good else 'TOO FAR'}",
              flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
