#!/usr/bin/env python3
"""Times metrics here and as the Python packages `lpips`, `DISTS_pytorch`, `scikit-image`, `piq` and `torchmetrics` compute
them, in turn.

    python Scripts/bench/metrics.py .build/release/dreamsim [--sizes 256 768 2048] [--runs 3] [--threads 2]

Each round times every contender once (ABAB), so that whatever else the machine does falls on all alike; medians and their
ratios are printed. Both sides time pairs of images that are in memory already; neither counts its start. Needs lpips,
DISTS_pytorch, torch, torchvision, scikit-image, piq and torchmetrics; the packages' networks get random weights, which does not change the time.
"""
import json
import statistics
import subprocess
import sys
import time

import turns

METRICS = ["lpips-alex", "lpips-vgg", "dists:full"]
# Asked for by --metrics; `ssim` is scikit-image with the authors' settings.
CLASSICAL = ["ssim", "ssim:skimage", "ssim:piq", "ssim:torchmetrics", "ms-ssim:piq", "ms-ssim:torchmetrics", "psnr"]


def repeats(size):
    """How often a process times a pair after its warm-up; small images are over before caches and clocks have settled."""
    return 15 if size <= 256 else 3 if size <= 768 else 1


def ours(command, metric, size, threads):
    out = subprocess.run(
        [command, "bench", "--metric", metric, "--size", str(size), "--runs", str(repeats(size)), "--threads", str(threads),
         "--seconds-per-image", "-q"], check=True, capture_output=True, text=True)
    return float(out.stdout)


def theirs(metric, size, threads):
    """Runs in a process of its own, so that neither side's threads stand by while the other runs."""
    out = subprocess.run(
        [sys.executable, __file__, "--child", metric, str(size), str(threads)], check=True, capture_output=True, text=True)
    return json.loads(out.stdout.splitlines()[-1])


def classical(metric, a, b):
    import piq
    from skimage.metrics import structural_similarity
    from torchmetrics.functional import image

    x, y = ((v[0].permute(1, 2, 0).numpy() * 255).astype("uint8") for v in (a, b))
    return {
        "ssim": lambda: structural_similarity(
            x, y, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False),
        "ssim:skimage": lambda: structural_similarity(x, y, channel_axis=2),
        "ssim:piq": lambda: piq.ssim(a, b),
        "ssim:torchmetrics": lambda: image.structural_similarity_index_measure(a, b, data_range=1.0),
        "ms-ssim:piq": lambda: piq.multi_scale_ssim(a, b),
        "ms-ssim:torchmetrics": lambda: image.multiscale_structural_similarity_index_measure(a, b, data_range=1.0),
        "psnr": lambda: piq.psnr(a, b),
    }[metric]


def child(metric, size, threads):
    import warnings

    warnings.filterwarnings("ignore")
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    a, b = torch.rand(1, 3, size, size), torch.rand(1, 3, size, size)
    if metric in CLASSICAL:
        run = classical(metric, a, b)
    elif metric.startswith("lpips"):
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
        times = []
        for _ in range(repeats(size)):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        print(json.dumps(statistics.median(times)))


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--child":
        return child(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    options = turns.arguments(__doc__, [256, 768, 2048], METRICS).parse_args()
    print(f"seconds a pair, {options.threads} threads, medians of {options.runs}", flush=True)
    print(f"{'metric':20} {'size':>5} {'ours':>9} {'package':>9} {'package/ours':>13}", flush=True)
    for size in options.sizes:
        for metric in options.metrics:
            mine, other, ratio = turns.in_turn(
                options.runs, lambda: ours(options.command, metric, size, options.threads),
                lambda: theirs(metric, size, options.threads))
            print(f"{metric:20} {size:5} {mine:9.5f} {other:9.5f} {ratio:13.2f}", flush=True)


main()
