"""Training by each method on a small network: a run that was stopped resumes to the very same weights."""
import json

import network
from lab import differences, digests, listing
from samples import damage, image

DISTURBANCES = ["kill", "kill", "term", "int", "full", "readonly", "clock", "files"]
# What tells of time, and the caches, which make no difference.
UNEQUAL = [r"\.part$", r"log\.jsonl$", r"events\.out", r"report\.html$", r"/images/", r"/cache/", r"votes\.csv$"]


def make(round):
    images = round.folder / "images"
    images.mkdir()
    for number in range(15):
        (images / f"{number}.png").write_bytes(image(number))
    lines = ["ref,left,right,vote,split"]
    for number in range(12):
        split = "val" if number % 4 == 3 else "train"
        names = [f"images/{(3 * number + place * (1 + number // 5)) % 15}.png" for place in range(3)]
        lines.append(",".join([*names, str(number % 2), split]))
    (round.folder / "votes.csv").write_text("\n".join(lines) + "\n")


def told(folder):
    """What the log says, but for times: each line as often as it stands there."""
    counts = {}
    path = folder / "run" / "log.jsonl"
    for text in path.read_text().splitlines() if path.exists() else []:
        line = json.loads(text)
        if line["kind"] in ("step", "validation"):
            key = tuple((name, line.get(name)) for name in ("kind", "step", "epoch", "loss", "agreement", "isBest"))
            counts[key] = counts.get(key, 0) + 1
    return counts


def observe(round):
    return lambda: (digests(round.folder, UNEQUAL), told(round.folder), listing(round.folder))


def play(round):
    round.mounted()
    round.lab.template("triplets", lambda: make(round))
    method = round.random.choice(["lora", "lora", "mlp", "full"])
    cache = round.random.choice([["--cache", "cache"], ["--no-cache"]])
    often = round.random.choice([1, 2, 50])
    arguments = [
        "train", "votes.csv", *network.options(round.lab), "-o", "run", "--method", method,
        "--epochs", 2, "--batch-size", 2, "--checkpoint-every", often, *cache, "--quiet",
    ]
    arguments += {"lora": ["--rank", 2], "mlp": ["--hidden", 8], "full": []}[method]
    steps, (wanted, log, names) = round.baseline(f"train {method} {cache[0]} {often}", arguments, observe(round))

    kept = {path: path.read_bytes() for path in sorted((round.folder / "images").iterdir())}

    def change(command):
        round.story.append(damage(round.random.choice(list(kept)), round.random))

    # A second disturbance meets a run that was taken up already.
    for _ in range(round.random.choice([1, 1, 2])):
        round.disturb(arguments, steps, change)
        heal(kept)
    round.run(arguments)
    found, found_log, found_names = observe(round)()
    # Who is given other images learns something else.
    is_other = any(text.startswith(("replaces", "rewrites")) for text in round.story)
    round.expect(found == wanted or is_other, "differs", lambda: "after the repetition: " + differences(found, wanted))
    if round.disturbance.name != "files":
        # Images that are changed and changed back may have been learned from meanwhile.
        round.expect(found_log == log, "log", lambda: "the log: " + differences(found_log, log))
    left = set(found_names) ^ set(names)
    round.expect(not left, "leftover", f"{sorted(left)}")
    round.run(arguments)
    again = observe(round)()
    round.expect(again[0] == found and again[1] == found_log, "twice", "a finished run changes when it is given again")


def heal(kept):
    for path, data in kept.items():
        if path.is_dir():
            path.rmdir()
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)
