"""Where rounds take place: always in the same folder, since indexes keep absolute paths."""
import csv
import hashlib
import pathlib
import random
import re
import shutil
import signal

from command import Command
from control import build
from disturbances import ALL, Mount

# What a message must not be: texts of the system's libraries that name no remedy.
RAW = re.compile(r"Error Domain|Code=\d|(couldn.t|could not) be completed|Fatal error|NSCocoa|DatabaseError|SQLite reports|NIO\w*Error")


class Lab:
    def __init__(self, folder, program, seed, can_mount):
        self.folder, self.program, self.seed, self.can_mount = pathlib.Path(folder).resolve(), program, seed, can_mount
        self.round, self.home = self.folder / "round", self.folder / "home"
        self.round.mkdir(parents=True)
        self.library = build(self.folder)
        self.commands = 0
        self.running = []
        self.baselines = {}
        self.templates = {}

    def template(self, name, make):
        """A folder that is made once, by `make` in the folder of rounds, and copied from then on."""
        if name not in self.templates:
            self.clear()
            make()
            kept = self.folder / "templates" / name
            shutil.copytree(self.round, kept, symlinks=True)
            self.templates[name] = kept
        self.clear()
        fill(self.round, self.templates[name])

    def clear(self):
        for path in self.round.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        # What a command may keep between rounds would make them depend on each other.
        shutil.rmtree(self.home, ignore_errors=True)

    def end_all(self):
        """Ends what a round left running."""
        for command in self.running:
            if command.code is None:
                command.signal(signal.SIGKILL)
        self.running = []

    def must(self, arguments, **options):
        """Runs a command that nothing disturbs and that has to work; its output."""
        command = Command(self, arguments, **options).start().wait()
        if command.code != 0:
            raise RuntimeError(f"{' '.join(command.arguments)}: ends with {command.code}\n{command.errors}")
        return command.output


class Round:
    """One scenario with one disturbance. What is found wrong is kept in `faults`: kind and text."""

    def __init__(self, lab, number, scenario, disturbance, steps=()):
        self.lab, self.number, self.folder = lab, number, lab.round
        self.random = random.Random(f"{lab.seed} {number} {scenario} {disturbance}")
        self.disturbance = ALL[disturbance]
        self.faults, self.story = [], []
        # Where commands were stopped, and where they are to be, in a round that is repeated.
        self.stops, self.given = [], list(steps)
        self.mount = None
        self.change = self.meeting = None
        self.was_reached = False

    def fault(self, kind, text):
        self.faults.append((kind, text))

    def expect(self, holds, kind, text):
        if not holds:
            self.fault(kind, text() if callable(text) else text)
        return holds

    # Running

    def mounted(self):
        """Puts a small disk in place of the folder, for full disks, where that is possible; the folder must be empty."""
        if self.disturbance.name == "full" and self.lab.can_mount and self.random.random() < 0.5:
            mount = Mount(self.folder)
            self.mount = mount if mount.works else None

    def baseline(self, key, arguments, observe, codes=(0,), environment=None):
        """What a command does that nothing disturbs: its steps, and what `observe` sees after it. The folder is as before."""
        if key not in self.lab.baselines:
            before = self.lab.folder / "before"
            shutil.rmtree(before, ignore_errors=True)
            shutil.copytree(self.folder, before, symlinks=True)
            command = Command(self.lab, arguments, environment).start().wait()
            if command.code not in codes:
                raise RuntimeError(f"undisturbed, {command.arguments} ends with {command.code}\n{command.errors}")
            self.lab.baselines[key] = (command.control["steps"], observe())
            self.lab.clear()
            fill(self.folder, before)
        return self.lab.baselines[key]

    def disturb(self, arguments, steps, change=None, codes=(), environment=None):
        """Runs a command that is disturbed at one of its steps, drawn at random; `codes` may end it besides others."""
        self.change = change or self.change
        command = Command(self.lab, arguments, environment)
        command.control["at"] = self.draw(steps)
        self.disturbance.prepare(self, command.control)
        command.start().wait(self.act)
        self.finish_disturbing(command, codes)
        return command

    def draw(self, steps):
        """The step to stop at."""
        drawn = 1 + int(self.random.random() * steps)
        self.stops.append(self.given.pop(0) if self.given else drawn)
        return self.stops[-1]

    def act(self, command):
        """Disturbs a command that has stopped itself."""
        if self.meeting:
            self.meeting()
        self.disturbance.act(self, command)

    def finish_disturbing(self, command, codes=()):
        if self.mount:
            self.mount.empty()
        self.was_reached = command.was_stopped
        self.tell(command, f"{self.disturbance.name} at step {command.control['at']} of {command.control['steps']}")
        self.check_end(command, self.disturbance.codes.union(codes))

    def run(self, arguments, codes=(0,), environment=None):
        """Runs a command that nothing disturbs."""
        command = Command(self.lab, arguments, environment).start().wait()
        self.tell(command, "undisturbed")
        self.check_end(command, codes)
        return command

    def tell(self, command, what):
        self.story.append(f"$ dreamsim {' '.join(command.arguments)}\n  {what}: ends with {command.code}\n{command.errors.rstrip()}")

    def check_end(self, command, codes):
        name = " ".join(command.arguments[:2])
        if not self.expect(not command.hangs, "hang", f"{name}: does not end"):
            return
        errors = command.errors
        crash = command.code < 0 and command.code not in (-2, -9, -15)
        self.expect(
            command.code in codes, "crash" if crash else "exit",
            lambda: f"{name}: ends with {command.code}, allowed are {sorted(codes)}: {errors.strip()[-400:]}")
        if command.code == 2:
            check_message(self, name, errors)


