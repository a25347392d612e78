#!/usr/bin/env python3
"""Times LPIPS and DISTS here and as the Python packages `lpips` and `DISTS_pytorch` compute them, in turn.

    python Scripts/bench/metrics.py .build/release/dreamsim [--sizes 256 768 2048] [--runs 3] [--threads 2]

Each round times every contender once (ABAB), so that whatever else the machine does falls on all alike; medians and their
ratios are printed. Both sides time pairs of images that are in memory already; neither counts its start. Needs lpips,
DISTS_pytorch, torch and torchvision; the packages' networks get random weights, which does not change the time.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

METRICS = ["lpips-alex", "lpips-vgg", "dists:full"]


def ours(command, metric, size, threads):
    out = subprocess.run(
        [command, "bench", "--metric", metric, "--size", str(size), "--runs", "1", "--threads", str(threads),
         "--seconds-per-image", "-q"], check=True, capture_output=True, text=True)
    return float(out.stdout)


def theirs(metric, size, threads):
    """Runs in a process of its own, so that neither side's threads stand by while the other runs."""
    out = subprocess.run(
        [sys.executable, __file__, "--child", metric, str(size), str(threads)], check=True, capture_output=True, text=True)
    return json.loads(out.stdout.splitlines()[-1])


def child(metric, size, threads):
    import warnings

    warnings.filterwarnings("ignore")
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    a, b = torch.rand(1, 3, size, size), torch.rand(1, 3, size, size)
    if metric.startswith("lpips"):
        import lpips

        model = lpips.LPIPS(net=metric.split("-")[1], pretrained=False, pnet_rand=True, eval_mode=True, verbose=False)
        run = lambda: model(a, b, normalize=True)
    else:
        import torchvision

        # The constructor asks torchvision for trained weights; random ones do here.
        vgg16 = torchvision.models.vgg16
        torchvision.models.vgg16 = lambda **_: vgg16(weights=None)
        import DISTS_pytorch

        model = DISTS_pytorch.DISTS(load_weights=False).eval()
        run = lambda: model(a, b)
    with torch.no_grad():
        run()
        start = time.perf_counter()
        run()
        print(json.dumps(time.perf_counter() - start))


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--child":
        return child(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 768, 2048])
    parser.add_argument("--metrics", nargs="+", default=METRICS)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    for name in ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]:
        os.environ.pop(name, None)
    print(f"seconds a pair, {options.threads} threads, medians of {options.runs}", flush=True)
    print(f"{'metric':12} {'size':>5} {'ours':>9} {'package':>9} {'package/ours':>13}", flush=True)
    for size in options.sizes:
        for metric in options.metrics:
            times = {"ours": [], "theirs": []}
            for _ in range(options.runs):
                times["ours"].append(ours(options.command, metric, size, options.threads))
                times["theirs"].append(theirs(metric, size, options.threads))
            mine, other = statistics.median(times["ours"]), statistics.median(times["theirs"])
            print(f"{metric:12} {size:5} {mine:9.4f} {other:9.4f} {other / mine:13.2f}", flush=True)


main()
