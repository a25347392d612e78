"""Downloads from a server that fails: whatever happens, the next one resumes, and every file is whole or not there."""
import io
import os
import random
import threading
import zipfile

from command import Command
from lab import differences, digests, listing
from server import Server

DISTURBANCES = ["kill", "term", "int", "full", "readonly", "clock", "files", "server", "server"]
ADAPTER = "dinov2_vitb14_single_lora"
SIZE = 600_000


def archive(version):
    """A release as its publishers zip it, with bytes of no meaning: downloads are not loaded here."""
    members = {
        f"{ADAPTER}/adapter_config.json": b'{"r": 16}' + version,
        f"{ADAPTER}/adapter_model.safetensors": random.Random(b"adapter" + version).randbytes(SIZE // 10),
        "dinov2_vitb14_pretrain.pth": random.Random(b"backbone" + version).randbytes(SIZE),
    }
    bytes = io.BytesIO()
    with zipfile.ZipFile(bytes, "w", zipfile.ZIP_DEFLATED) as zip:
        for name, data in members.items():
            zip.writestr(zipfile.ZipInfo(name), data)
    return bytes.getvalue()


# Downloads: the name to ask for, and the bytes of two versions.
FILES = {
    "dinov2_vitb14": (archive(b""), archive(b"2")),
    "dino_vits16-untuned": (random.Random(1).randbytes(SIZE), random.Random(2).randbytes(SIZE - 999)),
}


def play(round):
    name = round.random.choice(list(FILES))
    server = Server(FILES[name][0])
    try:
        play_with(round, name, server)
    finally:
        server.end()


def play_with(round, name, server):
    arguments = ["models", "pull", name, "--quiet"]
    environment = {"DREAMSIM_MIRROR": server.address, "DREAMSIM_HOME": str(round.folder / "home")}

    def observe():
        return digests(round.folder / "home" / "weights"), listing(round.folder / "home")

    wanted = {}
    for version, data in enumerate(FILES[name]):
        server.data = data
        steps, wanted[version] = round.baseline(f"{name} {version}", arguments, observe, environment=environment)
    server.data = FILES[name][0]
    round.mounted()
    chance = round.random
    is_stalled = False
    if round.disturbance.name == "server":
        faults = chance.choices(["cut", "drop", "refuse", "whole", "stall"], k=chance.choice([1, 1, 1, 2, 4]))
        server.plan = [(fault, chance.random()) for fault in faults]
        is_stalled = "stall" in faults
        round.story.append(f"the server: {server.plan}")
    elif chance.random() < 0.5:
        # A part is there already, when the disturbance comes.
        server.plan = [("cut", chance.random())]
    is_replaced = chance.random() < 0.2
    second = Command(round.lab, arguments, environment).start() if chance.random() < 0.2 else None

    def change(command):
        if is_replaced:
            server.data = FILES[name][1]
        if round.disturbance.name == "files":
            harm(round)

    if is_stalled:
        # Nobody waits a minute for it here.
        threading.Timer(0.7, server.going.set).start()
    round.disturb(arguments, steps, change, environment=environment)
    if second:
        second.wait()
        round.tell(second, "beside it")
        is_unharmed = round.disturbance.name in ("kill", "term", "int", "clock", "server") and len(server.plan) < 3
        round.check_end(second, {0} if is_unharmed else {0, 2})
    if round.disturbance.name == "files":
        shorten(round)
    server.plan, before = [], server.requests
    last = round.run(arguments, environment=environment)
    found, names = observe()
    options = [wanted[0][0], wanted[1][0]] if is_replaced else [wanted[0][0]]
    round.expect(found in options, "differs", lambda: differences(found, options[0]))
    left = set(names) ^ set(wanted[0][1])
    if round.disturbance.name == "files":
        # What was removed from outside, such as a lock, is not missed.
        left &= set(names)
    round.expect(not left, "leftover", f"{sorted(left)}")
    round.run(["models", "verify", name], environment=environment)
    again = round.run(arguments, environment=environment)
    round.expect(last.code or again.code or server.requests - before <= 2, "twice", f"{server.requests - before} requests")


def harm(round):
    """Removes a file of a download that is half done, as people do who tidy up caches."""
    paths = [path for path in (round.folder / "home").glob("[!w]*/*") if path.is_file()]
    if paths:
        path = round.random.choice(sorted(paths))
        round.story.append(f"removes {path.name}")
        path.unlink()


def shorten(round):
    """Cuts what is half done, as a file system does that lost its last writes."""
    for path in sorted((round.folder / "home" / "downloads").glob("*")):
        if path.is_file() and round.random.random() < 0.5:
            round.story.append(f"cuts {path.name}")
            os.truncate(path, int(round.random.random() * path.stat().st_size))
