#!/usr/bin/env python3
"""Where the time of a short run goes: the start of the process, a metric without weights and a model, in turn.

    python Scripts/bench/start.py .build/release/dreamsim [--model vits14-focus] [--images A B] [--runs 30]

Prints medians in milliseconds of each run (elapsed, and processor time of all threads), how many libraries it loads, and what the
model itself takes of the last. On a busy machine the processor time is the figure to compare. The first run of each is not counted;
it has weights and files in the page cache.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import time


def timed(command):
    """The elapsed and the processor seconds of one run."""
    begun = time.perf_counter()
    silent = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_WRONLY, 0) for descriptor in (1, 2)]
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=silent)
    _, status, usage = os.wait4(process, 0)
    if status:
        sys.exit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - begun, usage.ru_utime + usage.ru_stime


def libraries(command):
    """How many libraries a run loads; None where the loader does not tell."""
    environment = {**os.environ, "LD_DEBUG": "libs"}
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, errors="replace").stderr
    return len(set(re.findall(r"calling init: (\S+)", told))) or None


def model_seconds(command):
    """What a run's networks take, without waiting for images."""
    table = subprocess.run([*command, "--timings"], check=True, capture_output=True, text=True).stderr
    seconds = dict(re.findall(r"^(\S.*?) {2,}([0-9.]+)", table, re.M))
    return float(seconds["all"]) - float(seconds.get("waiting for images", 0))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command")
    parser.add_argument("--model", default="vits14-focus")
    parser.add_argument("--images", nargs=2, default=["Samples/scene.jpg", "Samples/shifted.jpg"], metavar=("A", "B"))
    parser.add_argument("--runs", type=int, default=30)
    options = parser.parse_args()
    compare = [options.command, "compare", *options.images, "--offline"]
    of_model = [*compare, "--model", options.model]
    runs = {
        "an empty process": ["true"],
        "--version": [options.command, "--version"],
        "compare, psnr": [*compare, "--metric", "psnr"],
        f"compare, {options.model}": of_model,
    }
    for command in runs.values():
        timed(command)
    measured = {name: [] for name in runs}
    for _ in range(options.runs):
        for name, command in runs.items():
            measured[name].append(timed(command))
    print(f"{'':24} {'elapsed':>8} {'least':>8} {'processor':>10} {'libraries':>10}")
    for name, values in measured.items():
        elapsed, processor = ([1000 * value[place] for value in values] for place in (0, 1))
        print("%-24s %8.1f %8.1f %10.1f %10s" % (
            name, statistics.median(elapsed), min(elapsed), statistics.median(processor), libraries(runs[name]) or ""))
    inner = 1000 * statistics.median(model_seconds(of_model) for _ in range(min(options.runs, 10)))
    print("%-24s %8.1f" % ("the model itself", inner))


if __name__ == "__main__":
    main()
