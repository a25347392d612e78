#!/usr/bin/env python3
"""How much honest clients get done while a twentieth of all clients is hostile: 61 of 64 ask for comparisons, embeddings, heat maps and
searches, three send bombs, half bodies, nothing and garbage, as often as the others ask. Turns with the hostile ones and without
come one after the other. Says the throughput of the honest, the memory over time, and what was answered with which status; ends
with 1 when the honest get less than 90 % of what they get alone, memory grows, or an answer is 500. Linux only: each client has
an address of its own. Needs the weights of the model.

    Scripts/service/hostile.py .build/release/dreamsim [--seconds 600] [--turn 30] [--clients 64] [--model lite]
"""
import argparse
import base64
import collections
import json
import random
import re
import socket
import statistics
import sys
import tempfile
import threading
import time

from fairness import Client, Service, gradient, indexed, png, zeros

SHARE = 0.05


def form(parts):
    body = b"".join(
        f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{field}.png"\r\n\r\n'.encode() + data + b"\r\n"
        for field, data in parts)
    return request("POST", "{}", body + b"--edge--\r\n", "multipart/form-data; boundary=edge")


def request(method, path, body=b"", kind=None, length=None):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if kind:
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body) if length is None else length}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def on(path, request):
    return request.replace(b"{}", path.encode(), 1)


def honest_requests(model):
    images = [gradient(96 + 8 * n, 5 * n) for n in range(12)]
    inline = [{"data": base64.b64encode(image).decode()} for image in images]
    a, b, c, d = images[:4]
    requests = [on(f"/v1/compare?metric={model}", form([("reference", images[n]), ("image", images[n + 1])])) for n in range(8)]
    requests += [on("/v1/pairs?metric=psnr", form([("image", a), ("image", a), ("image", b), ("image", b)]))]
    requests += [on(f"/v1/vote?metric={model}", form([("reference", a), ("a", b), ("b", c)]))]
    requests += [on("/v1/heatmap?metric=ssim", form([("reference", d), ("image", d)]))]
    requests += [on("/v1/search?count=5", form([("image", c)]))]
    requests += [request("GET", f"/v1/search?id={n}&count=5") for n in range(1, 5)]
    requests += [request("GET", path) for path in ("/v1/metrics", "/v1/index", "/healthz")]
    body = json.dumps({"image": inline[:2]}).encode()
    return requests + [request("POST", "/v1/embed", body, "application/json")]


