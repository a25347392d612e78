"""Indexes: made, updated, compacted, verified, exported, imported, and their nearest-neighbor graphs."""
import json
import shutil

import network
from index_state import check_rows, state
from lab import differences, digests, listing
from samples import damage, image

DISTURBANCES = ["kill", "term", "int", "full", "readonly", "clock", "files"]
KINDS = ["create", "create", "update", "update", "compact", "verify", "export", "import", "graph"]
UPDATE = ["index", "--index", "ix", "--quiet"]
GONE = 4400  # entries without files: enough that the program compacts


def play(round):
    kind = round.random.choice(KINDS)
    # Hashes, which need no weights, and embeddings.
    round.model = round.random.choice(["pdq", "pdq", "network"])
    round.story.append(f"index: {kind} with {round.model}")
    if round.random.random() < 0.15:
        round.meeting = lambda: meet(round)
    globals()["play_" + kind](round)


def create(round, *sources, index="ix"):
    """The command that makes an index."""
    model = ["--model", "pdq"] if round.model == "pdq" else network.options(round.lab)
    return ["index", *sources, "--index", index, *model, "--batch-size", 4, "--quiet"]


def baseline(round, key, arguments, see, codes=(0,)):
    return round.baseline(f"{key} {round.model}", arguments, see, codes)


def meet(round):
    """Others read and write the index while its writer stands still in the middle of its work."""
    if not (round.folder / "ix").exists():
        return
    reader = round.run(["index", "check", "--index", "ix", "--quiet"], codes={0, 2})
    writer = round.run(create(round, "images"), codes={0, 2})
    for command in (reader, writer):
        round.expect("damaged" not in command.errors, "damaged", f"beside a writer: {command.errors.strip()}")


def disturb(round, arguments, steps, change=lambda command: None, codes=()):
    """Disturbs a command, and sometimes its repetition too, while it repairs."""
    for _ in range(round.random.choice([1, 1, 2])):
        command = round.disturb(arguments, steps, change, codes)
        if command.code == 0:
            break
    return command


def check(round, folder, is_new=False):
    """`index check` of the index as it was left, of a copy, so that what the next command meets is as it was left."""
    copy = round.folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    if not folder.exists():
        round.expect(is_new, "lost", "the index's folder is gone")
        return
    shutil.copytree(folder, copy)
    command = round.run(["index", "check", "--index", "copy", "--quiet"], codes={0, 2} if is_new else {0})
    if command.code == 2:
        round.expect(
            "is not an index" in command.errors or "was never finished" in command.errors, "damaged", command.errors.strip())
    shutil.rmtree(copy)


def check_finished(round, wanted, wanted_names):
    found = state(round.folder / "ix")
    round.expect(found == wanted, "differs", lambda: "after the repetition: " + differences(found, wanted))
    check_rows(round, round.folder / "ix")
    check(round, round.folder / "ix")
    # SQLite's log stays after a command that only read, or that failed.
    left = (set(listing(round.folder / "ix")) ^ set(wanted_names)) - {"index.sqlite-wal", "index.sqlite-shm"}
    round.expect(not left, "leftover", f"{sorted(left)}")


def observe(round):
    return lambda: (state(round.folder / "ix"), listing(round.folder / "ix"))


# Images

def make_images(folder):
    images = folder / "images"
    images.mkdir()
    for number in range(24):
        # Every sixth is a copy of the one before.
        (images / f"{number:02}.png").write_bytes(image(number - (number % 6 == 5)))


def change_images(folder):
    images = folder / "images"
    for number in [2, 7, 8]:
        (images / f"{number:02}.png").unlink()
    for number in [3, 9]:
        (images / f"{number:02}.png").rename(images / f"moved-{number}.png")
    for number in [4, 10]:
        (images / f"{number:02}.png").write_bytes(image(100 + number))
    for number in range(6):
        (images / f"new-{number}.png").write_bytes(image(200 + number))
    (images / "broken.png").write_bytes(image(300)[:60])


