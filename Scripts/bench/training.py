"""A training step of ours beside PyTorch's: `python training.py DREAMSIM WORK [--triplets 4] [--steps 4] [--rounds 3]`.

One ViT-B/16 with LoRA (r 16 on qkv, dropout 0.2), the hinge loss, Adam; synthetic weights (Scripts/parity). Ours is `dreamsim
train` on images on the disk, timed step by step by its log, decoding included; PyTorch's is a step on tensors that are in
memory already. PyTorch runs twice: as the reference's training script calls the model, which embeds the reference image once
for each of the two distances, and with that image embedded once. The programs take turns; medians are compared, and the
peak of memory (VmHWM) of each process.
Needs what Scripts/parity/adapters.py needs.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "parity"))
MODEL = "dino_vitb16"


def peer(arguments):
    """A process of its own: prints the seconds of each step and the peak of memory."""
    import peft
    import torch
    import torch.nn.functional as F
    from reference_pair import from_package
    torch.hub.load = from_package(str(arguments.work / "weights"))
    torch.set_num_threads(arguments.threads)
    from dreamsim.model import PerceptualModel
    torch.manual_seed(1234)
    model = PerceptualModel(MODEL, "cls", "16", lora=True, load_dir=str(arguments.work / "weights"), device="cpu")
    for extractor in model.extractor_list:
        for parameter in extractor.model.parameters():
            parameter.requires_grad = False
    model = peft.get_peft_model(model, peft.LoraConfig(
        r=16, lora_alpha=32, lora_dropout=0.2, bias="none", target_modules=["qkv"]))
    model.train()
    adam = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=3e-4, betas=(0.5, 0.999))
    n = arguments.triplets
    reference, left, right = torch.rand(3, n, 3, 224, 224)
    sign = torch.tensor([1.0 if i % 2 else -1.0 for i in range(n)])
    seconds = []
    for _ in range(arguments.steps):
        start = time.perf_counter()
        if arguments.peer == "reference":
            d0, d1 = model(reference, left), model(reference, right)
        else:
            embeddings = model.base_model.model.embed(torch.cat([reference, left, right]))
            a, b, c = embeddings.split(n)
            d0, d1 = 1 - F.cosine_similarity(a, b), 1 - F.cosine_similarity(a, c)
        loss = torch.clamp(0.05 - (d0 - d1) * sign, min=0).sum() / n
        adam.zero_grad()
        loss.backward()
        adam.step()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "memory": peak(), "torch": torch.__version__}))


def peak():
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def ours(arguments, round_number, *more):
    folder = arguments.work / f"run{round_number}{'-'.join(more)}"
    subprocess.run(["rm", "-rf", folder], check=True)
    command = [arguments.program, "train", str(arguments.work / "triplets.csv"), "--model", MODEL, "--weights",
               str(arguments.work / "weights"), "-o", str(folder), "--epochs", "1", "--batch-size",
               str(arguments.triplets), "--threads", str(arguments.threads), "--quiet", *more]
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return {"seconds": [line["seconds"] for line in lines if line["kind"] == "step"], "memory": usage.ru_maxrss / 1024}


def theirs(arguments, kind):
    command = [sys.executable, __file__, arguments.program, str(arguments.work), "--peer", kind, "--triplets",
               str(arguments.triplets), "--steps", str(arguments.steps), "--threads", str(arguments.threads)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("work", type=Path)
    parser.add_argument("--triplets", type=int, default=4)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--peer")
    arguments = parser.parse_args()
    arguments.work = arguments.work.resolve()
    if arguments.peer:
        return peer(arguments)
    if not (arguments.work / "weights").exists():
        subprocess.run([sys.executable, HERE.parent / "parity/synthetic_release.py", MODEL, arguments.work / "weights"],
                       check=True)
    from adapters import images
    if not (arguments.work / "images").exists():
        images(arguments.work / "images", 3 * arguments.triplets * arguments.steps)
    count = arguments.triplets * arguments.steps
    rows = [",".join(f"images/{3 * i + role}.png" for role in range(3)) + f",{i % 2}" for i in range(count)]
    (arguments.work / "triplets.csv").write_text("ref,left,right,vote\n" + "\n".join(rows) + "\n")
    runs = {
        "ours": lambda i: ours(arguments, i), "ours, blocks computed again": lambda i: ours(arguments, i, "--checkpointing"),
        "PyTorch as the reference": lambda i: theirs(arguments, "reference"),
        "PyTorch, each image once": lambda i: theirs(arguments, "once"),
    }
    found = {name: [] for name in runs}
    for index in range(arguments.rounds):
        for name, run in runs.items():
            found[name].append(run(index))
    print(f"{'':30}{'s a step':>10}{'ratio':>8}{'MiB':>8}   (medians; the first step of a process is left out)")
    base = None
    for name, results in found.items():
        seconds = statistics.median(s for result in results for s in result["seconds"][1:])
        base = base or seconds
        memory = statistics.median(result["memory"] for result in results)
        print(f"{name:30}{seconds:10.3f}{seconds / base:8.2f}{memory:8.0f}")


if __name__ == "__main__":
    main()
