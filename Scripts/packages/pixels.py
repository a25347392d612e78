#!/usr/bin/env python3
"""Compares the pixels that two builds of the command decode, as a package's with those by this machine's libvips.

    Scripts/packages/pixels.py PROGRAM OTHER FOLDER...

Prints how many images both decode to the very same pixels, and names those that differ or that only one decodes.
"""
import csv
import pathlib
import sys
import tempfile

import files


def digests(program: pathlib.Path, folders: list[str]) -> dict[str, str]:
    """The SHA-256 of the pixels of every image that a program reads, by path: what an index keeps of them."""
    with tempfile.TemporaryDirectory() as temporary:
        index, table = f"{temporary}/index", f"{temporary}/images.csv"
        files.subprocess.run([program, "index", *folders, "--index", index, "--model", "pdq", "--quiet"],
                             stderr=files.subprocess.DEVNULL)
        files.run(program, "index", "export", table, "--index", index)
        with open(table, newline="") as text:
            return {row["image_path"]: row["pixels_sha256"] for row in csv.DictReader(text)}


def main():
    programs = [pathlib.Path(path).resolve() for path in sys.argv[1:3]]
    one, other = (digests(program, sys.argv[3:]) for program in programs)
    same = [path for path in one if other.get(path) == one[path]]
    print(f"{len(same)} images have the same pixels by both")
    for path in sorted(set(one) | set(other)):
        if path not in other or path not in one:
            print(f"only {programs[path not in one].name} of {programs[path not in one].parents[1]} decodes {path}")
        elif one[path] != other[path]:
            print(f"other pixels: {path}")


if __name__ == "__main__":
    main()