def hostile_acts():
    """What is sent, and how many seconds an answer is waited for before the connection is closed."""
    bomb = png(1, 1, b"\0\0\0", packed=zeros(1))
    huge = png(100_000, 100_000, b"", packed=b"x\x9cc")
    large = gradient(3000)
    whole = on("/v1/compare?metric=ssim", form([("reference", large), ("image", large)]))
    yield "bomb", on("/v1/embed", form([("image", bomb)] * 4)), 30
    yield "pixels", on("/v1/embed", form([("image", huge)])), 10
    yield "half a body", whole[: len(whole) // 2], 0
    yield "leaves", whole, 0.05
    yield "announced only", request("POST", "/v1/embed", b"--", "multipart/form-data; boundary=edge", 60 << 20), 0.5
    yield "too large", request("POST", "/v1/embed", b"--", "multipart/form-data; boundary=edge", 1 << 40), 5
    yield "silent", b"", 20
    yield "slow head", b"GET /healthz HTTP/1.1\r\nHost: loc", 15
    yield "garbage", random.Random(1).randbytes(4096), 5
    yield "TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 5
    yield "endless head", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000, 5
    yield "smuggling", request("POST", "/v1/embed", b"0\r\n\r\n", "image/png")[:-5].replace(
        b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"), 5
    yield "nested JSON", request("POST", "/v1/embed", b'{"image":' + b"[" * 2_000_000, "application/json"), 5
    yield "no base64", request("POST", "/v1/embed", b'{"image":{"data":"' + b"A" * 1_000_000 + b'!"}}', "application/json"), 5
    yield "foreign host", b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 5
    yield "unfinished form", on("/v1/embed", form([("image", gradient(64))])).replace(b"--edge--", b"--edgy--"), 5


class Load:
    def __init__(self, service, clients, model):
        self.service, self.requests, self.acts = service, honest_requests(model), list(hostile_acts())
        self.hostile = max(1, round(SHARE * clients))
        self.honest = clients - self.hostile
        self.statuses, self.failures = collections.Counter(), collections.Counter()
        self.lock = threading.Lock()
        self.pace = 0.5

    def ask(self, number, end, counts):
        dice, client = random.Random(number), Client(self.service.port, number)
        done = 0
        while time.monotonic() < end:
            try:
                client.socket.sendall(dice.choice(self.requests))
                status, _ = client.answer()
            except (OSError, ConnectionError, TypeError) as error:
                with self.lock:
                    self.failures[str(error)[:60]] += 1
                client.close()
                client = Client(self.service.port, number)
                continue
            with self.lock:
                self.statuses[status] += 1
            if status == 503:
                time.sleep(1)
            done += status == 200
        client.close()
        counts.append(done)

    def attack(self, number, end):
        dice = random.Random(number)
        while time.monotonic() < end:
            start = time.monotonic()
            _, data, patience = dice.choice(self.acts)
            try:
                client = Client(self.service.port, number)
                client.socket.settimeout(max(patience, 0.01))
                client.socket.sendall(data)
                while client.socket.recv(1 << 16):
                    pass
            except OSError:
                pass
            client.close()
            # As often as an honest one asks.
            time.sleep(max(0, self.pace - (time.monotonic() - start)))

    def turn(self, seconds, with_hostile):
        end, counts = time.monotonic() + seconds, []
        threads = [threading.Thread(target=self.ask, args=(2 + n, end, counts)) for n in range(self.honest)]
        if with_hostile:
            threads += [threading.Thread(target=self.attack, args=(200 + n, end)) for n in range(self.hostile)]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads[: self.honest]:
            thread.join()
        rate = sum(counts) / (time.monotonic() - start)
        for thread in threads[self.honest:]:
            thread.join()
        self.pace = self.honest / max(rate, 0.1)
        return rate


def server_errors(service):
    text = Client(service.port, 1).ask("GET", "/metrics")[1].decode()
    found = re.findall(r'^dreamsim_requests_total\{.*status="(5\d\d)"\} (\d+)', text, re.M)
    counts = collections.Counter()
    for status, count in found:
        counts[status] += int(count)
    refused = dict(re.findall(r'^dreamsim_refused_total\{reason="([a-z-]+)"\} ([1-9]\d*)', text, re.M))
    return counts, refused


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("program")
    arguments.add_argument("--seconds", type=float, default=600, help="how long hostile clients are there, all turns together")
    arguments.add_argument("--turn", type=float, default=30, help="how long a turn lasts")
    arguments.add_argument("--clients", type=int, default=64)
    arguments.add_argument("--model", default="lite")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        index = indexed(given.program, given.model, scratch)
        service = Service(given.program, scratch, "--metric", f"{given.model},ssim,psnr", "--index", index, "--quiet")
        try:
            good = run(service, Load(service, given.clients, given.model), given)
        finally:
            service.stop()
    print("passed" if good else "beyond the bounds")
    sys.exit(0 if good else 1)


def run(service, load, given):
    # Whatever is made at the first use is made now.
    load.turn(min(10, given.turn), True)
    alone, beside, memory = [], [], []
    turns = max(2, round(given.seconds / given.turn))
    for number in range(turns):
        # The order changes, so that what changes with time counts for neither.
        for with_hostile in (False, True) if number % 2 == 0 else (True, False):
            (beside if with_hostile else alone).append(load.turn(given.turn, with_hostile))
            memory.append(service.memory("VmRSS"))
        print(f"turn {number + 1}: {alone[-1]:.1f} requests/s alone, {beside[-1]:.1f} beside hostile ones, {memory[-1]:.0f} MB", flush=True)
    ratio = statistics.median(b / a for a, b in zip(alone, beside))
    third = max(1, len(memory) // 3)
    grown = statistics.mean(memory[-third:]) - statistics.mean(memory[:third])
    errors, refused = server_errors(service)
    print(f"{load.honest} honest clients beside {load.hostile} hostile ones: {100 * ratio:.1f} % of what they do alone (bound: 90)")
    print(f"memory: from {memory[0]:.0f} to {memory[-1]:.0f} MB, at most {max(memory):.0f}; {grown:+.0f} MB between the first and the last third (bound: 10 %)")
    print(f"answers to the honest: {dict(sorted(load.statuses.items()))}; broken connections: {dict(load.failures)}")
    print(f"5xx of all: {dict(errors)}; refused: {refused}")
    flat = grown <= 0.1 * statistics.mean(memory[:third])
    strange = [status for status in load.statuses if status not in (200, 503)]
    return ratio >= 0.9 and flat and not strange and not load.failures and all(status == "503" for status in errors)


if __name__ == "__main__":
    main()
