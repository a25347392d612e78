"""Time comparing two images as a whole process, ours in float32 and int16 and the reference in turn, weights in the page cache.

    python whole_process.py DREAMSIM WEIGHTS A B [RUNS]

Prints the distances, and the median seconds of each with the median ratio of the reference's in the same turn. Run it with the Python
that has what reference_pair.py needs; WEIGHTS is an ensemble of ../parity/synthetic_release.py.
"""
import statistics
import subprocess
import sys
import time
from pathlib import Path


def timed(command):
    start = time.perf_counter()
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - start, result.stdout


def main():
    dreamsim, weights, a, b, *runs = sys.argv[1:]
    ours = [dreamsim, "compare", a, b, "--weights", weights, "--offline", "--parity", "reference", "--format", "csv", "--precision"]
    theirs = [sys.executable, str(Path(__file__).parents[1] / "parity" / "reference_pair.py"), weights, a, b]
    commands = {"ours": [*ours, "float32"], "ours int16": [*ours, "int16"], "reference": theirs}
    for name, command in commands.items():
        lines = timed(command)[1].splitlines()
        print(f"{name + ':':11}", lines[-1] if command is theirs else lines[1].split(",")[2])
    turns = [{name: timed(command)[0] for name, command in commands.items()} for _ in range(int(runs[0]) if runs else 5)]
    print(f"seconds, median of {len(turns)} runs in turn; reference's in ratio")
    for name in commands:
        ratios = [turn["reference"] / turn[name] for turn in turns]
        print("%-11s %.2f  %.1f (%.1f to %.1f)" % (
            name, statistics.median(turn[name] for turn in turns), statistics.median(ratios), min(ratios), max(ratios)))


if __name__ == "__main__":
    main()
