#!/usr/bin/env python3
"""Runs the steps of packaging/container/Containerfile in a Debian system that has nothing else, and asks the service that it starts.

    Scripts/packages/containerfile.py ROOT FOLDER     # as root; FOLDER has the Debian package

What a builder of images would do is done by chroot: COPY, RUN, USER, ENV, ENTRYPOINT and HEALTHCHECK.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

FILE = pathlib.Path(__file__).resolve().parents[2] / "packaging/container/Containerfile"
KNOWN = {"FROM", "COPY", "RUN", "USER", "WORKDIR", "ENV", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT"}


def steps(text):
    """The instructions with their arguments, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.M).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition(" ")
        assert name in KNOWN, f"'{name}' is no instruction that is known here"
        yield name, rest.strip()


def main():
    root, packages = map(pathlib.Path, sys.argv[1:3])
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root"}
    user, folder, entry, check = "root", "/", None, None
    # Not a part of the image: the system's own user for downloads has no network in a chroot.
    (root / "etc/apt/apt.conf.d/99try").write_text('APT::Sandbox::User "root";\n')

    def command(*arguments):
        # The user has no shell to log in with, and no other groups.
        return ["chroot", f"--userspec={user}:{user}", root, "/usr/bin/env", "-C", folder, *arguments]

    for name, rest in steps(FILE.read_text()):
        if name == "COPY":
            pattern, target = rest.split()
            for file in packages.glob(pattern):
                shutil.copy(file, root / target.lstrip("/"))
        elif name == "RUN":
            told = subprocess.run(command("sh", "-ec", rest), env=environment, capture_output=True, text=True)
            assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]
        elif name == "USER":
            user = rest
        elif name == "WORKDIR":
            folder = rest
        elif name == "ENV":
            environment.update(pair.split("=", 1) for pair in rest.split())
        elif name == "ENTRYPOINT":
            entry = json.loads(rest)
        elif name == "HEALTHCHECK":
            check = json.loads(rest.partition("CMD ")[2])
    assert not list((root / "tmp").glob("*.deb")), "the package is left in the image"
    environment |= {"DREAMSIM_TOKEN": "0123456789abcdef", "DREAMSIM_METRIC": "ssim,psnr", "DREAMSIM_OFFLINE": "1"}
    service = subprocess.Popen(command(*entry), env=environment, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(600):
            assert service.poll() is None, service.stderr.read()
            if subprocess.run(command(*check), env=environment, capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        else:
            raise SystemExit("the service does not answer")
        assert os.stat(f"/proc/{service.pid}").st_uid != 0, "the service is root"
    finally:
        service.terminate()
        assert service.wait(60) == 0, service.stderr.read()
    print("the Containerfile's steps work, and its service is alive and ends when it is told to")


if __name__ == "__main__":
    main()