def with_index(round, name, more=lambda: None):
    def make():
        make_images(round.folder)
        round.lab.must(create(round, "images"))
        more()
    round.lab.template(f"{name} {round.model}", make)


def damage_one(round):
    def change(command):
        paths = [path for path in sorted((round.folder / "images").iterdir()) if path.is_file()]
        round.story.append(damage(round.random.choice(paths), round.random))
    return change


# Scenarios

def follow_up(round, arguments, before, wanted, wanted_names, is_new=False, codes=(0,)):
    """After a disturbed command: nothing that was there is lost, what was done is right; the repetition completes it."""
    is_changed = round.disturbance.name == "files"
    left = state(round.folder / "ix")
    if is_changed:
        # What an index of the folder as it is now holds, without a past.
        shutil.rmtree(round.folder / "fresh", ignore_errors=True)
        fresh = round.run(create(round, "images", index="fresh"), codes={0, 2})
        wanted = state(round.folder / "fresh") if fresh.code in (0, 2) else wanted
        shutil.rmtree(round.folder / "fresh", ignore_errors=True)
    else:
        lost = {name: value for name, value in before.items() if wanted.get(name) == value and left.get(name) != value}
        round.expect(not lost, "lost", f"{len(lost)} entries that were committed: {sorted(lost)[:5]}")
        foreign = {name for name, value in left.items() if value not in (wanted.get(name), before.get(name))}
        round.expect(not foreign, "damaged", f"entries that are neither old nor new: {sorted(foreign)[:5]}")
    check(round, round.folder / "ix", is_new)
    round.run(arguments, codes={0, 2} if is_changed else codes)
    check_finished(round, wanted, wanted_names)


def play_create(round):
    round.mounted()
    round.lab.template("images", lambda: make_images(round.folder))
    arguments = create(round, "images")
    steps, (wanted, names) = baseline(round, "create", arguments, observe(round))
    command = disturb(round, arguments, steps, damage_one(round))
    if command.code == 0 and round.disturbance.name != "files":
        round.expect(state(round.folder / "ix") == wanted, "lost", "the command ended with 0 and the index is not complete")
    follow_up(round, arguments, {}, wanted, names, is_new=True)


def play_update(round):
    round.mounted()
    with_index(round, "changed", lambda: change_images(round.folder))
    before = state(round.folder / "ix")
    steps, (wanted, names) = baseline(round, "update", UPDATE, observe(round), codes={2})
    disturb(round, UPDATE, steps, damage_one(round), codes={2})
    follow_up(round, UPDATE, before, wanted, names, codes={0, 2})


def many(round):
    """Adds entries whose files are gone, by an import, so that the next update has something to compact."""
    round.lab.must(["index", "export", "out.ndjson", "--index", "ix", "--quiet"])
    lines = (round.folder / "out.ndjson").read_text().splitlines()
    stamp = next(round.folder.glob("out*.json"))
    about = json.loads(stamp.read_text())
    for number in range(GONE):
        entry = json.loads(lines[number % len(lines)])
        entry["image_path"] = str(round.folder / "images" / f"gone-{number}.png")
        entry["sha256"] = f"{number:064x}"
        lines.append(json.dumps(entry))
    about["rows"] = len(lines)
    stamp.write_text(json.dumps(about))
    (round.folder / "out.ndjson").write_text("\n".join(lines) + "\n")
    round.lab.must(["index", "import", "out.ndjson", "--index", "ix", "--quiet"])
    for path in round.folder.glob("out*"):
        path.unlink()


def play_compact(round):
    round.mounted()
    with_index(round, "many", lambda: many(round))
    before = state(round.folder / "ix")
    steps, (wanted, names) = baseline(round, "compact", UPDATE, observe(round))
    disturb(round, UPDATE, steps, damage_one(round))
    follow_up(round, UPDATE, before, wanted, names)


