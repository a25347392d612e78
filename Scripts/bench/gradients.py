#!/usr/bin/env python3
"""Times a metric's distance with its gradient here and in PyTorch, in turn: lpips, DISTS_pytorch and piq with autograd.

    python Scripts/bench/gradients.py .build/release/dreamsim [--sizes 256 512] [--runs 3] [--threads 2]

Two ways of asking, each on both sides, of one pair of images that are in memory already:

image   the gradient of the one image that moves, as a loss is used. Ours has prepared the other image before, as `invert`
        does; PyTorch is asked as programs ask it: metric(image, target).backward(), the target without a gradient.
both    the gradients of both images, for which both sides do the same work.

Each round times every contender once (ABAB), so that whatever else the machine does falls on all alike; medians and their
ratios are printed. The packages' networks get random weights, which does not change the time.
Needs torch, torchvision, lpips, DISTS_pytorch and piq.
"""
import json
import statistics
import subprocess
import sys
import time

import turns

METRICS = ["lpips-alex", "lpips-vgg", "dists:full", "ssim", "ms-ssim", "mse"]


def repeats(metric, size):
    """How often a process times a pair after its warm-up; what is over soon needs more for caches and clocks to settle."""
    return (5 if size <= 256 else 3) if metric in ("lpips-vgg", "dists:full") else 15


def ours(command, metric, size, way, threads):
    out = subprocess.run(
        [command, "bench", "--metric", metric, "--size", str(size), "--gradient", way, "--runs", str(repeats(metric, size)),
         "--threads", str(threads), "--seconds-per-image", "-q"], check=True, capture_output=True, text=True)
    return float(out.stdout)


def theirs(metric, size, way, threads):
    """Runs in a process of its own, so that neither side's threads stand by while the other runs."""
    out = subprocess.run(
        [sys.executable, __file__, "--child", metric, str(size), way, str(threads)], check=True, capture_output=True, text=True)
    return json.loads(out.stdout.splitlines()[-1])


def loss(metric):
    import torch

    if metric.startswith("lpips"):
        import lpips

        model = lpips.LPIPS(net=metric.split("-")[1], pretrained=False, pnet_rand=True, eval_mode=True, verbose=False)
        run = lambda a, b: model(a, b, normalize=True).sum()
    elif metric == "dists:full":
        import torchvision

        # The constructor asks torchvision for trained weights; random ones do here.
        vgg16 = torchvision.models.vgg16
        torchvision.models.vgg16 = lambda **_: vgg16(weights=None)
        import DISTS_pytorch

        model = DISTS_pytorch.DISTS(load_weights=False).eval()
        run = lambda a, b: model(a, b, require_grad=True, batch_average=True)
    else:
        import piq

        return {
            # Ours is the authors' own, which does not scale the images down first.
            "ssim": lambda a, b: 1 - piq.ssim(a, b, downsample=False),
            "ms-ssim": lambda a, b: 1 - piq.multi_scale_ssim(a, b),
            "mse": lambda a, b: torch.nn.functional.mse_loss(a, b),
        }[metric]
    for parameter in model.parameters():
        parameter.requires_grad = False
    return run


def child(metric, size, way, threads):
    import warnings

    warnings.filterwarnings("ignore")
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    a, b = torch.rand(1, 3, size, size), torch.rand(1, 3, size, size)
    a.requires_grad_()
    b.requires_grad_(way == "both")
    distance = loss(metric)

    def run():
        a.grad = b.grad = None
        distance(a, b).backward()

    run()
    times = []
    for _ in range(repeats(metric, size)):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    assert a.grad.isfinite().all() and (way == "image" or b.grad is not None)
    print(json.dumps(statistics.median(times)))


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--child":
        return child(sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    parser = turns.arguments(__doc__, [256, 512], METRICS)
    parser.add_argument("--ways", nargs="+", default=["image", "both"])
    options = parser.parse_args()
    print(f"seconds a pair, {options.threads} threads, medians of {options.runs}", flush=True)
    print(f"{'metric':12} {'size':>5} {'gradient':>9} {'ours':>9} {'PyTorch':>9} {'PyTorch/ours':>13}", flush=True)
    for size in options.sizes:
        for metric in options.metrics:
            for way in options.ways:
                mine, other, ratio = turns.in_turn(
                    options.runs, lambda: ours(options.command, metric, size, way, options.threads),
                    lambda: theirs(metric, size, way, options.threads))
                print(f"{metric:12} {size:5} {way:>9} {mine:9.5f} {other:9.5f} {ratio:13.2f}", flush=True)


main()
