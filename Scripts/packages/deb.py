#!/usr/bin/env python3
"""Packs the command for Debian: it takes Debian's libraries, and the Swift runtime in a folder of its own.

    Scripts/packages/deb.py PROGRAM FOLDER   # FOLDER/dreamsim_VERSION-1_amd64.deb

Who packs it is named by DEBFULLNAME and DEBEMAIL, as for Debian's own tools.
"""
import email.utils
import gzip
import pathlib
import re
import shutil
import sys

import archives
import files
import origins
import stage

HERE = pathlib.Path(__file__).resolve().parent
REVISION = f"{files.VERSION}-1"
CONTROL = """Package: dreamsim
Version: {version}
Architecture: amd64
Maintainer: {maintainer}
Installed-Size: {size}
Depends: {depends}
Recommends: ca-certificates, fonts-dejavu-core | fonts-noto-core | fonts-liberation, python3-pip
Section: graphics
Priority: optional
Homepage: {homepage}
Description: perceptual similarity of images
 Measures how similar two images look to people: DreamSim and the metrics
 that it is compared with, such as LPIPS, DISTS and SSIM. It ranks images,
 evaluates metrics on human judgments, searches and deduplicates folders,
 draws heat maps of differences, and serves all of it over HTTP.
"""
AFTER = """#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload >/dev/null || true
fi
"""
BEFORE = """#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    deb-systemd-invoke stop dreamsim.service >/dev/null || true
fi
"""
DEFAULTS = """# Options of 'dreamsim serve' as the service starts it, as in OPTIONS=--metric lite,ssim --port 9000
OPTIONS=
# Every option can be a variable too, as in DREAMSIM_PORT=9000; see 'dreamsim serve --print-config'. Others are explained by
# 'dreamsim help models'. Without a token only this machine is listened to.
#DREAMSIM_OFFLINE=1
#DREAMSIM_TOKEN=
"""
CHANGES = """dreamsim ({version}) unstable; urgency=medium

  * As the project's changelog says, which is beside this file.

 -- {maintainer}  {date}
"""
OVERRIDES = """# The address is of whoever packs it: DEBEMAIL. Debian knows no request for this package.
dreamsim: bogus-mail-host *
dreamsim: bogus-mail-host-in-debian-changelog *
dreamsim: initial-upload-closes-no-bugs *
"""
COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: dreamsim

Files: *
Copyright: {holder}
License: Expat