def play_verify(round):
    round.mounted()

    def harm():
        path = next((round.folder / "ix").glob("vectors-*"))
        data = bytearray(path.read_bytes())
        data[-100] ^= 255
        path.write_bytes(data)

    with_index(round, "harmed", harm)
    before = state(round.folder / "ix")
    arguments = [*UPDATE, "--verify"]
    steps, (wanted, names) = baseline(round, "verify", arguments, observe(round))
    disturb(round, arguments, steps, damage_one(round))
    if round.disturbance.name == "files":
        return follow_up(round, arguments, before, wanted, names)
    # What is damaged stays so until it is repaired: a check may say so.
    round.run(arguments)
    check_finished(round, wanted, names)


def play_export(round):
    round.mounted()
    with_index(round, "index")
    output = round.random.choice(["out", "out.safetensors", "out.csv", "out.ndjson"])
    arguments = ["index", "export", output, "--index", "ix", "--quiet"]
    steps, (wanted, names) = baseline(round, 
        f"export {output}", arguments, lambda: (digests(round.folder, [r"/ix/", "/images/", r"\.part$"]), listing(round.folder)))
    is_older = round.random.random() < 0.5 and output != "out"
    if is_older:
        # An older export of fewer images is replaced: a mixture of both must not be taken for an export.
        round.lab.must(create(round, *[f"images/{n:02}.png" for n in range(12)], index="old"))
        round.lab.must(["index", "export", output, "--index", "old", "--quiet"])
        shutil.rmtree(round.folder / "old")
    # The folder has its name once it is whole, even if the command was stopped just afterwards.
    is_done = disturb(round, arguments, steps).code == 0 or round.folder.joinpath("out").exists()
    if round.folder.joinpath(output).exists():
        command = round.run(["index", "import", output, "--index", "copy", "--quiet"], codes={0, 2})
        if command.code == 0:
            count = len(state(round.folder / "copy"))
            round.expect(count in ({24, 12} if is_older else {24}), "damaged", f"half an export was imported: {count} files")
            whole = state(round.folder / "ix")
            same = all(whole.get(name) == value for name, value in state(round.folder / "copy").items())
            round.expect(same, "damaged", "an import mixes two exports")
        shutil.rmtree(round.folder / "copy", ignore_errors=True)
    # What is finished is not overwritten.
    round.run(arguments, codes={2} if is_done and output == "out" else {0})
    found = digests(round.folder, [r"/ix/", "/images/", r"\.part$"])
    round.expect(found == wanted, "differs", lambda: differences(found, wanted))
    left = set(listing(round.folder)) - set(names)
    round.expect(not left, "leftover", f"{sorted(left)}")


def play_import(round):
    round.mounted()
    output = round.random.choice(["out", "out.safetensors", "out.csv", "out.ndjson"])

    def make():
        round.lab.must(["index", "export", output, "--index", "ix", "--quiet"])
        shutil.rmtree(round.folder / "ix")

    with_index(round, f"export {output}", make)
    arguments = ["index", "import", output, "--index", "ix", "--quiet"]
    steps, (wanted, names) = baseline(round, f"import {output}", arguments, observe(round))
    disturb(round, arguments, steps)
    check(round, round.folder / "ix", is_new=True)
    round.run(arguments)
    check_finished(round, wanted, names)


def play_graph(round):
    round.mounted()
    with_index(round, "index")
    # Which links a point gets depends on which thread comes first.
    arguments = ["index", "graph", "--index", "ix", "--threads", "1", "--quiet"]
    files = lambda: digests(round.folder / "ix", ["sqlite", "lock", "vectors"])
    steps, ((wanted, names), graph) = baseline(round, "graph", arguments, lambda: (observe(round)(), files()))
    disturb(round, arguments, steps)
    check(round, round.folder / "ix")
    round.run(arguments)
    check_finished(round, wanted, names)
    round.expect(files() == graph, "differs", lambda: "the graph: " + differences(files(), graph))
