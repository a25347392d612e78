"""Small images, made of nothing but seeds: pieces of smooth color, unlike each other enough for every metric."""
import math
import random
import struct
import zlib

SIDE = 64


def pixels(seed, side=SIDE):
    chance = random.Random(seed)
    waves = [(chance.uniform(-4, 4), chance.uniform(-4, 4), chance.uniform(0, 7), chance.randrange(3)) for _ in range(9)]
    rows = []
    for y in range(side):
        row = bytearray()
        for x in range(side):
            color = [128.0, 128.0, 128.0]
            for across, down, phase, channel in waves:
                color[channel] += 40 * math.sin(6.283 * (across * x + down * y) / side + phase)
            row += bytes(max(0, min(255, int(value))) for value in color)
        rows.append(bytes(row))
    return rows


def png(rows, level=6):
    """A PNG file; another level gives other bytes of the same pixels."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), level)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


_files = {}


def image(seed, level=6):
    if (seed, level) not in _files:
        _files[seed, level] = png(pixels(seed), level)
    return _files[seed, level]


def damage(path, chance):
    """Removes, cuts, replaces or rewrites a file; says what."""
    other = image(f"other {chance.randrange(50)}")
    kind = chance.choice(["removes", "cuts", "empties", "replaces", "rewrites", "puts a folder in place of", "lengthens"])
    if kind == "removes":
        path.unlink()
    elif kind == "cuts":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif kind == "empties":
        path.write_bytes(b"")
    elif kind == "replaces":
        new = path.with_name("new.tmp")
        new.write_bytes(other)
        new.rename(path)
    elif kind == "rewrites":
        path.write_bytes(other)
    elif kind == "lengthens":
        path.write_bytes(path.read_bytes() + bytes(100))
    else:
        path.unlink()
        path.mkdir()
    return f"{kind} {path.name}"
