#!/usr/bin/env python3
"""Installs the command as it was built, with the Swift runtime in a folder of its own.

    Scripts/packages/stage.py PROGRAM PREFIX              # installs; DESTDIR of the environment comes before the prefix
    Scripts/packages/stage.py PROGRAM PREFIX --remove     # removes what was installed
"""
import argparse
import os
import pathlib
import shutil

import files
import manual

LIST = "share/doc/dreamsim/installed"


def runtime(program: pathlib.Path) -> dict[str, pathlib.Path]:
    """The libraries of the toolchain that a program needs."""
    folder = pathlib.Path(shutil.which("swift")).resolve().parents[1] / "lib/swift/linux"
    return {name: path for name, path in files.closure([program]).items() if path.is_relative_to(folder)}


def stage(program: pathlib.Path, root: pathlib.Path):
    """Puts the command and all that belongs to it below a prefix."""
    files.place(program, root / "bin/dreamsim", "$ORIGIN/../lib/dreamsim")
    for name, path in runtime(program).items():
        files.place(path, root / "lib/dreamsim" / name, "$ORIGIN")
        (root / "lib/dreamsim" / name).chmod(0o644)
    manual.write(program, root / "share")
    documents = root / "share/doc/dreamsim"
    documents.mkdir(parents=True, exist_ok=True)
    for name in ("LICENSE", "CHANGELOG.md"):
        shutil.copyfile(files.ROOT / name, documents / name)


def remove(root: pathlib.Path):
    """Removes what is listed, and folders that become empty."""
    if not (root / LIST).exists():
        raise SystemExit(f"{root / LIST}: it is not there; name the PREFIX that dreamsim was installed with")
    for name in [*(root / LIST).read_text().splitlines(), LIST]:
        (root / name).unlink(missing_ok=True)
        for folder in (root / name).parents:
            if folder == root or not folder.exists() or any(folder.iterdir()):
                break
            folder.rmdir()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("prefix", type=pathlib.Path)
    parser.add_argument("--remove", action="store_true")
    options = parser.parse_args()
    root = pathlib.Path(os.environ.get("DESTDIR", "") + str(options.prefix.absolute()))
    if options.remove:
        return remove(root)
    work = files.WORK / "install"
    shutil.rmtree(work, ignore_errors=True)
    stage(options.program.resolve(), work)
    names = sorted(str(path.relative_to(work)) for path in work.rglob("*") if path.is_file())
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        # A program that runs is replaced, not written over.
        (root / name).unlink(missing_ok=True)
        shutil.copy(work / name, root / name)
    (root / LIST).write_text("\n".join(names) + "\n")
    print(f"installed in {root}: {len(names)} files")


if __name__ == "__main__":
    main()
