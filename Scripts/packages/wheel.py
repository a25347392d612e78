#!/usr/bin/env python3
"""Packs the Python package with the library, the command, and all that both need, as one wheel for every Python 3.

    Scripts/packages/wheel.py LIBRARY PROGRAM FOLDER   # FOLDER/dreamsim_native-VERSION-py3-none-manylinux_….whl

Every library has a name of its own in the wheel, as auditwheel gives: a process that has loaded a libcrypto, as
Python's ssl does, would otherwise take that one for ours, or ours for its own. Two runs over the same files write the
same bytes.
"""
import hashlib
import pathlib
import re
import shutil
import sys
import tomllib

import archives
import dist
import files
import origins

PACKAGE = "dreamsim_native"
LOADED = ("libcurl.so.4", "libvips.so.42")
COMMAND = """#!python
\"\"\"The command `dreamsim` of the wheel; the package is not imported, which would load numpy.\"\"\"
import importlib.util
import os
import sys

folder = importlib.util.find_spec("dreamsim_native").submodule_search_locations[0]
program = os.path.join(folder, "_lib", "dreamsim")
os.execv(program, [program, *sys.argv[1:]])
"""


def own_name(name: str, path: pathlib.Path) -> str:
    """A library's name in the wheel: with a part of its digest."""
    stem, _, rest = name.partition(".so")
    return f"{stem}-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}.so{rest}"


def graft(own: dict[str, pathlib.Path], taken: dict[str, pathlib.Path], folder: pathlib.Path):
    """Puts the package's own files into a folder, and libraries beside them, under names of their own. Those that are
    loaded by their names keep these as names of files."""
    names = {name: own_name(name, path) for name, path in taken.items()}
    for name, path in {**own, **taken}.items():
        edits = ["--set-soname", names[name]] if name in names else []
        for other in files.needed(path):
            edits += ["--replace-needed", other, names[other]] if other in names else []
        files.place(path, folder / (name if name in LOADED or name in own else names[name]), "$ORIGIN", *edits)


def metadata(project: dict) -> str:
    """The package's own description."""
    lines = ["Metadata-Version: 2.4", f"Name: {project['name']}", f"Version: {files.VERSION}",
             f"Summary: {project['description']}", f"License-Expression: {project['license']}", "License-File: LICENSE",
             f"Requires-Python: {project['requires-python']}", f"Keywords: {','.join(project.get('keywords', []))}"]
    lines += [f"Classifier: {text}" for text in project.get("classifiers", [])]
    lines += [f"Requires-Dist: {text}" for text in project["dependencies"]]
    for extra, needs in project.get("optional-dependencies", {}).items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {text}; extra == "{extra}"' for text in needs]
    readme = (files.ROOT / "Python" / project["readme"]).read_text()
    return "\n".join(lines + ["Description-Content-Type: text/markdown", "", readme])


def main():
    library, program, target = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
    target.mkdir(parents=True, exist_ok=True)
    root = files.WORK / "wheel"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(files.ROOT / "Python" / PACKAGE, root / PACKAGE,
                    ignore=shutil.ignore_patterns("__pycache__", "_lib"))
    folder = root / PACKAGE / "_lib"
    taken = {name: path for name, path in dist.libraries([library, program]).items()
             if not files.OF_MANYLINUX.match(name)}
    graft({"libdreamsim.so": library, "dreamsim": program}, taken, folder)
    dist.place_fonts(folder / "fonts")
    binaries = [path for path in folder.iterdir() if path.is_file()]
    tag = f"py3-none-manylinux_{dist.least_glibc(binaries).replace('.', '_')}_x86_64"
    information = f"{PACKAGE}-{files.VERSION}.dist-info"
    (root / information / "licenses").mkdir(parents=True)
    project = tomllib.loads((files.ROOT / "Python/pyproject.toml").read_text())["project"]
    (root / information / "METADATA").write_text(metadata(project))
    (root / information / "WHEEL").write_text(
        f"Wheel-Version: 1.0\nGenerator: dreamsim\nRoot-Is-Purelib: false\nTag: {tag}\n")
    shutil.copyfile(files.ROOT / "LICENSE", root / information / "licenses/LICENSE")
    parts = origins.of({**taken, **{path.name: path for path in dist.FONTS}})
    origins.write_licenses(parts, root / information / "licenses")
    (root / information / "sboms").mkdir()
    bill = origins.bill(f"{PACKAGE}-{files.VERSION}", parts)
    for place in (root / information / "sboms", target):
        (place / f"{PACKAGE}-{files.VERSION}.spdx.json").write_text(bill)
    scripts = root / f"{PACKAGE}-{files.VERSION}.data/scripts"
    scripts.mkdir(parents=True)
    (scripts / "dreamsim").write_text(COMMAND)
    (scripts / "dreamsim").chmod(0o755)
    wheel = target / f"{PACKAGE}-{files.VERSION}-{tag}.whl"
    archives.wheel(root, information, wheel)
    print(f"{wheel}: {wheel.stat().st_size / 1e6:.1f} MB, installed {files.size(root.rglob('*')) / 1e6:.1f} MB")
    print(f"SHA-256 {files.digest(wheel)}")
    for path in sorted(binaries, key=lambda path: -path.stat().st_size)[:10]:
        print(f"{path.stat().st_size / 1e6:8.1f} MB  {path.name}")


if __name__ == "__main__":
    main()
