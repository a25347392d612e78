"""Find known copies among other photographs: ours beside other programs, in one run, with times.

    python copies.py PHOTOS OUT --dreamsim DREAMSIM [--models vits14-focus lite] [--tiers re-encoded near scene] [--originals 24]
    python copies.py PHOTOS OUT --dreamsim DREAMSIM --images 1000     a collection of that size, for the times

PHOTOS: a folder of different photographs, such as photographs.py gathers. Unless OUT has a collection, makes one of them: OUT/images
holds the originals, drawn by --seed and 768 pixels long, the copies of each as `ALTERATIONS` of copies_collection.py lists them (PNG
to a thumbnail of 160 pixels; edits such as a blur, a crop by 5 % at each edge, a logo; turned, mirrored), and all other photographs.
OUT/truth.csv says what each file is. With --variants NIGHTS, the data set's folder, the two variants that it has of its references
are there too: alike, and no copies. Precision counts pairs of a reference and its variants as neither right nor wrong; `strict`, as
wrong.

Then, in turn, --runs times: `dreamsim index` with each of --models and `dreamsim dedupe` at each of --tiers, and each of --peers (see
copies_peers.py; 'none' for none). What is not there is said and left out. Prints of each: median seconds to hash or embed and to
group, as whole processes of ours; precision over the pairs that groups imply; recall, a copy being found when a group holds it and
its original, by kind; originals of which all that was found is in one group (`whole`); edits that are in any group at `re-encoded`,
which should be none; and recall by alteration. --json FILE keeps it all, with the wrong pairs.
Needs: numpy pillow; for the peers imagehash pdqhash imagededup czkawka. `Scripts/python_environment.sh FOLDER PACKAGE...` makes it.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import combinations
from pathlib import Path

from copies_collection import ALTERATIONS, make, truth
from copies_peers import PEERS, title

KINDS = ["re-encoding", "edit", "turned"]


def score(groups, entries):
    """What groups of files are worth, given the truth of each file."""
    place = {file: number for number, group in enumerate(groups) for file in group}
    recall, kinds = {}, {}
    for entry in entries.values():
        if entry.alteration:
            found = place.get(entry.file, -1) == place.get(entry.original, -2)
            recall.setdefault(entry.alteration, []).append(found)
            kinds.setdefault(entry.kind, []).append(found)
    pairs, wrong = Counter(), []
    for a, b in (pair for group in groups for pair in combinations(group, 2)):
        same = entries[a].original == entries[b].original
        verdict = "variant" if same and "variant" in (entries[a].kind, entries[b].kind) else "right" if same else "wrong"
        pairs[verdict] += 1
        if verdict == "wrong":
            wrong.append((a, b))
    # A family is whole when the files of it that were found at all are in one group.
    families = {}
    for file, number in place.items():
        if entries[file].kind not in ("variant", "other"):
            families.setdefault(entries[file].original, set()).add(number)
    rate = {name: statistics.mean(found) for name, found in recall.items()}
    return {"recall": rate, "kinds": {kind: statistics.mean(kinds[kind]) for kind in KINDS},
            "precision": pairs["right"] / max(1, pairs["right"] + pairs["wrong"]),
            "strict": pairs["right"] / max(1, sum(pairs.values())),
            "groups": len(groups), "whole": sum(len(numbers) == 1 for numbers in families.values()),
            "edits": sum(entries[file].kind == "edit" for file in place), "pairs": dict(pairs), "wrong": wrong}


def dreamsim(command):
    """Runs it; the seconds it took and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}")
    return time.perf_counter() - start, done.stdout


def ours(options, model, images):
    """One index and what `dedupe` finds in it: for each tier the groups, both times, and how often which evidence stands for what."""
    with tempfile.TemporaryDirectory() as folder:
        index = ["--index", f"{folder}/index", "--quiet"]
        indexing, _ = dreamsim([options.dreamsim, "index", "update", images, *index, "--model", model, "--offline"])
        for tier in options.tiers:
            seconds, output = dreamsim([options.dreamsim, "dedupe", *index, "--tier", tier, "--format", "json"])
            files = [[{**file, "image": str(Path(file["image"]).relative_to(images))} for file in group["files"]]
                     for group in json.loads(output)["groups"]]
            yield tier, [[file["image"] for file in group] for group in files], indexing, seconds, files