Files: usr/lib/dreamsim/*
Copyright: Apple Inc. and the Swift project authors
License: Apache-2.0 with Swift-exception

License: Expat
{mit}

License: Apache-2.0 with Swift-exception
 Apache License 2.0, which is in /usr/share/common-licenses/Apache-2.0, with
 the Runtime Library Exception:
{exception}
Comment: The licenses of the Swift packages that are compiled in are in
 /usr/share/doc/dreamsim/licenses.
"""


def indented(text: str) -> str:
    """A text as the continued lines of a field."""
    return "\n".join(" " + (line.strip() or ".") for line in text.strip().splitlines())


def depends(binaries: list[pathlib.Path], own: pathlib.Path) -> str:
    """The packages of the libraries that are linked, as dpkg-shlibdeps finds them, and of those that are loaded."""
    work = files.WORK / "shlibdeps"
    shutil.rmtree(work, ignore_errors=True)
    (work / "debian").mkdir(parents=True)
    (work / "debian/control").write_text("Source: dreamsim\n\nPackage: dreamsim\nArchitecture: amd64\n")
    told = files.run("dpkg-shlibdeps", "-O", "--ignore-missing-info", f"-l{own}", *binaries, cwd=work)
    linked = re.search(r"^shlibs:Depends=(.*)$", told, re.M)[1].split(", ")
    # None has changed its name, since their interfaces have not; Debian 13's packages provide these names.
    return ", ".join(sorted([*linked, "libvips42", "libcurl4"]))


def packed(text: bytes) -> bytes:
    return gzip.compress(text, 9, mtime=0)


def main():
    program, target = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    root = files.WORK / "deb"
    shutil.rmtree(root, ignore_errors=True)
    target.mkdir(parents=True, exist_ok=True)
    stage.stage(program, root / "usr")
    shutil.move(root / "usr/share/zsh/site-functions", root / "usr/share/zsh/vendor-completions")
    for page in (root / "usr/share/man/man1").glob("*.1"):
        page.with_suffix(".1.gz").write_bytes(packed(page.read_bytes()))
        page.unlink()
    (root / "usr/lib/systemd/system").mkdir(parents=True)
    shutil.copyfile(HERE.parents[1] / "packaging/systemd/dreamsim.service", root / "usr/lib/systemd/system/dreamsim.service")
    (root / "etc/default").mkdir(parents=True)
    (root / "etc/default/dreamsim").write_text(DEFAULTS)
    package = target / f"dreamsim_{REVISION}_amd64.deb"
    bill = documents(root / "usr/share/doc/dreamsim", program)
    package.with_suffix(".spdx.json").write_text(bill)
    binaries = [root / "usr/bin/dreamsim", *(root / "usr/lib/dreamsim").glob("*.so*")]
    for path in root.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path == binaries[0] else 0o644)
    (root / "DEBIAN").mkdir()
    control(root, depends(binaries, root / "usr/lib/dreamsim"))
    moment = files.epoch()
    for path in [*root.rglob("*"), root]:
        files.os.utime(path, (moment, moment))
    files.run("dpkg-deb", "--build", "--root-owner-group", "-Zxz", "-z4", root, package,
              env={**files.os.environ, "SOURCE_DATE_EPOCH": str(files.epoch())})
    print(f"{package}: {package.stat().st_size / 1e6:.1f} MB, installed {files.size(root.rglob('*')) / 1e6:.1f} MB")
    print(re.search("^Depends: .*", (root / "DEBIAN/control").read_text(), re.M)[0])


def documents(folder: pathlib.Path, program: pathlib.Path) -> str:
    """Writes the license, the changes, and the licenses of what is taken along; returns the SBOM."""
    license = (files.ROOT / "LICENSE").read_text()
    exception = (origins.swift().texts or [files.ROOT / "LICENSE"])[0].read_text()
    exception = exception[exception.find("## Runtime Library Exception"):].split("\n", 1)[1]
    holder = re.search(r"Copyright \(c\) (.+)", license)[1]
    (folder / "copyright").write_text(COPYRIGHT.format(
        holder=holder, mit=indented(license.split("\n\n", 2)[2]), exception=indented(exception)))
    (folder / "LICENSE").unlink()
    (folder / "changelog.gz").write_bytes(packed((folder / "CHANGELOG.md").read_bytes()))
    changes = CHANGES.format(version=REVISION, maintainer=maintainer(), date=email.utils.formatdate(files.epoch()))
    (folder / "changelog.Debian.gz").write_bytes(packed(changes.encode()))
    overrides = folder.parents[1] / "lintian/overrides"
    overrides.mkdir(parents=True)
    (overrides / "dreamsim").write_text(OVERRIDES)
    (folder / "CHANGELOG.md").unlink()
    parts = origins.of(stage.runtime(program))
    origins.write_licenses([part for part in parts if part.name != "swift"], folder / "licenses")
    bill = origins.bill(f"dreamsim_{REVISION}_amd64", parts)
    (folder / "sbom.spdx.json.gz").write_bytes(packed(bill.encode()))
    return bill


def control(root: pathlib.Path, depends: str):
    """The package's own description, the digests of its files, and what is done when it comes and goes."""
    size = (files.size(root.rglob("*")) + 1023) // 1024
    (root / "DEBIAN/control").write_text(CONTROL.format(
        version=REVISION, depends=depends, size=size, maintainer=maintainer(),
        homepage="https://dreamsim-nights.github.io"))
    (root / "DEBIAN/conffiles").write_text("/etc/default/dreamsim\n")
    installed = [path for path in archives.sorted_files(root) if "DEBIAN" not in path.parts]
    (root / "DEBIAN/md5sums").write_text(files.run(
        "md5sum", *(path.relative_to(root) for path in installed if path.parts[-3:-1] != ("etc", "default")), cwd=root))
    for name, text in (("postinst", AFTER), ("postrm", AFTER), ("prerm", BEFORE)):
        (root / "DEBIAN" / name).write_text(text)
        (root / "DEBIAN" / name).chmod(0o755)


def maintainer() -> str:
    """Who packs it: DEBFULLNAME and DEBEMAIL, else the license's holder."""
    environment = files.os.environ
    name = re.search(r"Copyright \(c\) \d+ (.+)", (files.ROOT / "LICENSE").read_text())[1]
    address = environment.get("DEBEMAIL", "dreamsim@localhost")
    return email.utils.formataddr((environment.get("DEBFULLNAME", name), address))


if __name__ == "__main__":
    main()
