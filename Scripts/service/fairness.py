#!/usr/bin/env python3
"""Whether the service is fair and keeps to its bounds while clients ask for all that they may: searches while others compare
large images, the work of a client that has left, decompression bombs, and the memory of the worst bodies. By raw sockets; each
client has an address of its own (127.0.0.2 and so on), so that it runs on Linux only. Needs the weights of a model and of LPIPS, and numpy
for --vectors.

    Scripts/service/fairness.py .build/release/dreamsim [--seconds 30]
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

TICKS = os.sysconf("SC_CLK_TCK")
HEAVY, HEAVIEST = "lpips-alex", "lpips-vgg"


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, row, color=2, depth=8, packed=None):
    """A PNG of which every row is the same; `packed` stands in for its pixels."""
    if packed is None:
        pack = zlib.compressobj(6)
        packed = b"".join(pack.compress(b"\0" + row) for _ in range(height)) + pack.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def gradient(side, shift=0):
    return png(side, side, bytes((x // 16 + c * 70 + shift) % 256 for x in range(side) for c in range(3)))


def zeros(gigabytes):
    pack = zlib.compressobj(9)
    block = bytes(1 << 24)
    return b"".join(pack.compress(block) for _ in range(gigabytes * 64)) + pack.flush()


class Client:
    def __init__(self, port, number):
        self.socket = socket.socket()
        self.socket.bind((f"127.0.0.{number}", 0))
        self.socket.settimeout(180)
        self.socket.connect(("127.0.0.1", port))

    def send(self, method, path, parts=()):
        body, kind = b"", ""
        if parts:
            for field, data in parts:
                head = f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{field}.png"\r\n\r\n'
                body += head.encode() + data + b"\r\n"
            body += b"--edge--\r\n"
            kind = f"Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: {len(body)}\r\n"
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n".encode() + body)

    def answer(self):
        data = b""
        while b"\r\n\r\n" not in data:
            part = self.socket.recv(1 << 16)
            if not part:
                raise ConnectionError("no answer")
            data += part
        head, body = data.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(body) < length:
            body += self.socket.recv(1 << 16)
        return int(head.split()[1]), body

    def ask(self, *request):
        self.send(*request)
        return self.answer()

    def close(self):
        self.socket.close()


class Service:
    def __init__(self, program, scratch, *options):
        self.process = subprocess.Popen(
            [program, "serve", "--port", "0", *options], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        told = []
        for line in self.process.stderr:
            told.append(line)
            if found := re.search(r"listening on http://[^/]+:(\d+)/", line):
                self.port = int(found[1])
                break
        else:
            sys.exit("the service did not start: " + "".join(told))
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        while Client(self.port, 1).ask("GET", "/readyz")[0] != 200:
            time.sleep(0.1)

    def processor_time(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def memory(self, name="VmHWM"):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(150)


def quantile(times, share):
    times = sorted(times)
    return times[min(len(times) - 1, int(share * len(times)))]


def searches(port, seconds, how=""):
    client, times, end = Client(port, 200), [], time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        status, body = client.ask("GET", f"/v1/search?id={len(times) % 40 + 1}{how}")
        times.append(time.monotonic() - start)
        if status != 200:
            sys.exit(f"search: {status} {body}")
        time.sleep(0.02)
    return times


def told(name, times):
    print(f"{name}: p50 {1000 * quantile(times, 0.5):.1f} ms, p99 {1000 * quantile(times, 0.99):.1f} ms, "
          f"most {1000 * max(times):.1f} ms of {len(times)}", flush=True)
    return quantile(times, 0.99)


def fairness(service, seconds, ways):
    for name, how in ways:
        told(f"searches alone{name}", searches(service.port, 5, how))
    images = [("reference", gradient(3400))] + [("image", gradient(3400, 5 * n)) for n in range(1, 5)]
    statuses, stop = [], threading.Event()

    def compare(number):
        while not stop.is_set():
            client = Client(service.port, number)
            status, body = client.ask("POST", f"/v1/compare?metric={HEAVY}", images)
            statuses.append(status)
            if status == 503:
                time.sleep(min(2, json.loads(body).get("retryAfter", 1)))

    threads = [threading.Thread(target=compare, args=(2 + n,), daemon=True) for n in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    p99 = [
        told(f"searches while eight clients compare 4 pairs of 3400x3400{name}", searches(service.port, seconds, how))
        for name, how in ways]
    client, start = Client(service.port, 100), time.monotonic()
    status, _ = client.ask("POST", "/v1/embed", [("image", gradient(300))])
    print(f"an embedding meanwhile: {status} after {time.monotonic() - start:.2f} s")
    stop.set()
    for thread in threads:
        thread.join(150)
    print("their answers:", {status: statuses.count(status) for status in sorted(set(statuses))})
    return min(p99) < 0.05


def leaving(service):
    pair = [("reference", gradient(2700)), ("image", gradient(2700, 9))]
    good = True
    for path in (f"/v1/compare?metric={HEAVIEST}", f"/v1/heatmap?metric={HEAVIEST}"):
        client = Client(service.port, 2)
        client.send("POST", path, pair)
        time.sleep(4)
        client.close()
        left, start = time.monotonic(), service.processor_time()
        status, _ = Client(service.port, 3).ask("POST", "/v1/embed", [("image", gradient(300))])
        wait = time.monotonic() - left
        time.sleep(max(0, 1 - wait))
        before = service.processor_time()
        time.sleep(1)
        used = service.processor_time() - before
        print(f"{path}, left after 4 s: an embedding {status} after {wait:.2f} s; from 1 s to 2 s after it left: {used:.2f} s "
              "of processor time", flush=True)
        good = good and used < 0.3 and wait < 2
    return good


def bombs(service):
    bomb = png(1, 1, b"", packed=zeros(4))
    good = True
    for count in (1, 4):
        before = service.processor_time()
        status, body = Client(service.port, 2).ask("POST", "/v1/embed", [("image", bomb)] * count)
        used = service.processor_time() - before
        print(f"{count} PNG of 1x1 with 4 GiB of zeros: {status}, {1000 * used:.0f} ms of processor time", flush=True)
        good = good and status >= 400 and used < 0.05 * count + 1.5 / TICKS
    return good


def worst_bodies():
    row16 = bytes(8 * 7000)
    wide = gradient(2000)
    deep = png(7000, 7000, row16, color=6, depth=16)
    large = gradient(7000)
    full = gradient(3400)
    yield "12 RGBA-16 of 7000x7000, embedded", "/v1/embed", [("image", deep)] * 12
    yield "the same, compared", "/v1/compare?metric=ssim", [("reference", deep)] + [("image", deep)] * 11
    yield "12 RGB of 7000x7000, embedded", "/v1/embed", [("image", large)] * 12
    yield "64 RGB of 3400x3400, SSIM", "/v1/compare?metric=ssim", [("reference", full)] + [("image", full)] * 63
    yield "12 RGB of 3400x3400, LPIPS", f"/v1/compare?metric={HEAVY}", [("reference", full)] + [("image", full)] * 11
    yield "a heat map of 3400x3400, LPIPS", f"/v1/heatmap?metric={HEAVY}", [("reference", full), ("image", full)]
    yield "a heat map of 3400x3400, SSIM, side by side", "/v1/heatmap?metric=ssim&layout=sheet", [
        ("reference", full), ("image", full)]
    broad = png(700_000, 17, bytes(3 * 700_000))
    yield "a pair of 700,000x17, LPIPS", f"/v1/compare?metric={HEAVY}", [("reference", broad), ("image", broad)]
    yield "a pair of 700,000x17, VGG", f"/v1/compare?metric={HEAVIEST}", [("reference", broad), ("image", broad)]
    yield "a body of 60 MB that is no image", "/v1/embed", [("image", bytes(60 << 20))]
    yield "127 of 2000x2000, resized to 2048", "/v1/compare?metric=ssim&resize=2048", [("reference", wide)] + [
        ("image", wide)] * 126


def memory(service, bound):
    rest = service.memory("VmRSS")
    print(f"at rest: {rest:.0f} MB; the bound: {rest:.0f} + {bound} MB")
    good = True
    for name, path, parts in worst_bodies():
        service.forget_peak()
        start = time.monotonic()
        status, _ = Client(service.port, 2).ask("POST", path, parts)
        peak = service.memory() - rest
        print(f"{name}: {status} after {time.monotonic() - start:.1f} s, {peak:.0f} MB more", flush=True)
        good = good and peak < 1.1 * bound
    return good


def indexed(program, model, scratch):
    """The folder of an index of 40 images, which is made."""
    photos = pathlib.Path(scratch, "photos")
    photos.mkdir()
    for n in range(40):
        (photos / f"{n}.png").write_bytes(gradient(64 + n, 3 * n))
    index = str(pathlib.Path(scratch, "index"))
    subprocess.run([program, "index", str(photos), "--index", index, "--model", model], check=True, capture_output=True)
    return index


def synthetic(program, model, vectors, scratch):
    """The folder of an index of so many vectors with its graph, which is made: of clouds in 48 dimensions, imported as the model's."""
    import numpy as np

    export, index = pathlib.Path(scratch, "export"), str(pathlib.Path(scratch, "many"))
    subprocess.run([program, "index", "export", export, "--index", indexed(program, model, scratch)], check=True, capture_output=True)
    random = np.random.default_rng(1)
    stamp = json.loads((export / "stamp.json").read_text())
    (export / "stamp.json").write_text(json.dumps({**stamp, "rows": vectors}))
    width = stamp["width"]
    planes = random.normal(size=(48, width)).astype(np.float32)
    centers = random.normal(size=(vectors // 30 + 1, 48)).astype(np.float32)
    rows = (centers[np.arange(vectors) % len(centers)] + 0.3 * random.normal(size=(vectors, 48)).astype(np.float32)) @ planes
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows = rows.astype(np.float16)
    np.save(export / "img_emb/img_emb_0.npy", rows)
    with open(export / "metadata/metadata_0.ndjson") as file:
        one = json.loads(file.readline())
    with open(export / "metadata/metadata_0.ndjson", "w") as file:
        for row in range(vectors):
            digest = hashlib.sha256(str(row).encode()).hexdigest()
            one.update(image_path=f"{scratch}/none/{row}.png", sha256=digest, pixels_sha256=digest, crc32=zlib.crc32(rows[row].tobytes()))
            file.write(json.dumps(one) + "\n")
    for part in (["index", "import", export, "--index", index], ["index", "graph", "--index", index]):
        subprocess.run([program, *part], check=True, stdout=subprocess.DEVNULL)
    return index


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("program")
    arguments.add_argument("--seconds", type=float, default=30, help="how long searches are timed")
    arguments.add_argument("--model", default="vits14-focus")
    arguments.add_argument("--vectors", type=int, help="search so many synthetic vectors, also by their graph, not 40 images")
    arguments.add_argument("--only", choices=["fairness", "leaving", "bombs", "memory"])
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        ways = [("", "")]
        if given.vectors:
            index = synthetic(given.program, given.model, given.vectors, scratch)
            ways.append((", approximately", "&approximate=true"))
        else:
            index = indexed(given.program, given.model, scratch)
        options = ["--metric", f"{given.model},ssim,{HEAVY},{HEAVIEST}", "--index", index, "--quiet"]
        tests = {
            "fairness": lambda service: fairness(service, given.seconds, ways), "leaving": leaving, "bombs": bombs,
            "memory": lambda service: memory(service, 3 * 512),
        }
        failed = []
        for name, test in tests.items():
            if given.only not in (None, name):
                continue
            service = Service(given.program, scratch, *options)
            try:
                if not test(service):
                    failed.append(name)
            finally:
                service.stop()
        print("passed" if not failed else f"beyond the bounds: {', '.join(failed)}")
        sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
