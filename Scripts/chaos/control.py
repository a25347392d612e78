"""The shared page by which a command that runs with faults.c is stopped at a step, and told what its disk and clock are like."""
import mmap
import pathlib
import struct
import subprocess

OPEN_DISK, FULL_DISK, READ_ONLY_DISK = range(3)


def build(folder):
    """Compiles faults.c into a library; its path."""
    library = pathlib.Path(folder) / "faults.so"
    source = pathlib.Path(__file__).with_name("faults.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return library


class Control:
    """A page of its own for each command; the fields as faults.c has them."""

    FIELDS = {"steps": ("Q", 0), "at": ("Q", 8), "tears": ("I", 16), "disk": ("I", 20), "room": ("q", 24), "seconds": ("q", 32)}
    SIZE = 40

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.write_bytes(bytes(self.SIZE))
        with open(self.path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), self.SIZE)

    def __getitem__(self, name):
        kind, offset = self.FIELDS[name]
        return struct.unpack_from(kind, self.page, offset)[0]

    def __setitem__(self, name, value):
        kind, offset = self.FIELDS[name]
        struct.pack_into(kind, self.page, offset, value)
