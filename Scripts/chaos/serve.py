"""The voting room of the service: every judgment that was answered with 200 is kept once, and no other."""
import csv
import json
import random
import re
import signal
import threading
import time
import urllib.error
import urllib.request

from command import Command
from control import OPEN_DISK
from lab import listing
from samples import damage, image

DISTURBANCES = ["kill", "kill", "term", "int", "full", "readonly", "clock", "files"]
ARGUMENTS = [
    "serve", "--metric", "pdq", "--triplets", "triplets.csv", "--repeat-share", "0.3", "--port", "0", "--queue", "16", "--quiet",
]
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def make(round):
    (round.folder / "images").mkdir()
    for number in range(9):
        (round.folder / f"images/{number}.png").write_bytes(image(number))
    lines = ["ref,left,right"]
    lines += [f"images/{n % 9}.png,images/{(n + 1) % 9}.png,images/{(n + 2 + n // 9) % 9}.png" for n in range(12)]
    (round.folder / "triplets.csv").write_text("\n".join(lines) + "\n")


class Service:
    """A service that runs, watched by a thread of its own, since a stopped process answers nothing."""

    def __init__(self, round, at=0):
        self.round = round
        self.command = Command(round.lab, ARGUMENTS)
        if at:
            self.command.control["at"] = at
            round.disturbance.prepare(round, self.command.control)
        self.command.start()
        self.thread = threading.Thread(
            target=self.command.wait, args=(round.act,))
        self.thread.start()
        self.address = None
        end = time.monotonic() + 20
        while self.command.code is None and not self.address and time.monotonic() < end:
            found = re.search(r"http://[\d.:]+", self.command.errors)
            self.address = found and found[0]
            time.sleep(0.002)

    def ask(self, method, path):
        """Status and body; status None when no answer came."""
        try:
            with DIRECT.open(urllib.request.Request(self.address + path, method=method), timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return None, b""

    def state(self):
        """The state of the room, once the service has loaded what it needs; None when it has gone."""
        for _ in range(500):
            if not self.address:
                return None
            status, body = self.ask("GET", "/v1/voting")
            if status is None:
                return None
            if status == 200:
                return json.loads(body)
            time.sleep(0.01)
        raise RuntimeError(f"the room does not open: {status} {body}")

    def end(self):
        if self.command.code is None:
            self.command.signal(signal.SIGTERM)
        self.thread.join()
        return self.command


class Voter:
    """Judges until nothing waits or nobody answers, and keeps account of what was answered."""

    def __init__(self, round, chance):
        self.round, self.chance, self.kept, self.unsure = round, chance, [], None

    def vote(self, service):
        chance = self.chance
        refusals = 0
        # Only what was judged since the service began can be taken back as the last.
        own = 0
        while (state := service.state()) and state.get("trial"):
            if self.unsure:
                self.settle(state)
            done = state["progress"]["done"]
            if done != len(self.kept):
                self.round.fault("lost", f"{done} judgments are kept, {len(self.kept)} were answered with 200")
                return
            if chance.random() < 0.2:
                status, body = service.ask("GET", state["trial"][chance.choice(["reference", "left", "right"])] + "?side=64")
                self.round.expect(status is None or status < 500, "message", f"an image: {status} {body[:200]}")
            before = list(self.kept)
            takes_back = own and chance.random() < 0.1
            if takes_back:
                after, (status, body) = before[:-1], service.ask("DELETE", "/v1/voting/judgments/last")
            else:
                side = chance.choice(["left", "right"])
                path = f"/v1/voting/judgments?trial={state['trial']['number']}&choice={side}&seconds=1"
                after, (status, body) = [*before, side], service.ask("POST", path)
            if status == 200:
                self.kept = after
                own += -1 if takes_back else 1
            elif status is None:
                self.unsure = (before, after)
            else:
                refusals += 1
                self.check_refusal(status, body)
                if refusals == 2:
                    self.heal(service)
                if refusals > 4:
                    self.round.fault("exit", f"a judgment is refused though the disk is well again: {status} {body[:300]}")
                    return

    def settle(self, state):
        """What no answer came to either counts or does not."""
        fitting = [kept for kept in self.unsure if len(kept) == state["progress"]["done"]]
        self.round.expect(fitting, "lost", f"{state['progress']['done']} judgments are kept, not {[len(k) for k in self.unsure]}")
        self.kept, self.unsure = (fitting or [self.unsure[0]])[0], None

    def check_refusal(self, status, body):
        try:
            problem = json.loads(body)
        except ValueError:
            problem = {}
        is_expected = self.round.disturbance.name in ("full", "readonly") and status >= 500 and "advice" in str(problem)
        self.round.expect(is_expected or "disk" in str(problem), "message", f"a judgment is answered {status} {body[:300]}")

    def heal(self, service):
        service.command.control["disk"] = OPEN_DISK
        if self.round.mount:
            self.round.mount.empty()


def rows(round):
    path = round.folder / "triplets.votes.csv"
    return list(csv.DictReader(path.open())) if path.exists() else []


def check(round, voter):
    found = rows(round)
    keys = [(row["id"], row["repeat"]) for row in found]
    round.expect(len(set(keys)) == len(keys), "twice", f"a triplet is judged twice: {sorted(keys)}")
    sides = ["right" if (row["vote"] == "1") != (row["swapped"] == "1") else "left" for row in found]
    options = voter.unsure or [voter.kept]
    round.expect(sides in options, "lost", f"the table has {sides}, answered were {options}")


def undisturbed(round):
    if "serve" not in round.lab.baselines:
        service = Service(round)
        Voter(round, random.Random(1)).vote(service)
        service.end()
        names = listing(round.folder)
        round.lab.baselines["serve"] = (service.command.control["steps"], names)
        round.lab.template("triplets to judge", lambda: make(round))
    return round.lab.baselines["serve"]


def play(round):
    round.lab.template("triplets to judge", lambda: make(round))
    steps, names = undisturbed(round)
    round.lab.clear()
    round.mounted()
    round.lab.template("triplets to judge", lambda: make(round))
    round.change = lambda command: round.story.append(
        damage(round.random.choice([path for path in sorted((round.folder / "images").iterdir()) if path.is_file()]), round.random))
    voter = Voter(round, round.random)
    service = Service(round, at=round.draw(steps))
    voter.vote(service)
    command = service.end()
    round.finish_disturbing(command, {0, 2} if not service.address else {0, -signal.SIGKILL} if command.hangs else {0})
    check(round, voter)
    for path in (round.folder / "images").iterdir():
        if path.is_dir():
            path.rmdir()
    (round.folder / "images" / "new.tmp").unlink(missing_ok=True)
    for number in range(9):
        (round.folder / f"images/{number}.png").write_bytes(image(number))
    service = Service(round)
    voter.vote(service)
    round.tell(service.end(), "undisturbed")
    round.check_end(service.command, {0})
    check(round, voter)
    total = 12 + 4
    round.expect(len(rows(round)) == total, "lost", f"{len(rows(round))} of {total} judgments are in the table")
    left = set(listing(round.folder)) ^ set(names)
    round.expect(not left, "leftover", f"{sorted(left)}")
    if round.random.random() < 0.2:
        round.run(["evaluate", "triplets", "triplets.votes.csv", "--metric", "pdq", "--no-cache", "--quiet", "--resamples", "10"])
