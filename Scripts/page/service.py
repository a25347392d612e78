"""What the page is tested with: images, an index, a report, triplets, and the service itself."""
import contextlib
import csv
import fcntl
import os
import pathlib
import random
import re
import shutil
import subprocess
import threading

from PIL import Image, ImageDraw, ImageFilter

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "Samples"
MODEL = os.environ.get("DREAMSIM_PAGE_MODEL", "vits14-focus")
METRICS = f"{MODEL},ssim,psnr"


def sample(name):
    return SAMPLES / f"{name}.jpg"


def make_disc(path):
    """A bright disc on a dark ground, which stands out."""
    image = Image.new("RGB", (320, 240), (30, 50, 70))
    ImageDraw.Draw(image).ellipse((80, 40, 240, 200), fill=(230, 60, 40))
    image.save(path)
    return path


def make_photos(folder):
    """Forty crops of two photographs, and three files that are there more than once."""
    folder.mkdir()
    chance = random.Random(1)
    for name in ("scene", "different"):
        with Image.open(SAMPLES / f"{name}.jpg") as image:
            image = image.convert("RGB")
            for number in range(20):
                share = chance.uniform(0.4, 0.8)
                width, height = int(image.width * share), int(image.height * share)
                left, top = chance.randrange(image.width - width), chance.randrange(image.height - height)
                crop = image.crop((left, top, left + width, top + height)).resize((320, 240))
                crop.rotate(chance.uniform(-4, 4)).save(folder / f"{name}-{number:02d}.jpg", quality=92)
    shutil.copy(folder / "scene-00.jpg", folder / "copy-of-scene-00.jpg")
    for source in ("scene-01", "different-03"):
        with Image.open(folder / f"{source}.jpg") as image:
            image.save(folder / f"{source}-again.jpg", quality=60)
    return folder


def make_triplets(folder):
    """Six triplets of which nobody has judged any; and the same as if somebody had."""
    folder.mkdir()
    chance = random.Random(2)
    rows = []
    for number in range(6):
        with Image.open(SAMPLES / ("scene.jpg" if number % 2 == 0 else "different.jpg")) as image:
            image = image.convert("RGB")
            box = (20 * number, 10 * number, 20 * number + 260, 10 * number + 220)
            crop = image.crop(box)
            crop.save(folder / f"{number}-ref.png")
            crop.filter(ImageFilter.GaussianBlur(1 + number)).save(folder / f"{number}-blurred.png")
            crop.crop((30, 30, 200, 180)).resize(crop.size).save(folder / f"{number}-cropped.png")
        rows.append([f"{number}-ref.png", f"{number}-blurred.png", f"{number}-cropped.png"])
    with open(folder / "triplets.csv", "w", newline="") as file:
        csv.writer(file).writerows([["ref", "left", "right"]] + rows)
    with open(folder / "judged.csv", "w", newline="") as file:
        csv.writer(file).writerows(
            [["ref", "left", "right", "vote", "group"]]
            + [row + [chance.choice([0, 0, 0.25, 1]), "photo" if i % 2 else "drawing"] for i, row in enumerate(rows)])
    return folder


def make_home(folder):
    """A cache that shares the weights of the user's, so that what is learnt of test images does not stay."""
    home = pathlib.Path(os.environ.get("DREAMSIM_HOME", pathlib.Path.home() / ".cache/dreamsim"))
    folder.mkdir()
    for name in ("weights", "merged", "records", "locks", "downloads"):
        (home / name).mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(home / name)
    return folder


class Service:
    """The service with everything that the page can show."""

    def __init__(self, dreamsim, scratch):
        self.dreamsim, self.scratch = dreamsim, scratch
        self.environment = dict(os.environ, DREAMSIM_HOME=str(make_home(scratch / "home")))
        self.photos = make_photos(scratch / "photos")
        self.triplets = make_triplets(scratch / "triplets")
        (scratch / "reports").mkdir()
        self.run("models", "pull", MODEL)
        self.run("index", self.photos, "--index", scratch / "photos.index", "--model", MODEL)
        self.run("evaluate", "triplets", self.triplets / "judged.csv", "--metric", METRICS, "--name", "samples",
                 "--output", scratch / "reports/samples.json")
        self.log, self.process, self.address = [], None, None
        self.start()

    def run(self, *arguments):
        result = subprocess.run([self.dreamsim, *map(str, arguments)], env=self.environment, capture_output=True, text=True)
        if result.returncode != 0:
            raise SystemExit(f"dreamsim {' '.join(map(str, arguments))}: {result.stderr}")
        return result.stdout

    @property
    def usual(self):
        """Everything that the page can show."""
        return ("--index", self.scratch / "photos.index", "--reports", self.scratch / "reports",
                "--triplets", self.triplets / "triplets.csv", "--repeat-share", "0.4", "--cutout")

    def start(self, *options, token=None, metrics=METRICS):
        arguments = options or self.usual
        self.process = subprocess.Popen(
            [self.dreamsim, "serve", "--port", "0", "--metric", metrics, *map(str, arguments)],
            env=dict(self.environment, **({"DREAMSIM_TOKEN": token} if token else {})),
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self.address = None
        for line in self.process.stderr:
            self.log.append(line)
            # The page says by itself that metrics are being loaded.
            found = re.search(r"port (\d+) is open", line)
            if found:
                self.address = f"http://127.0.0.1:{found.group(1)}"
                break
        if self.address is None:
            raise SystemExit("the service did not start:\n" + "".join(self.log))
        threading.Thread(target=lambda pipe: self.log.extend(pipe), args=(self.process.stderr,), daemon=True).start()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    @contextlib.contextmanager
    def fetching_elsewhere(self):
        """As while another process fetches the weights: they are not there, and it holds their locks."""
        home = self.scratch / "home"
        names = ("weights", "locks")
        kept = {name: (home / name).readlink() for name in names}
        for name in names:
            (home / name).unlink()
            (home / name).mkdir()
        with contextlib.ExitStack() as held:
            for lock in kept["locks"].glob("*.whl-*.lock"):
                fcntl.flock(held.enter_context(open(home / "locks" / lock.name, "w")), fcntl.LOCK_EX)
            try:
                yield
            finally:
                for name in names:
                    shutil.rmtree(home / name)
                    (home / name).symlink_to(kept[name])

    @property
    def votes(self):
        """The judgments that were kept."""
        path = self.triplets / "triplets.votes.csv"
        if not path.exists():
            return []
        with open(path, newline="") as file:
            return list(csv.DictReader(file))
