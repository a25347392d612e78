"""Duplicates that are moved into a folder and back: no file is ever lost, doubled or replaced."""
import collections
import hashlib

from lab import listing
from samples import damage, image

DISTURBANCES = ["kill", "term", "int", "full", "readonly", "clock", "files"]
APPLY = ["dedupe", "--index", "ix", "--tier", "identical-pixels", "--quiet"]


def make(round):
    for folder in ["images/a", "images/b"]:
        (round.folder / folder).mkdir(parents=True)
    for number in range(12):
        (round.folder / f"images/a/{number:02}.png").write_bytes(image(number))
        if number % 2:
            # The same pixels, in other bytes every second time.
            (round.folder / f"images/b/{number:02}.png").write_bytes(image(number, 6 if number % 4 == 1 else 1))
        if number % 3 == 0:
            (round.folder / f"images/b/again-{number:02}.png").write_bytes(image(number))
    round.lab.must(["index", "images", "--index", "ix", "--model", "pdq", "--quiet"])


def files(round):
    """SHA-256 of the images by their paths."""
    return {
        str(path.relative_to(round.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(round.folder.rglob("*.png")) if path.is_file()
    }


def contents(round):
    return collections.Counter(files(round).values())


def play(round):
    round.mounted()
    round.lab.template("duplicates", lambda: make(round))
    original = files(round)
    steps, (done, names) = round.baseline(
        "apply", [*APPLY, "--apply", "dup"], lambda: (files(round), listing(round.folder)))
    wanted = [contents(round)]

    def change(command):
        paths = [path for path in sorted((round.folder / "images").rglob("*.png")) if path.is_file()]
        round.story.append(damage(round.random.choice(paths), round.random))
        wanted[0] = contents(round)

    if round.random.random() < 0.4:
        return play_undo(round, original, wanted, change)
    command = round.disturb([*APPLY, "--apply", "dup"], steps, change)
    round.expect(contents(round) == wanted[0], "lost", "files are lost or doubled by moving them")
    if round.disturbance.name == "files":
        return None
    if command.code == 0:
        round.expect(files(round) == done, "differs", "it ended with 0, and not all was moved as it should be")
    plan = round.folder / "dup" / "undo.json"
    round.expect(plan.exists() or files(round) == original, "lost", "files were moved without a file to undo it")
    if round.random.random() < 0.5:
        # The same again: either it completes, or it says that something is there already and how to take it back.
        again = round.run([*APPLY, "--apply", "dup"], codes={0, 2} if plan.exists() else {0})
        if again.code == 0:
            round.expect(files(round) == done, "differs", "the repetition did not move what an undisturbed run moves")
        elif command.code:
            round.expect("undo" in again.errors, "message", f"no word on how to take half a move back: {again.errors.strip()}")
    if plan.exists():
        undo(round, original)
    check_again(round, done, names)
    return None


def undo(round, original):
    round.run(["dedupe", "--undo", "dup/undo.json", "--quiet"])
    round.expect(files(round) == original, "differs", "not all files are back after the undoing")
    round.run(["dedupe", "--undo", "dup/undo.json", "--quiet"])
    round.expect(files(round) == original, "twice", "undoing twice changes something")


def check_again(round, done, names):
    """From the beginning, into a new folder."""
    round.run([*APPLY, "--apply", "dup2"])
    found = {name.replace("dup2/", "dup/"): digest for name, digest in files(round).items()}
    round.expect(found == done, "differs", "moving again, into a new folder, moves something else")
    left = {name.replace("dup2", "dup") for name in listing(round.folder)} ^ set(names)
    if round.disturbance.name in ["readonly", "kill"]:
        # What was left there goes when the folder is written to again, and this one is not.
        left = {name for name in left if not name.startswith("dup/.dreamsim-")}
    round.expect(not left, "leftover", f"{sorted(left)}")


def play_undo(round, original, wanted, change):
    round.lab.must([*APPLY, "--apply", "dup"])
    arguments = ["dedupe", "--undo", "dup/undo.json", "--quiet"]
    steps, _ = round.baseline("undo", arguments, lambda: None)
    round.disturb(arguments, steps, change)
    round.expect(contents(round) == wanted[0], "lost", "files are lost or doubled by moving them back")
    if round.disturbance.name != "files":
        undo(round, original)
