#!/usr/bin/env python3
"""Compares the public API of every library product with Documentation/API/PRODUCT.txt.

    Scripts/docs/api.py                  # fails, with a diff, when they differ
    Scripts/docs/api.py --renew          # writes the files
    Scripts/docs/api.py -c debug         # reads the products of a debug build; the default is release

The products must have been built. A file has one line a declaration: types with what they conform to, sorted by name,
and below each its members. A change of the public face is then a change of these files, which a review sees.
"""
import argparse
import collections
import difflib
import re
import sys

import symbols

TYPES = {"swift.struct", "swift.class", "swift.enum", "swift.protocol", "swift.actor"}
# What the compiler adds by itself says nothing about the API.
IMPLIED = {"Copyable", "Escapable", "SendableMetatype", "BitwiseCopyable", "init(from decoder: any Decoder) throws",
           "func encode(to encoder: any Encoder) throws", "init?(rawValue: String)"}
FOLDER = symbols.ROOT / "Documentation" / "API"


def declaration(symbol: dict) -> str:
    text = "".join(fragment["spelling"] for fragment in symbol["declarationFragments"])
    return re.sub(r"\s+", " ", text).strip()


def conformances(graphs: list[dict]) -> dict[str, set[str]]:
    names = {s["identifier"]["precise"]: s["names"]["title"] for g in graphs for s in g["symbols"]}
    found = collections.defaultdict(set)
    for relation in (r for g in graphs for r in g["relationships"]):
        if relation["kind"] in ("conformsTo", "inheritsFrom"):
            name = names.get(relation["target"]) or relation.get("targetFallback", "").rsplit(".", 1)[-1]
            if name and name not in IMPLIED:
                found[relation["source"]].add(name)
    return found


def dump(graphs: list[dict]) -> str:
    """One product's declarations, as they are committed."""
    conforms = conformances(graphs)
    heads, members = {}, collections.defaultdict(set)
    for symbol in (s for g in graphs for s in g["symbols"]):
        path = symbol["pathComponents"]
        if symbol["kind"]["identifier"] in TYPES:
            bases = ", ".join(sorted(conforms[symbol["identifier"]["precise"]]))
            # The fragments of a class name its superclass, those of a struct nothing.
            head = declaration(symbol).split(" : ")[0].replace(" " + path[-1], " " + ".".join(path), 1)
            heads[".".join(path)] = head + (": " + bases if bases else "")
        elif (member := declaration(symbol)) not in IMPLIED:
            members[".".join(path[:-1])].add(member)
    lines = [f"// {len(heads)} public types"]
    for name in sorted(set(heads) | set(members)):
        lines.append(heads.get(name) or (f"extension {name}" if name else "// top level"))
        lines += sorted("    " + member for member in members[name])
    return "\n".join(lines) + "\n"


def compare(configuration: str, renew: bool) -> int:
    stale, types = [], 0
    for product, graphs in symbols.graphs(configuration):
        path, new = FOLDER / f"{product}.txt", dump(graphs)
        types += int(re.search(r"\d+", new)[0])
        old = path.read_text() if path.exists() else ""
        if renew:
            FOLDER.mkdir(parents=True, exist_ok=True)
            path.write_text(new)
        elif old != new:
            stale.append(product)
            name = str(path.relative_to(symbols.ROOT))
            sys.stdout.writelines(difflib.unified_diff(
                old.splitlines(True), new.splitlines(True), name + " (committed)", name + " (built)", n=1))
    print(f"{types} public types in all products")
    if stale:
        print(f"\napi: the public API of {', '.join(stale)} has changed; if that is meant, run 'make api' and commit "
              "Documentation/API", file=sys.stderr)
    return 1 if stale else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-c", "--configuration", default="release")
    parser.add_argument("--renew", action="store_true")
    options = parser.parse_args()
    return compare(options.configuration, options.renew)


sys.exit(main())