def measure(options, images, entries):
    """The results by name, each with the seconds of every run."""
    results = {}

    def add(name, groups, hashing, grouping, files=None):
        result = results.setdefault(name, {"hashing": [], "grouping": []} | score(groups, entries))
        result["hashing"].append(hashing)
        result["grouping"].append(grouping)
        # The first of a group is what the others are compared with.
        evidence = Counter(f"{file['evidence']}, {file['tier']}, {entries[file['image']].kind}"
                           for group in files or [] for file in group[1:] if "evidence" in file)
        if evidence:
            result["evidence"] = evidence
        print(f"{name}: {hashing:.1f} s and {grouping:.2f} s", file=sys.stderr, flush=True)

    missing = {}
    for _ in range(options.runs):
        for model in options.models:
            try:
                for tier, groups, indexing, seconds, files in ours(options, model, images):
                    add(f"{model}, {tier}", groups, indexing, seconds, files)
            except RuntimeError as error:
                missing[model] = str(error)
        for peer in options.peers:
            try:
                add(peer, *PEERS[peer][2](images, list(entries)))
            except (ImportError, OSError) as error:
                missing[peer] = str(error)
    return results, missing


def print_results(results, runs):
    width = max(map(len, results))
    print(f"\nSeconds are medians of {runs} runs in turn.")
    print(f"{'':{width}} {'hash s':>7} {'group s':>7} {'precision':>9} {'strict':>7} {'wrong':>6} {'groups':>6} {'whole':>5} "
          + " ".join(f"{kind:>11}" for kind in KINDS))
    for name, result in results.items():
        hashing, grouping = (statistics.median(result[key]) for key in ("hashing", "grouping"))
        print(f"{name:{width}} {hashing:7.2f} {grouping:7.2f} {result['precision']:9.4f} {result['strict']:7.4f} "
              f"{len(result['wrong']):6} {result['groups']:6} {result['whole']:5} "
              + " ".join(f"{result['kinds'][kind]:11.3f}" for kind in KINDS))
    for name, result in results.items():
        if name.endswith(", re-encoded"):
            print(f"{name}: {result['edits']} edits stand there")
    print("\nRecall by alteration:")
    for number, name in enumerate(results):
        print(f"{number:3} {name}")
    print(f"{'':19}" + "".join(f"{number:6}" for number in range(len(results))))
    for alteration in ALTERATIONS:
        print(f"{alteration:19}" + "".join(f"{result['recall'][alteration]:6.2f}" for result in results.values()))
    for name, result in results.items():
        if "evidence" in result:
            print(f"\n{name}, files by evidence, tier and what they are:")
            for what, count in sorted(result["evidence"].items()):
                print(f"{count:6} {what}")
    for name, result in results.items():
        for a, b in result["wrong"][:5]:
            print(f"{name}, wrong: {a} and {b}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dreamsim", default=os.environ.get("DREAMSIM", "dreamsim"))
    parser.add_argument("--models", nargs="*", default=["vits14-focus", "lite"])
    parser.add_argument("--tiers", nargs="+", default=["re-encoded", "near", "scene"])
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=[*PEERS, "none"])
    parser.add_argument("--originals", type=int, default=24)
    parser.add_argument("--images", type=int)
    parser.add_argument("--variants", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.peers = [peer for peer in options.peers if peer != "none"]
    if not (options.out / "truth.csv").exists():
        make(options.photos, options.out, options.originals, options.seed, options.images, options.variants)
    entries, images = truth(options.out), (options.out / "images").resolve()
    results, missing = measure(options, images, entries)
    kinds = Counter(entry.kind for entry in entries.values())
    print("copies.py", *sys.argv[1:])
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; "
          f"{dreamsim([options.dreamsim, '--version'])[1].strip() if options.models else 'none of ours'}")
    print(f"{len(entries)} images: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    for peer in options.peers:
        print(title(peer) if peer not in missing else f"{peer}: not measured, its package or weights are missing: {missing[peer]}")
    for model in options.models:
        if model in missing:
            print(f"{model}: not measured, {missing[model]}")
    print_results(results, options.runs)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
