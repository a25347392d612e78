"""Other programs that find copies, for copies.py: each takes a folder's images and gives groups of files, and its seconds.

Hashes that a package computes one image at a time are computed on all cores. Packages that leave grouping to the user, as hashes do,
have what hangs together by pairs within the threshold as a group. Thresholds are those that the packages or their authors recommend.
"""
import os
import time
from importlib.metadata import version
from multiprocessing import Pool

import numpy as np
from PIL import Image


def bits(hash):
    return np.asarray(hash, bool).ravel()


def p_hash(path):
    import imagehash
    return bits(imagehash.phash(Image.open(path)).hash)[None]


def d_hash(path):
    import imagehash
    return bits(imagehash.dhash(Image.open(path)).hash)[None]


def pdq(path):
    """The hash and those of the image turned and mirrored; none of an image that PDQ's authors call too plain to hash."""
    import pdqhash
    hashes, quality = pdqhash.compute_dihedral(np.asarray(Image.open(path).convert("RGB")))
    return np.stack([bits(hash) for hash in hashes]) if quality >= 50 else None


def gradient(path):
    """The hash of czkawka 12 as its command and its window have it by default, and those of the image turned and mirrored.

    Rewritten after `czkawka_core/src/tools/similar_images` and `image_hasher`: 16 x 16 signs of differences along the rows of the gray
    image, resized by the nearest neighbor.
    """
    gray = Image.open(path).convert("L")
    hashes = []
    for way in (None, *Image.Transpose):
        small = (gray if way is None else gray.transpose(way)).resize((17, 16), Image.NEAREST)
        rows = np.asarray(small, np.int16)
        hashes.append((rows[:, 1:] > rows[:, :-1]).ravel())
    return np.stack(hashes)


def connected(count, pairs):
    """Groups of numbers below `count` that hang together by pairs."""
    parents = list(range(count))

    def root(index):
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for a, b in pairs:
        parents[root(a)] = root(b)
    groups = {}
    for index in range(count):
        groups.setdefault(root(index), []).append(index)
    return [group for group in groups.values() if len(group) > 1]


def by_hash(hash, limit):
    """Groups by any of an image's hashes within `limit` bits of another's first."""
    def find(folder, files):
        start = time.perf_counter()
        with Pool(os.cpu_count()) as pool:
            found = pool.map(hash, [folder / file for file in files], chunksize=8)
        hashed = time.perf_counter()
        kept = [index for index, hashes in enumerate(found) if hashes is not None]
        hashes = np.stack([found[index] for index in kept]).astype(np.float32)
        first = hashes[:, 0]
        distance = np.min([first @ (1 - turned).T + (1 - first) @ turned.T for turned in hashes.transpose(1, 0, 2)], axis=0)
        pairs = np.argwhere(np.triu(np.minimum(distance, distance.T) <= limit, 1))
        groups = connected(len(kept), pairs)
        return [[files[kept[index]] for index in group] for group in groups], hashed - start, time.perf_counter() - hashed
    return find


def by_imagededup(method, encoding, finding):
    def find(folder, files):
        from imagededup import methods
        # Loads its weights, which is not timed.
        encoder = getattr(methods, method)(verbose=False)
        start = time.perf_counter()
        encodings = encoder.encode_images(folder, recursive=True, **encoding)
        hashed = time.perf_counter()
        duplicates = encoder.find_duplicates(encoding_map=encodings, **finding)
        numbers = {file: number for number, file in enumerate(files)}
        groups = connected(len(files), [(numbers[a], numbers[b]) for a, others in duplicates.items() for b in others])
        return [[files[index] for index in group] for group in groups], hashed - start, time.perf_counter() - hashed
    return find


def by_czkawka(limit):
    def find(folder, files):
        from czkawka import ImageSimilarity
        start = time.perf_counter()
        finder = ImageSimilarity()
        finder.set_directories([folder])
        finder.set_similarity(limit)
        groups = [[str(path.relative_to(folder.resolve())) for path in group] for group in finder.find_similar()]
        # It hashes and groups in one call.
        return groups, time.perf_counter() - start, 0
    return find


# Name: what is printed of it, and what finds groups.
PEERS = {
    "imagehash-phash": ("imagehash", "pHash, 8 of 64 bits, pairs connected", by_hash(p_hash, 8)),
    "imagehash-dhash": ("imagehash", "dHash, 8 of 64 bits, pairs connected", by_hash(d_hash, 8)),
    "pdqhash": ("pdqhash", "PDQ in eight orientations, 31 of 256 bits, quality 50, pairs connected", by_hash(pdq, 31)),
    "imagededup-phash": ("imagededup", "PHash, its default of 10 of 64 bits, pairs connected",
                         by_imagededup("PHash", {"num_enc_workers": os.cpu_count()}, {"max_distance_threshold": 10})),
    "imagededup-cnn": ("imagededup", "CNN (MobileNetV3), its default of 0.9, pairs connected",
                       by_imagededup("CNN", {}, {"min_similarity_threshold": 0.9})),
    "czkawka": ("czkawka", "core 10 as its Python package has it: gradient hash, 5 of 64 bits", by_czkawka(5)),
    "czkawka-12": ("pillow", "czkawka 12's hash rewritten in Python, in eight orientations, 10 of 256 bits, pairs connected",
                   by_hash(gradient, 10)),
}


def title(peer):
    package, what, _ = PEERS[peer]
    return f"{peer}: {package} {version(package)}, {what}"
