#!/usr/bin/env python3
"""Times a build from nothing: processor time, wall time, and a table by module of where the time goes.

    Scripts/bench/build.py                    # the command, in release, in a scratch folder that is removed
    Scripts/bench/build.py --package FOLDER   # that of another checkout, to compare with

Every compiler process is looked at five times a second until it ends; what is shorter than that is counted under 'other'.
The total is the kernel's own account of all children and is exact.
"""
import argparse
import os
import pathlib
import re
import resource
import shutil
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")


def module(arguments: list[str], working: str) -> str | None:
    """The module that a compiler or linker process works on."""
    if "-module-name" in arguments:
        return arguments[arguments.index("-module-name") + 1]
    for argument in arguments:
        if match := re.search(r"/([^/]+)\.build/.*\.o$", argument):
            return match[1] + " (C)"
    name = os.path.basename(arguments[0]) if arguments else ""
    return name if re.match(r"(ld|gold|lld|clang|swift)", name) else None


def look(seen: dict[int, tuple[str, float]], root: str) -> None:
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            arguments = pathlib.Path(f"/proc/{entry}/cmdline").read_bytes().decode(errors="replace").split("\0")
            if not any(root in argument for argument in arguments):
                continue
            fields = pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if (name := module(arguments, root)) and name != "swift-build":
            seen[int(entry)] = (name, (int(fields[11]) + int(fields[12])) / TICK)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", default=str(pathlib.Path(__file__).resolve().parents[2]))
    parser.add_argument("--product", default="dreamsim")
    parser.add_argument("--configuration", default="release")
    parser.add_argument("--keep", action="store_true", help="build into the package's own .build and keep it")
    options = parser.parse_args()
    scratch = pathlib.Path(options.package) / (".build" if options.keep else ".build-timed")
    shutil.rmtree(scratch, ignore_errors=True)
    command = ["swift", "build", "-c", options.configuration, "--product", options.product,
               "--package-path", options.package, "--scratch-path", str(scratch)]
    # Fetching is not building.
    subprocess.run(["swift", "package", "--package-path", options.package, "--scratch-path", str(scratch), "resolve"],
                   check=True, stdout=subprocess.DEVNULL)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    seen: dict[int, tuple[str, float]] = {}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        look(seen, str(scratch))
        time.sleep(0.2)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if process.returncode:
        raise SystemExit(process.returncode)
    modules: dict[str, float] = {}
    for name, seconds in seen.values():
        modules[name] = modules.get(name, 0) + seconds
    print(f"| module | processor time, s |\n|---|---:|")
    for name, seconds in sorted(modules.items(), key=lambda item: -item[1]):
        if seconds >= 1:
            print(f"| {name} | {seconds:.1f} |")
    print(f"| other | {total - sum(s for s in modules.values() if s >= 1):.1f} |")
    print(f"| all | {total:.1f} |\n\nwall time {wall:.1f} s")
    if not options.keep:
        shutil.rmtree(scratch)


main()
