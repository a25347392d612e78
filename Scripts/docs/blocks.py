#!/usr/bin/env python3
"""Checks every code block of the README, CONTRIBUTING.md, Documentation and the articles.

    Scripts/docs/blocks.py BIN           # BIN: the folder that holds the built command
    Scripts/docs/blocks.py BIN --static  # runs nothing

- A `swift` block is part of a file of Examples/, all of which the package compiles; indentation may differ.
- An `sh` block runs, with those of the same file, in a scratch folder that holds Samples/. One that begins with
  '# not run by CI' and a reason does not.
- Wherever a command `dreamsim ...` stands, also in the running text, its subcommands and options exist.

Says what is wrong as FILE:LINE: PROBLEM, and how long each file's commands took.
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_RUN = re.compile(r"# not run by CI.*\w")


def documents() -> list[pathlib.Path]:
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("Documentation/*.md"),
             *ROOT.glob("Sources/*/*.docc/**/*.md")]
    return sorted(path for path in found if path.exists())


def blocks(path: pathlib.Path) -> list[tuple[int, str, str]]:
    """The fenced blocks of a file: line, language, text. The line is that of the first line of the text."""
    text = path.read_text()
    return [(text.count("\n", 0, match.start()) + 2, match[1], match[2])
            for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.S | re.M)]


def compiled() -> str:
    """All of Examples/, each line without what it is indented by."""
    files = sorted(ROOT.glob("Examples/**/*.swift"))
    return "\n".join(flat(path.read_text()) for path in files)


def flat(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


class Command:
    """What `dreamsim` understands, by its own account."""

    def __init__(self, folder: str):
        text = subprocess.run([folder + "/dreamsim", "--experimental-dump-help"], check=True, stdout=subprocess.PIPE)
        self.root = json.loads(text.stdout)["command"]

    def fault(self, line: str) -> str | None:
        try:
            words = shlex.split(line, comments=True)[1:]
        except ValueError:
            return None
        command, path, asks_help = self.root, "dreamsim", False
        if words[:1] == ["help"]:
            words, asks_help = words[1:], True
        for word in words:
            if word in ("|", ">", "&&", ";", "||"):
                break
            inner = {name: child for child in command.get("subcommands", [])
                     for name in [child["commandName"], *child.get("aliases", [])]}
            if word in inner:
                command, path = inner[word], f"{path} {word}"
            elif word.startswith("-") and len(word) > 1 and not re.match(r"-[\d.]", word):
                if word.split("=")[0] not in self.options(command):
                    return f"'{path}' has no option {word}"
            elif inner and not any(child["commandName"] == command.get("defaultSubcommand") for child in inner.values()) \
                    and (command is self.root or asks_help) and re.match(r"[a-z-]+$", word):
                return f"'{path}' has no subcommand {word}"
        return None

    def options(self, command: dict) -> set[str]:
        default = command.get("defaultSubcommand")
        names = {("--" if name["kind"] == "long" else "-") + name["name"]
                 for argument in command.get("arguments", []) for name in argument.get("names", [])}
        for child in command.get("subcommands", []):
            if child["commandName"] == default:
                names |= self.options(child)
        return names | {"--help", "-h", "--version"}


def commands(path: pathlib.Path):
    """Every place that shows a command: (line, text)."""
    language = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("```"):
            language = None if language is not None else line[3:]
        elif language in ("sh", "") or (language is None and line.startswith("    ")):
            if line.strip().startswith("dreamsim "):
                yield number, line.strip()
        elif language is None:
            for code in re.findall(r"`(dreamsim [a-z][^`]*)`", line):
                yield number, code


def run(path: pathlib.Path, texts: list[str], folder: str) -> str | None:
    name, started = path.relative_to(ROOT), time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(ROOT / "Samples", scratch + "/Samples")
        process = subprocess.run(
            ["bash", "-euo", "pipefail", "-x", "-c", "\n".join(texts)], cwd=scratch, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"})
    print(f"{name}: {len(texts)} blocks, {time.monotonic() - started:.1f} s", flush=True)
    if process.returncode:
        return f"{name}: a command failed:\n" + textwrap.indent("\n".join(process.stdout.splitlines()[-12:]), "    ")
    return None


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != "--static"]
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    folder = str(pathlib.Path(arguments[0]).resolve())
    command, examples, faults, seen = Command(folder), compiled(), [], 0
    for path in documents():
        name, runnable = path.relative_to(ROOT), []
        for line, language, text in blocks(path):
            seen += language in ("swift", "sh")
            if language == "swift" and flat(text) not in examples:
                faults.append(f"{name}:{line}: the block is not part of a file of Examples/")
            if language == "sh" and not NOT_RUN.match(text):
                runnable.append(text)
        faults += [f"{name}:{line}: {fault}" for line, text in commands(path) if (fault := command.fault(text))]
        if runnable and "--static" not in sys.argv and (fault := run(path, runnable, folder)):
            faults.append(fault)
    if seen < 10:
        faults.append("found hardly any code block; is the layout still what this script expects?")
    print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
    return 1 if faults else 0


sys.exit(main())
