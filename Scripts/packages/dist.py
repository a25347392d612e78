#!/usr/bin/env python3
"""Packs the command with all that it needs, so that it runs on any Linux with as new a glibc.

    Scripts/packages/dist.py PROGRAM FOLDER   # FOLDER/dreamsim-VERSION-linux-x86_64.tar.gz and its SBOM

Prints what weighs.
"""
import pathlib
import re
import shutil
import sys

import archives
import files
import manual
import origins

README = """dreamsim {version} for Linux on x86-64

    bin/dreamsim compare a.jpg b.jpg

The folder may lie anywhere, and bin/dreamsim may be linked to. It needs glibc {glibc} or newer and nothing else.
Manual pages and completions are in share/: `man -M share/man dreamsim-compare`.

It reads JPEG, PNG, WebP, GIF, TIFF, BMP and AVIF. HEIC needs a decoder of HEVC, which is not in here; the Debian
package reads it. Downloads of weights take the certificates of the system, or those of SSL_CERT_FILE; weights that
are Python packages, as those of the model `lite`, take a Python 3 with pip.

share/doc/dreamsim has the licenses of all parts, and a list of them as SPDX. The libraries in lib/ can be replaced by
others with the same interface.
"""


FONTS = [pathlib.Path("/usr/share/fonts/truetype/dejavu") / name for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")]


def libraries(programs: list[pathlib.Path]) -> dict[str, pathlib.Path]:
    """All that a package has to bring: what is linked and what is loaded."""
    loaded = {"libcurl.so.4": files.found("libcurl.so.4"), "libvips.so.42": files.libvips()}
    return {**files.closure([*programs, *loaded.values()], {"libopenblas.so.0": files.openblas()}), **loaded}


def place_fonts(folder: pathlib.Path):
    """Fonts for systems that have none."""
    folder.mkdir(parents=True)
    for path in (*FONTS, pathlib.Path(__file__).resolve().parent / "fonts.conf"):
        shutil.copyfile(path, folder / path.name)


def least_glibc(paths) -> str:
    """The oldest glibc that files run with."""
    told = "".join(files.run("readelf", "-VW", path) for path in paths)
    versions = set(re.findall(r"GLIBC_(2\.\d+)", told))
    return max(versions, key=lambda version: int(version.split(".")[1]))


def main():
    program, target = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    name = f"dreamsim-{files.VERSION}-linux-x86_64"
    folder = files.WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    target.mkdir(parents=True, exist_ok=True)
    files.place(program, folder / "bin/dreamsim", "$ORIGIN/../lib")
    taken = libraries([program])
    for library, path in taken.items():
        edits = ["--set-soname", library] if library == "libvips.so.42" else []
        files.place(path, folder / "lib" / library, "$ORIGIN", *edits)
    place_fonts(folder / "lib/fonts")
    manual.write(program, folder / "share")
    parts = origins.of({**taken, **{path.name: path for path in FONTS}})
    documents = folder / "share/doc/dreamsim"
    origins.write_licenses(parts, documents / "licenses")
    shutil.copyfile(files.ROOT / "LICENSE", documents / "LICENSE")
    bill = origins.bill(name, parts)
    (documents / "sbom.spdx.json").write_text(bill)
    (target / f"{name}.spdx.json").write_text(bill)
    binaries = [path for path in folder.rglob("*") if path.is_file() and files.is_linked(path)]
    (folder / "README").write_text(README.format(version=files.VERSION, glibc=least_glibc(binaries)))
    archive = target / f"{name}.tar.gz"
    archives.tar(folder, archive)
    print(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB, unpacked {files.size(folder.rglob('*')) / 1e6:.1f} MB, "
          f"glibc {least_glibc(binaries)}")
    for path in sorted(binaries, key=lambda path: -path.stat().st_size)[:12]:
        print(f"{path.stat().st_size / 1e6:8.1f} MB  {path.relative_to(folder)}")


if __name__ == "__main__":
    main()
