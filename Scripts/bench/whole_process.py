"""Time comparing two images as a whole process, ours and the reference in turn, weights in the page cache.

    python whole_process.py DREAMSIM WEIGHTS A B [RUNS]

Prints both distances, the median seconds of each and the median ratio of the pairs. Run it with the Python that has what
reference_pair.py needs; WEIGHTS is an ensemble of ../parity/synthetic_release.py.
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
    ours = [dreamsim, "compare", a, b, "--weights", weights, "--offline", "--parity", "reference", "--format", "csv"]
    theirs = [sys.executable, str(Path(__file__).parents[1] / "parity" / "reference_pair.py"), weights, a, b]
    print("ours:     ", timed(ours)[1].splitlines()[1].split(",")[2])
    print("reference:", timed(theirs)[1].splitlines()[-1])
    pairs = [(timed(ours)[0], timed(theirs)[0]) for _ in range(int(runs[0]) if runs else 5)]
    print("seconds, median: ours %.2f, reference %.2f; ratio %.1f (%.1f to %.1f), %d runs in turn" % (
        *(statistics.median(p[i] for p in pairs) for i in (0, 1)), statistics.median(r / o for o, r in pairs),
        min(r / o for o, r in pairs), max(r / o for o, r in pairs), len(pairs)))


if __name__ == "__main__":
    main()
