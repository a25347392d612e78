#!/usr/bin/env python3
"""Writes a manual page of every subcommand from what the command says of itself, and its completions for shells.

    Scripts/packages/manual.py PROGRAM FOLDER   # FOLDER/man/man1/dreamsim-compare.1, FOLDER/bash-completion/...
"""
import datetime
import json
import pathlib
import re
import sys

import files

SHELLS = {
    "bash": "bash-completion/completions/dreamsim",
    "zsh": "zsh/site-functions/_dreamsim",
    "fish": "fish/vendor_completions.d/dreamsim.fish",
}


def escaped(text: str) -> str:
    """A text as roff that shows it as it is: what is a hyphen in a command must be one that can be copied."""
    for plain, shown in (("\\", "\\e"), ("-", "\\-"), ("'", "\\(aq"), ("`", "\\(ga"), ("^", "\\(ha"), ("~", "\\(ti")):
        text = text.replace(plain, shown)
    return re.sub(r"^\.", "\\\\&.", text, flags=re.M)


def bold(text: str) -> str:
    return f"\\fB{escaped(text)}\\fR"


def spelled(name: dict) -> str:
    return ("--" if name["kind"] == "long" else "-") + name["name"]


def value(argument: dict) -> str:
    return f"\\fI{escaped(argument['valueName'])}\\fR"


def names(argument: dict) -> list[str]:
    """An option's names, short ones first."""
    return sorted(map(spelled, argument["names"]), key=lambda name: (name.startswith("--"), name.startswith("--no-")))


def synopsis(arguments: list[dict]) -> str:
    """How the command is called; options that are not required are one word."""
    words = []
    if any(argument["kind"] != "positional" and argument["isOptional"] for argument in arguments):
        words.append("[\\fIoptions\\fR]")
    for argument in arguments:
        if argument["kind"] == "positional":
            word = value(argument)
        elif not argument["isOptional"]:
            word = f"{bold(spelled(argument['preferredName']))} {value(argument)}"
        else:
            continue
        word += " ..." if argument["isRepeating"] else ""
        words.append(f"[{word}]" if argument["isOptional"] else word)
    return " ".join(words)


def described(argument: dict) -> list[str]:
    """An option or operand and what it is."""
    if argument["kind"] == "positional":
        head = value(argument)
    else:
        head = ", ".join(map(bold, names(argument)))
        if argument["kind"] == "option":
            head += " " + value(argument)
    text = escaped(argument.get("abstract", ""))
    if argument.get("allValues") and "values:" not in text:
        text += f" Values: {escaped(', '.join(argument['allValues']))}."
    if argument.get("defaultValue"):
        text += f" Default: {escaped(argument['defaultValue'])}."
    return [".TP", head, text.strip()]


def discussion(text: str) -> tuple[list[str], list[str]]:
    """Paragraphs as they flow, and sections under their titles; indented lines stay as they are."""
    first, sections = [], []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.split("\n")
        page = first
        if re.fullmatch(r"[A-Z][A-Z ]+", lines[0]):
            sections += [f'.SH "{lines.pop(0)}"']
            page = sections
        elif sections:
            page = sections
        page += [".PP"] if not page or not page[-1].startswith(".SH") else []
        is_literal = False
        for line in lines:
            if line.startswith(" ") != is_literal:
                is_literal = not is_literal
                page += [".RS 2", ".nf"] if is_literal else [".fi", ".RE"]
            page.append(escaped(line[2:] if is_literal else line))
        page += [".fi", ".RE"] if is_literal else []
    return first, sections


def page(path: list[str], command: dict, date: str) -> str:
    """The page of one command."""
    name = "-".join(path)
    arguments = [argument for argument in command.get("arguments", []) if argument["shouldDisplay"]]
    below = [sub for sub in command.get("subcommands", []) if sub["commandName"] != "help" and sub["shouldDisplay"]]
    told, sections = discussion(command.get("discussion", ""))
    lines = [f'.TH "{escaped(name.upper())}" 1 {date} "dreamsim {files.VERSION}" "DreamSim"', '.SH "NAME"',
             f"{escaped(name)} \\- {escaped(command['abstract'].rstrip('.'))}", '.SH "SYNOPSIS"',
             f"{bold(' '.join(path))} {synopsis(arguments)}"]
    if below:
        lines += [".br", f"{bold(' '.join(path))} \\fIsubcommand\\fR ..."]
    lines += ['.SH "DESCRIPTION"', escaped(command["abstract"]), *told]
    operands = [argument for argument in arguments if argument["kind"] == "positional"]
    if operands:
        lines += ['.SH "ARGUMENTS"', *(line for argument in operands for line in described(argument))]
    title = None
    for argument in sorted((argument for argument in arguments if argument["kind"] != "positional"),
                           key=lambda argument: argument.get("sectionTitle") or ""):
        if (argument.get("sectionTitle") or "Options") != title:
            title = argument.get("sectionTitle") or "Options"
            lines.append(f'.SH "{escaped(title.upper())}"')
        lines += described(argument)
    if below:
        lines.append('.SH "SUBCOMMANDS"')
        for sub in below:
            lines += [".TP", f"\\fB{escaped('-'.join([name, sub['commandName']]))}\\fR(1)", escaped(sub["abstract"])]
    lines += sections
    if len(path) > 1:
        lines += ['.SH "SEE ALSO"', f"\\fB{escaped('-'.join(path[:-1]))}\\fR(1)"]
    return "\n".join(lines) + "\n"


def pages(path: list[str], command: dict, date: str, folder: pathlib.Path):
    path = path + [command["commandName"]]
    (folder / f"{'-'.join(path)}.1").write_text(page(path, command, date))
    for sub in command.get("subcommands", []):
        if sub["commandName"] != "help" and sub["shouldDisplay"]:
            pages(path, sub, date, folder)


def write(program: pathlib.Path, folder: pathlib.Path):
    """Writes all of a program into a folder `share`."""
    manual = folder / "man/man1"
    manual.mkdir(parents=True, exist_ok=True)
    date = datetime.datetime.fromtimestamp(files.epoch(), datetime.timezone.utc).strftime("%Y-%m-%d")
    pages([], json.loads(files.run(program, "--experimental-dump-help"))["command"], date, manual)
    for shell, name in SHELLS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        script = files.run(program, "--generate-completion-script", shell)
        # It is read by a shell, and does not choose one.
        (folder / name).write_text(script.removeprefix("#!/bin/bash\n"))


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]))
