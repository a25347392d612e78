"""Search and all-pairs over many vectors: ours beside numpy and faiss, on the same vectors, in turn.

    python retrieval.py DREAMSIM [--vectors 100000] [--width 1792] [--queries 100] [--runs 5] [--threads 2] [--index DIR]

Makes an index of synthetic vectors with `dreamsim bench-search --index DIR`, maps its float16 vectors with numpy, and gives numpy and
faiss (IndexFlatIP) the same numbers as float32 in memory, which is how both want them. Then, in turn: one query, and many together,
the ten nearest of each. Checks that all find the same. Prints medians, in seconds, and the ratio to the better of the two.
Needs: numpy faiss-cpu.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dreamsim")
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=1792)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--index")
    options = parser.parse_args()
    # Read by the libraries when they are loaded.
    for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
        os.environ[name] = str(options.threads)
    import faiss
    import numpy as np

    faiss.omp_set_num_threads(options.threads)
    folder = Path(options.index or tempfile.mkdtemp())
    common = ["--vectors", options.vectors, "--width", options.width, "--queries", options.queries, "--threads", options.threads,
              "--index", folder, "--format", "json", "--quiet", "--runs", 3]

    def ours():
        run = subprocess.run([options.dreamsim, "bench-search", *map(str, common)], check=True, capture_output=True, text=True)
        return json.loads(run.stdout)

    ours()
    vectors = next(folder.glob("vectors-*.bin"))
    offset = int(vectors.open("rb").readline().split()[2])
    mapped = np.memmap(vectors, "<f2", mode="r", offset=offset)[:options.vectors * options.width]
    rows = mapped.reshape(options.vectors, options.width).astype(np.float32)
    index = faiss.IndexFlatIP(options.width)
    index.add(rows)
    queries = np.random.default_rng(1).normal(size=(options.queries, options.width)).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)

    def best(count):
        scores = queries[:count] @ rows.T
        part = np.argpartition(scores, -10, axis=1)[:, -10:]
        order = np.argsort(-np.take_along_axis(scores, part, 1), axis=1)
        return np.take_along_axis(part, order, 1)

    def seconds(work):
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    assert (best(options.queries) == index.search(queries, 10)[1]).all()
    found = {"ours": [], "numpy": [], "faiss": []}
    details = []
    for _ in range(options.runs):
        details.append(ours())
        found["ours"].append((details[-1]["oneQuery"], details[-1]["manyQueries"]))
        found["numpy"].append((seconds(lambda: best(1)), seconds(lambda: best(options.queries))))
        found["faiss"].append((seconds(lambda: index.search(queries[:1], 10)), seconds(lambda: index.search(queries, 10))))
    middle = {name: [statistics.median(times[i] for times in runs) for i in range(2)] for name, runs in found.items()}
    print(f"{options.vectors} vectors of {options.width}, {options.threads} threads, medians of {options.runs} runs in turn; "
          f"faiss {faiss.__version__}, numpy {np.__version__}")
    for i, what in enumerate(["1 query", f"{options.queries} queries"]):
        better = min(middle["numpy"][i], middle["faiss"][i])
        print(f"{what:12} ours {middle['ours'][i]:.4f} s, numpy {middle['numpy'][i]:.4f} s, faiss {middle['faiss'][i]:.4f} s; "
              f"the better of the two takes {better / middle['ours'][i]:.2f} times ours")
    for key, what in [("oneQueryPerRead", "one query, times reading the vectors once"), ("open", "opening, s"),
                      ("searchRate", "many queries, GFLOP/s"), ("matrixRate", "plain matrix product, GFLOP/s"),
                      ("memoryAfter", "private memory, MB")]:
        print(f"{what}: {statistics.median(d[key] for d in details):.4g}")


if __name__ == "__main__":
    main()
