"""Epochs with and without the cache of the frozen part: `python frozen.py DREAMSIM NIGHTS_MINI WORK [--rounds 3]`.

vits14-focus, LoRA in the two highest blocks that are read (--layers 2), batches of 8, all triplets of NIGHTS_MINI learnt from,
no validation. Each round runs two epochs without a cache and two with an empty one, in turn; an epoch is the sum of its steps
in `log.jsonl`, decoding included. The results of both must be equal byte for byte.
"""
import argparse
import csv
import json
import shutil
import statistics
import subprocess
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    root, table = arguments.data.resolve(), arguments.work / "all.csv"
    with open(root / "data.csv", newline="") as file, open(table, "w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["ref", "left", "right", "vote"])
        for row in csv.DictReader(file):
            writer.writerow([root / row[name] for name in ("ref_path", "left_path", "right_path")] + [row["right_vote"]])
    seconds = {name: ([], []) for name in ("without", "with")}
    for _ in range(arguments.rounds):
        found = []
        for name, cache in [("without", ["--no-cache"]), ("with", ["--cache", str(arguments.work / "cache")])]:
            run = arguments.work / name
            for folder in (run, arguments.work / "cache"):
                shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([arguments.program, "train", str(table), "--model", "vits14-focus", "-o", str(run), "--layers",
                            "2", "--batch-size", "8", "--epochs", "2", "--quiet", *cache], check=True)
            for line in map(json.loads, open(run / "log.jsonl")):
                if line["kind"] == "step" and line["step"] == 1:
                    sums = [0.0, 0.0]
                if line["kind"] == "step":
                    sums[line["epoch"] - 1] += line["seconds"]
            for epoch in range(2):
                seconds[name][epoch].append(sums[epoch])
            found.append((run / "checkpoint.safetensors").read_bytes())
        assert found[0] == found[1], "the cache changed the result"
    for name, epochs in seconds.items():
        text = ", ".join(f"epoch {i + 1} {statistics.median(times):.1f} s" for i, times in enumerate(epochs))
        print(f"{name} the cache: {text} (medians of {arguments.rounds})")


if __name__ == "__main__":
    main()