def check_message(round, name, errors):
    """A failure has a line `dreamsim: error: subject: problem; remedy`; none is raw text of a library."""
    lines = re.findall(r"^dreamsim: error: (.*)", errors, re.MULTILINE)
    round.expect(lines, "message", f"{name}: fails without a line 'dreamsim: error:': {errors[-300:]}")
    for line in lines:
        round.expect(not RAW.search(line), "message", f"{name}: raw text: {line}")
    if lines:
        complete = any(re.match(r".+?: .+[;(:] ?.+", line) and ";" in line for line in lines)
        round.expect(complete, "message", f"{name}: no remedy: {lines[-1]}")


def fill(folder, source):
    """Copies what is in a folder into another."""
    shutil.copytree(source, folder, symlinks=True, dirs_exist_ok=True)


def listing(folder):
    """The names below a folder, those of random or dated names made equal."""
    names = []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        name = re.sub(r"vectors-\d+-\w+\.bin", "vectors-N.bin", name)
        names.append(re.sub(r"events\.out\.tfevents\.[\d.]+dreamsim[\d.]+", "events", name))
    return sorted(set(names) if any(name.endswith("events") for name in names) else names)


def digests(folder, leaving_out=()):
    """SHA-256 of every file below a folder, by its name."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(without_times(path.read_bytes())).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(re.search(pattern, str(path)) for pattern in leaving_out)
    }


def differences(found, wanted, most=4):
    """How two dictionaries differ, for people."""
    texts = [f"{key}: lacks" for key in wanted.keys() - found.keys()]
    texts += [f"{key}: too many" for key in found.keys() - wanted.keys()]
    texts += [f"{key}: {found[key]} instead of {wanted[key]}" for key in found.keys() & wanted.keys() if found[key] != wanted[key]]
    return "; ".join(sorted(map(str, texts))[:most]) + (f"; {len(texts)} in all" if len(texts) > most else "")


def without_times(content):
    """A file's bytes but for change times of images in an export: a copy of a folder has others."""
    if content.startswith(b"image_path,"):
        rows = list(csv.reader(content.decode(errors="replace").splitlines()))
        place = rows[0].index("changed")
        return "\n".join(",".join(cell for i, cell in enumerate(row) if i != place) for row in rows).encode()
    return re.sub(rb'"changed":\d+', b'"changed":0', content)
