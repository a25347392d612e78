"""Retrieval on NIGHTS triplets: for how many references do their two variants come first among all images?

    python nights_retrieval.py DREAMSIM NIGHTS --index INDEX         a model, by an index of all images of NIGHTS
    python nights_retrieval.py DREAMSIM NIGHTS --metric mse,ssim     metrics that are no vectors, at 224 x 224

NIGHTS is a folder with ref/ and distort/ as the data set is laid out. Prints, for each metric over all references: how often the two
nearest are exactly the two variants, how often the nearest is one of them, and the mean share of the variants among the two nearest.
"""
import argparse
import json
import subprocess
from pathlib import Path


def run(command):
    # 2 tells of images that could not be read; there are none in this data set.
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def by_index(options, references):
    """For each name of a metric, for each reference, the images that come first."""
    report = run([options.dreamsim, "search", *references, "--index", options.index, "-k", "2", "--format", "json"])
    nearest = [[result["image"] for result in search["results"]] for search in report["searches"]]
    return {report["metrics"][0]["name"]: nearest}, report["images"]


def by_metric(options, references):
    nearest = {}
    count = 0
    for reference in references:
        report = run([options.dreamsim, "compare", reference, str(options.nights / "ref"), str(options.nights / "distort"),
                      "--metric", options.metric, "--resize", "224", "--format", "json"])
        others = [result for result in report["results"] if result["image"] != reference]
        count = len(others) + 1
        for metric in (entry["name"] for entry in report["metrics"]):
            ranked = sorted(others, key=lambda result: result["ranks"][metric])
            nearest.setdefault(metric, []).append([result["image"] for result in ranked[:2]])
    return nearest, count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dreamsim")
    parser.add_argument("nights", type=Path)
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--index")
    how.add_argument("--metric")
    options = parser.parse_args()
    options.nights = options.nights.resolve()
    references = sorted(map(str, (options.nights / "ref").rglob("*.jpg")))
    found, images = (by_index if options.index else by_metric)(options, references)
    for metric, nearest in found.items():
        hits = []
        for reference, results in zip(references, nearest):
            stem = reference.split("/ref/")[1].removesuffix(".jpg")
            hits.append([f"/distort/{stem}_" in image for image in results])
        both, first, share = (sum(map(rate, hits)) / len(hits) for rate in (all, lambda hit: hit[0], lambda hit: sum(hit) / 2))
        print(f"| {metric} | {len(hits)} | {images} | {both:.1%} | {first:.1%} | {share:.1%} |", flush=True)


if __name__ == "__main__":
    main()
