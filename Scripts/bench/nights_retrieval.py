"""Retrieval on NIGHTS triplets: for how many references do their two variants come first among all images?

    python nights_retrieval.py DREAMSIM INDEX NIGHTS

INDEX is an index of all images of NIGHTS, a folder with ref/ and distort/ as the data set is laid out. Prints, over all references:
how often the two nearest are exactly the two variants, how often the nearest is one of them, and the mean share of the variants
among the two nearest.
"""
import argparse
import json
import subprocess
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dreamsim")
    parser.add_argument("index")
    parser.add_argument("nights", type=Path)
    options = parser.parse_args()
    references = sorted(map(str, (options.nights.resolve() / "ref").rglob("*.jpg")))
    run = subprocess.run([options.dreamsim, "search", *references, "--index", options.index, "-k", "2", "--format", "json"],
                         check=True, capture_output=True, text=True)
    report = json.loads(run.stdout)
    both = first = share = 0
    for search in report["searches"]:
        stem = search["query"].split("/ref/")[1].removesuffix(".jpg")
        hits = [f"/distort/{stem}_" in result["image"] for result in search["results"]]
        both += all(hits)
        first += hits[0]
        share += sum(hits) / 2
    count = len(report["searches"])
    print(f"| {report['model']['model']} | {count} | {report['images']} | {both / count:.1%} | {first / count:.1%} | {share / count:.1%} |")


if __name__ == "__main__":
    main()
