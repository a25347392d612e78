#!/usr/bin/env python3
"""Disturbs the program at random steps of its work, and checks that nothing is lost, done twice or left half done.

    Scripts/chaos.py [--rounds 1000] [--seed 1] [--only index,train,download,serve,dedupe] [--program PATH]
    Scripts/chaos.py --seed 1 --round 17 [--steps 43]     # one round again

Each round plays a scenario and, at one of the steps in which the program opens, writes, flushes, renames or removes a file,
kills or interrupts it, fills its disk or makes it read-only, puts its clock forward or back, or changes the files that it
reads. Afterwards the invariant is checked: what was committed is there; the same command, undisturbed, leads to what an
undisturbed run leads to; nothing is left over; exit codes and messages are right. A round that fails leaves its folder and
its story. Rounds follow from seed and number, but for the order of threads, and of the network's pieces.

Needs a C compiler; as root, real full disks as well.
"""
import argparse
import collections
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parent / "chaos"))

import dedupe  # noqa: E402
import download  # noqa: E402
import indexes  # noqa: E402
import serve  # noqa: E402
import train  # noqa: E402
from lab import Lab, Round  # noqa: E402

SCENARIOS = {"index": indexes, "train": train, "download": download, "serve": serve, "dedupe": dedupe}


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--round", type=int, help="this round alone")
    parser.add_argument("--steps", default="", help="steps at which this round's commands are stopped (default: drawn)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default=",".join(SCENARIOS), help="scenarios")
    parser.add_argument("--disturbance", help="this disturbance alone")
    parser.add_argument("--program", type=pathlib.Path, default=pathlib.Path(".build/release/dreamsim"))
    parser.add_argument("--folder", type=pathlib.Path, help="where failing rounds are kept (default: a new temporary folder)")
    parser.add_argument("--no-mount", action="store_true", help="do not mount small disks")
    return parser.parse_args()


def drawn(seed, number, names, only):
    """Scenario and disturbance of a round; scenarios take turns."""
    scenario = names[number % len(names)]
    possible = [name for name in SCENARIOS[scenario].DISTURBANCES if only in (None, name)]
    return scenario, random.Random(f"{seed} {number}").choice(possible) if possible else None


def play(lab, number, scenario, disturbance, steps=()):
    """Plays a round; a fault of the script itself counts as one too."""
    round = Round(lab, number, scenario, disturbance, steps)
    lab.clear()
    try:
        SCENARIOS[scenario].play(round)
    except Exception:
        round.fault("script", traceback.format_exc())
    finally:
        lab.end_all()
    return round


def keep(round, scenario, arguments):
    """Leaves what a failing round left, and says how to repeat it."""
    folder = arguments.folder / "failures" / f"{arguments.seed}-{round.number}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(round.folder, folder / "folder", symlinks=True, ignore_dangling_symlinks=True)
    faults = [f"{kind}: {text}" for kind, text in round.faults]
    (folder / "story.txt").write_text("\n".join([*round.story, "", *faults]) + "\n")
    print(f"round {round.number}: {scenario} x {round.disturbance.name}: {folder}")
    for fault in faults:
        print("   ", fault.replace("\n", "\n      ")[:1200])
    only = f"--only {arguments.only} --seed {arguments.seed} --round {round.number}"
    only += f" --steps {','.join(map(str, round.stops))}" if round.stops else ""
    print(f"    again: Scripts/chaos.py {only} --program {arguments.program}", flush=True)


def table(results):
    """Rounds and failures by scenario and disturbance."""
    disturbances = list(dict.fromkeys(name for _, name in results))
    scenarios = list(dict.fromkeys(name for name, _ in results))
    lines = [["rounds/failed", *scenarios, "all"]]
    for disturbance in [*disturbances, "all"]:
        cells = []
        for scenario in [*scenarios, "all"]:
            found = [
                failed for (s, d), failures in results.items() for failed in failures
                if scenario in (s, "all") and disturbance in (d, "all")
            ]
            cells.append(f"{len(found)}/{sum(found)}" if found else "-")
        lines.append([disturbance, *cells])
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def main():
    arguments = options()
    names = arguments.only.split(",")
    arguments.program = arguments.program.resolve()
    arguments.folder = (arguments.folder or pathlib.Path(tempfile.mkdtemp(prefix="chaos-"))).resolve()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="work-", dir=arguments.folder))
    lab = Lab(work, arguments.program, arguments.seed, os.geteuid() == 0 and not arguments.no_mount)
    results = collections.defaultdict(list)
    kinds = collections.Counter()
    start, missed = time.monotonic(), 0
    numbers = range(arguments.rounds) if arguments.round is None else [arguments.round]
    for number in numbers:
        scenario, disturbance = drawn(arguments.seed, number, names, arguments.disturbance)
        if disturbance is None:
            continue
        steps = [int(step) for step in arguments.steps.split(",") if step]
        round = play(lab, number, scenario, disturbance, steps)
        results[scenario, disturbance].append(bool(round.faults))
        kinds.update({(scenario, kind) for kind, _ in round.faults})
        missed += not round.was_reached
        if round.faults:
            keep(round, scenario, arguments)
        if round.mount:
            round.mount.remove()
    seconds = time.monotonic() - start
    print(table(results))
    for (scenario, kind), count in sorted(kinds.items()):
        print(f"{scenario}: {kind}: {count} rounds")
    total = sum(map(len, results.values()))
    print(f"{total} rounds, {lab.commands} commands, {seconds:.0f} s; {missed} ended before their disturbance")
    print(f"failures are in {arguments.folder / 'failures'}" if kinds else "no failure")
    shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if kinds else 0)


if __name__ == "__main__":
    main()
