"""The peak memory of embedding a batch of 8 with the ensemble: ours and the peers, each as a process of its own.

    python memory.py DREAMSIM WEIGHTS [--batch 8] [--folder FOLDER [--model MODEL]]

Prints the peak of what is resident, and of what is private: memory that no file stands behind, so that the system cannot drop it.
Sampled from /proc every 20 ms. With --folder, instead: ours embedding a folder.
"""
import argparse
import subprocess
import sys
import time
from pathlib import Path


def peaks(command):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    resident = private = 0
    while process.poll() is None:
        try:
            fields = dict(line.split(":") for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:])
        except (FileNotFoundError, ProcessLookupError, ValueError):
            fields = {}
        size = {k: int(v.split()[0]) / 1000 for k, v in fields.items()}
        resident, private = max(resident, size.get("Rss", 0)), max(private, size.get("Anonymous", 0))
        time.sleep(0.02)
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return resident, private


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dreamsim")
    parser.add_argument("weights")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--folder")
    parser.add_argument("--model", default="ensemble")
    options = parser.parse_args()
    common = ["--weights", options.weights, "--offline", "--quiet"]
    if options.folder:
        commands = {"ours": [options.dreamsim, "embed", options.folder, "--model", options.model, "-o", "/tmp/memory.npy", *common]}
    else:
        commands = {"ours": [options.dreamsim, "bench", "--model", "ensemble", "--batch-size", str(options.batch), "--runs", "1", *common]}
        for name in ("reference", "ONNX Runtime", "OpenVINO"):
            commands[name] = [sys.executable, str(Path(__file__).with_name("peers.py")), options.dreamsim, options.weights,
                              "--once", name, "--batch", str(options.batch)]
    print(f"{'':14} {'resident MB':>12} {'private MB':>11}")
    for name, command in commands.items():
        resident, private = peaks(command)
        print(f"{name:14} {resident:12.0f} {private:11.0f}", flush=True)


if __name__ == "__main__":
    main()
