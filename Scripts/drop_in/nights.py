"""Runs the evaluation of the reference's repository with its model and with the drop-in one, and compares the scores.

    python nights.py REPOSITORY RELEASES NIGHTS [--models ensemble ...]

REPOSITORY: a clone of ssundaram21/dreamsim. RELEASES: as for reference.py. NIGHTS: a folder with data.csv, as NIGHTS
unpacks; any part of it will do.

evaluation/eval_percep.py cannot run as it stands: it wants the checkpoint of a training run even where only a baseline
is evaluated, and loads every model for CUDA. What is run is its `full_eval`, which is all that comes after loading:
its data sets, its loaders and its scores of NIGHTS, BAPPS and THINGS. The triplets of NIGHTS are dealt out over its
three splits, and laid out a second and third time as BAPPS and THINGS, so that each score is there.
Needs: what reference.py needs, and pandas configargparse pytorch-lightning.
"""

import argparse
import contextlib
import csv
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from PIL import Image

from reference import IMPORT, OURS, hub, release
from report import Report


def lay_out(nights, folder):
    """The same triplets as NIGHTS with all splits, as BAPPS, and as THINGS."""
    with open(nights / "data.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    (folder / "nights").mkdir()
    for name in ("ref", "distort"):
        (folder / "nights" / name).symlink_to((nights / name).resolve())
    for place, row in enumerate(rows):
        row["split"] = ("val", "test", "test")[place % 3]
        row["is_imagenet"] = str(place % 3 == 1)
    with open(folder / "nights/data.csv", "w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    things = []
    (folder / "things").mkdir()
    for place, row in enumerate(rows[:48]):
        kind = ("cnn", "traditional", "color", "deblur", "superres", "frameinterp")[place % 6]
        for part, column in (("ref", "ref_path"), ("p0", "left_path"), ("p1", "right_path")):
            (folder / "bapps" / kind / part).mkdir(parents=True, exist_ok=True)
            image = Image.open(nights / row[column]).convert("RGB").resize((256, 256), Image.Resampling.BICUBIC)
            image.save(folder / "bapps" / kind / part / f"{place}.png")
            image.save(folder / "things" / f"{place}_{part}.png")
        (folder / "bapps" / kind / "judge").mkdir(exist_ok=True)
        np.save(folder / "bapps" / kind / "judge" / f"{place}.npy", np.float32([place % 5 / 4]))
        things.append(f"{place}_ref {place}_p0 {place}_p1\n")
    (folder / "things.txt").write_text("".join(things))
    return SimpleNamespace(
        nights_root=str(folder / "nights"),
        bapps_root=str(folder / "bapps"),
        things_root=str(folder / "things"),
        things_file=str(folder / "things.txt"),
        batch_size=8,
        num_workers=2,
    )


class Recorded(torch.nn.Module):
    """A model that keeps what it returns."""

    def __init__(self, model):
        super().__init__()
        self.model, self.distances = model, []

    def forward(self, a, b):
        distance = self.model(a, b)
        self.distances.append(distance)
        return distance


def demo(report, repository, weights):
    """demo.py as it stands, and with its import replaced; it looks for weights and images where it runs."""
    source = (repository / "demo.py").read_text()
    assert IMPORT in source
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "images").symlink_to((repository / "images").resolve())
        Path(folder, "models").symlink_to(Path(weights).resolve())
        with contextlib.chdir(folder):
            torch.hub.load = hub("models")
            theirs, ours = {}, {}
            for first, names in ((IMPORT, theirs), (OURS, ours)):
                exec(compile(source.replace(IMPORT, first), "demo.py", "exec"), names)
    for name in ("d0", "d1"):
        report.below("demo.py: distances", float((ours[name] - theirs[name]).abs().max()), 1e-5)


def flat(scores):
    return {f"{data}.{name}": float(value) for data, named in scores.items() for name, value in named.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("releases", type=Path)
    parser.add_argument("nights", type=Path)
    parser.add_argument("--models", nargs="+", default=["ensemble", "dino_vitb16"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    # Behind the installed packages, so that `dreamsim` is the published one.
    sys.path.append(str(options.repository.resolve()))
    from dreamsim import dreamsim as reference
    from dreamsim_native.compat import dreamsim as native
    from evaluation.eval_percep import full_eval

    report = Report("the reference's evaluation")
    demo(report, options.repository, release(options.releases, "ensemble"))
    with tempfile.TemporaryDirectory() as folder:
        arguments = lay_out(options.nights, Path(folder))
        for model in options.models:
            weights = release(options.releases, model)
            torch.hub.load = hub(weights)
            scores, distances = [], []
            for load in (native, reference):
                recorded = Recorded(load(pretrained=True, device="cpu", cache_dir=weights, dreamsim_type=model)[0])
                scores.append(flat(full_eval(recorded, "DEFAULT", "cpu", arguments)))
                distances.append(torch.cat(recorded.distances))
            ours, theirs = scores
            print(model, ours)
            for name, score in theirs.items():
                report.below(f"{model}: {name} (theirs {score:.6f})", abs(ours[name] - score), 0)
            apart = float((distances[0] - distances[1]).abs().max())
            report.below(f"{model}: all {len(distances[0])} distances", apart, 1e-5)
    report.end(options.json)


if __name__ == "__main__":
    main()
