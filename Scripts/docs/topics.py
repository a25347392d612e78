#!/usr/bin/env python3
"""Sees to it that every public symbol has a place in the Topics of its product's articles.

    Scripts/docs/topics.py               # fails when one has none, or when a topic is no public symbol
    Scripts/docs/topics.py --fill        # adds the missing to the product's first article, under a heading that is made
                                         # of the folder of their source, and takes out what is not there any more
    Scripts/docs/topics.py -c debug      # reads the products of a debug build; the default is release

Members and nested types stand on their type's page, and need no topic. The products must have been built.
"""
import argparse
import collections
import pathlib
import re
import sys

import symbols

# Headings for folders whose names say less.
TITLES = {"Alterations": "Alterations of images", "Analyses": "Reports", "Catalog": "Models", "Codecs": "Images",
          "Comparing": "Comparing many images", "Core": "Measuring", "Data": "Human judgments", "HTML": "Reports",
          "Loading": "Models", "Maps": "Where images differ", "Masks": "Where images differ", "Plots": "Drawing",
          "Profiles": "Calibration profiles", "Resizing": "Images", "Running": "Evaluating", "Support": "Errors",
          "Synthesis": "Image optimization", "Weights": "Models"}
LINK = re.compile(r"^- ``([^`/]+)``$", re.M)


def articles(product: str) -> list[pathlib.Path]:
    """The product's articles, its first one before the others."""
    found = sorted((symbols.ROOT / "Sources" / product).glob("*.docc/**/*.md"))
    return sorted(found, key=lambda path: not path.read_text().startswith(f"# ``{product}``"))


def heading(symbol: dict) -> str:
    """`Sources/DreamSimCore/Metrics/Learned/LPIPS.swift` belongs under 'Metrics', `Sources/DreamSimTensors/X.swift` under 'Tensors'."""
    parts = pathlib.PurePosixPath(symbol["location"]["uri"].split("/Sources/", 1)[1]).parts
    name = parts[1] if len(parts) > 2 else parts[0].removeprefix("DreamSim") or "General"
    return TITLES.get(name) or re.sub(r"(?<=[a-z])([A-Z])", lambda match: " " + match[1].lower(), name)


def topics(text: str) -> str:
    return text.partition("\n## Topics\n")[2]


def fill(path: pathlib.Path, missing: dict[str, str], stale: set[str]) -> None:
    text = path.read_text()
    head, mark, section = text.partition("\n## Topics\n")
    for name in stale:
        section = section.replace(f"- ``{name}``\n", "")
    groups = collections.defaultdict(list)
    for name, title in missing.items():
        groups[title].append(f"- ``{name}``\n")
    for title, lines in sorted(groups.items()):
        before, found, after = section.partition(f"\n### {title}\n")
        if not found:
            before, found, after = section.rstrip("\n") + "\n", f"\n### {title}\n", ""
        own, rest = re.fullmatch(r"(\n?(?:- .*\n)*)((?:.|\n)*)", after).groups()
        section = before + found + own + "".join(sorted(lines)) + rest
    # A heading without a topic says nothing.
    section = re.sub(r"\n### .*\n+(?=\n### |\Z)", "\n", section)
    section = re.sub(r"\n{3,}", "\n\n", section).strip("\n")
    path.write_text(f"{head.rstrip()}\n\n## Topics\n\n{section}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-c", "--configuration", default="release")
    parser.add_argument("--fill", action="store_true")
    options = parser.parse_args()
    faults = 0
    for product, graphs in symbols.graphs(options.configuration):
        # What the compiler makes, such as an operator of an enumeration, has no place in the source.
        public = {s["pathComponents"][0]: heading(s) for g in graphs for s in g["symbols"]
                  if len(s["pathComponents"]) == 1 and "location" in s}
        paths = articles(product)
        named = {path: set(LINK.findall(topics(path.read_text()))) for path in paths}
        missing = {name: public[name] for name in public.keys() - set().union(*named.values())}
        for path in paths:
            stale, added = named[path] - public.keys(), missing if path == paths[0] else {}
            if options.fill:
                if stale or added:
                    fill(path, added, stale)
                continue
            for name in sorted(stale):
                print(f"{path.relative_to(symbols.ROOT)}: ``{name}`` is no public symbol of {product}", file=sys.stderr)
            faults += len(stale)
        if not options.fill:
            for title, names in sorted((title, [n for n in sorted(missing) if missing[n] == title])
                                       for title in set(missing.values())):
                print(f"{product}: in no Topics ({title}): {', '.join(names)}", file=sys.stderr)
            faults += len(missing)
    if faults:
        print("topics: 'make topics' adds what is missing and takes out what is gone", file=sys.stderr)
    return 1 if faults else 0


sys.exit(main())
