"""What is done to a command that has stopped itself at a step, and how it may end then."""
import os
import signal

from control import FULL_DISK, READ_ONLY_DISK

FAILED, INTERRUPTED = 2, 130


class Disturbance:
    """One that changes nothing by itself: the scenario does, as with images and servers."""

    codes = {0, FAILED}

    def __init__(self, name):
        self.name = name

    def prepare(self, round, control):
        pass

    def act(self, round, command):
        round.change(command)


class Signal(Disturbance):
    def __init__(self, name, number, codes):
        super().__init__(name)
        self.number, self.codes = number, codes

    def prepare(self, round, control):
        # Half a write is what a killed process leaves.
        control["tears"] = self.number == signal.SIGKILL and round.random.random() < 0.5

    def act(self, round, command):
        command.signal(self.number)


class FullDisk(Disturbance):
    """Real where a disk of one's own may be mounted, in every second round; else by faults.c, to the byte."""

    def act(self, round, command):
        room = round.random.choice([0, 0, 1, 100, 4096, 20000])
        if round.mount:
            round.mount.fill(room)
        else:
            command.control["room"] = room
            command.control["disk"] = FULL_DISK


class ReadOnlyDisk(Disturbance):
    """By faults.c: as after a fault of the disk. The system refuses the same to users while files are open for writing."""

    def act(self, round, command):
        command.control["disk"] = READ_ONLY_DISK


class Clock(Disturbance):
    codes = {0}

    def act(self, round, command):
        command.control["seconds"] = round.random.choice([-1, 1]) * round.random.choice([2, 3600, 86400, 400 * 86400])


ALL = {
    disturbance.name: disturbance
    for disturbance in [
        Signal("kill", signal.SIGKILL, {0, FAILED, -signal.SIGKILL}),
        Signal("term", signal.SIGTERM, {0, INTERRUPTED, 143, -signal.SIGTERM}),
        Signal("int", signal.SIGINT, {0, INTERRUPTED, -signal.SIGINT}),
        FullDisk("full"), ReadOnlyDisk("readonly"), Clock("clock"), Disturbance("files"), Disturbance("server"),
    ]
}


class Mount:
    """A small disk of one's own in place of a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.works = os.system(f"mount -t tmpfs -o size=48m none '{folder}' 2>/dev/null") == 0

    def fill(self, room):
        """Takes all but about so many bytes."""
        path = self.folder / ".filler"
        free = os.statvfs(self.folder)
        size = free.f_bavail * free.f_frsize - room
        if size > 0:
            with open(path, "wb") as file:
                os.posix_fallocate(file.fileno(), 0, size)

    def empty(self):
        (self.folder / ".filler").unlink(missing_ok=True)

    def remove(self):
        os.system(f"umount '{self.folder}'")
