"""Runs the tests of piq and torchmetrics for the metrics that we share with our metrics in place of theirs (see
adapters.py), and the program of lpips, which has no tests, both ways.

    python peers.py FOLDER [--json FILE]

FOLDER holds clones of photosynthesis-team/piq, Lightning-AI/torchmetrics and richzhang/PerceptualSimilarity (as
lpips). The source packages on the index hold no tests.
Prints how many tests passed, which ask for what we do not have, and which differ, with the reason. Exits with 1 where
one fails without a reason that is known here, or passes though it should not.
Needs: pytest piq torchmetrics lpips DISTS-pytorch scikit-image<0.26 pytorch-msssim cachier tensorflow-cpu
opencv-python-headless.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent

SUITES = {
    "piq": {"test_ssim.py": "", "test_ms_ssim.py": "", "test_psnr.py": "", "test_perceptual.py": "lpips or dists"},
    "torchmetrics": {
        "image/test_ssim.py": "",
        "image/test_ms_ssim.py": "",
        "image/test_psnr.py": "",
        "image/test_lpips.py": "",
        "image/test_dists.py": "",
    },
}

# Tests that differ by definition, as regular expressions of their names.
KNOWN = {
    r"^piq/.*test_psnr_(works_for_zero_tensors|big_for_identical_images)": (
        "piq adds 1e-8 to the squared error, so that identical images are at 80 dB; ours are at infinity"
    ),
    r"^torchmetrics/.*test_check_for_backprop": "looks into the network of torchmetrics",
}


def run(peer, file, chosen, folder):
    tests = folder / peer / ("tests" if peer == "piq" else "tests/unittests")
    with tempfile.TemporaryDirectory() as work:
        environment = dict(
            os.environ,
            DROP_IN_PEER=peer,
            DROP_IN_REPORT=f"{work}/report",
            PYTEST_REFERENCE_CACHE=f"{work}/cache",
            PYTHONDONTWRITEBYTECODE="1",
        )
        environment["PYTHONPATH"] = os.pathsep.join(
            [str(HERE), str((folder / peer / "tests").resolve()), environment.get("PYTHONPATH", "")]
        )
        Path(work, "pytest.ini").write_text("[pytest]\n")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "adapters",
            "-p",
            "no:cacheprovider",
            "-c",
            f"{work}/pytest.ini",
            "--rootdir",
            ".",
            "-q",
            "-W",
            "ignore",
            str((tests / file).resolve()),
        ]
        if chosen:
            command += ["-k", chosen]
        done = subprocess.run(command, cwd=folder / peer, env=environment, capture_output=True, text=True)
        report = Path(work, "report")
        if not report.exists():
            sys.exit(f"{peer}: {file}: no test ran\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
        return [json.loads(line) for line in report.read_text().splitlines()]


def reason_known(name):
    return next((reason for pattern, reason in KNOWN.items() if re.search(pattern, name)), None)


LPIPS_PROGRAM = """
import runpy, sys
import adapters
adapters.{prepare}()
sys.path.remove("")  # so that lpips is the installed package
for version in ("0.1", "0.0"):
    for image in ("ex_p0.png", "ex_p1.png"):
        sys.argv = ["lpips_2imgs.py", "-p0", "imgs/ex_ref.png", "-p1", f"imgs/{{image}}", "-v", version]
        runpy.run_path("lpips_2imgs.py", run_name="__main__")
"""


def lpips_program(folder):
    """lpips_2imgs.py of its repository, as it stands and with ours in place of lpips.LPIPS: what is printed."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    printed = []
    for prepare in ("of_torchvision", "of_lpips"):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", LPIPS_PROGRAM.format(prepare=prepare)],
            cwd=folder / "lpips",
            env=environment,
            capture_output=True,
            text=True,
        )
        printed.append([line for line in done.stdout.splitlines() if line.startswith("Distance")])
        if len(printed[-1]) != 4:
            sys.exit(f"lpips_2imgs.py: {done.stdout}{done.stderr[-2000:]}")
    return [
        {
            "test": f"lpips_2imgs.py, number {number}: {theirs}",
            "outcome": "passed" if theirs == ours else "failed",
            "reason": f"ours: {ours}",
        }
        for number, (theirs, ours) in enumerate(zip(*printed), 1)
    ]


def show(name, rows):
    """Prints what became of a file's tests; returns how many are neither right nor accounted for."""
    counts, reasons, wrong = collections.Counter(), collections.Counter(), []
    for row in rows:
        known = reason_known(f"{name.split(':')[0]}/{row['test']}")
        outcome, reason = row["outcome"], re.sub(r"^Skipped: ", "", row["reason"])
        if outcome == "failed" and known:
            outcome, reason = "differs", known
        elif outcome == "failed":
            wrong.append(f"{row['test']}: {reason}")
        elif known:
            wrong.append(f"{row['test']}: {outcome}, though it is known to differ: {known}")
        outcome = {"skipped": "left out"}.get(outcome, outcome)
        counts[outcome] += 1
        if outcome in ("differs", "left out"):
            reasons[f"{outcome}: {reason}"] += 1
    print(f"{name}: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()))
    for reason, count in reasons.most_common():
        print(f"    {count:4d} {reason}")
    for line in wrong:
        print(f"    FAILED {line}")
    sys.stdout.flush()
    return len(wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", default="", help="part of a file's name")
    options = parser.parse_args()
    results, wrong = {}, 0
    files = [(peer, file, chosen) for peer, chosen_of in SUITES.items() for file, chosen in chosen_of.items()]
    for peer, file, chosen in files + [("lpips", "lpips_2imgs.py", "")]:
        name = f"{peer}: {Path(file).name}"
        if options.only in f"{peer}/{file}":
            results[name] = (
                lpips_program(options.folder) if peer == "lpips" else run(peer, file, chosen, options.folder)
            )
            wrong += show(name, results[name])
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
