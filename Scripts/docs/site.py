#!/usr/bin/env python3
"""Builds the reference of all library products as one static site, with the toolchain's docc.

    Scripts/docs/site.py                 # writes .build/docs, to be served by any web server
    Scripts/docs/site.py -c debug        # of the products of a debug build; the default is release
    Scripts/docs/site.py --strict        # fails for every warning

A link that leads nowhere is a failure; parameters without documentation are shown. The products must have been built.
Needs no plugin, so that the package has no dependency more.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import symbols

# A doc comment that does not name the parameters as the declaration does.
PARAMETER = re.compile(r"warning: (Parameter|External name|Return value|Replace)")


def catalog(product: str, folder: pathlib.Path) -> pathlib.Path:
    """A copy of the product's articles, with the images of Documentation that they show."""
    copy = folder / f"{product}.docc"
    copy.mkdir()
    for source in (symbols.ROOT / "Sources" / product).glob("*.docc"):
        shutil.copytree(source, copy, dirs_exist_ok=True)
    text = "".join(path.read_text() for path in copy.rglob("*.md"))
    for image in (symbols.ROOT / "Documentation/Images").iterdir():
        if re.search(rf"!\[[^]]*\]\({re.escape(image.stem)}\b", text):
            shutil.copy(image, copy)
    return copy


def merged(graphs: list[dict]) -> dict:
    """One graph of all: what the umbrella re-exports is a part of it. What targets add to types of others goes with it."""
    whole = dict(graphs[0])
    seen: dict[str, dict] = {}
    for graph in graphs:
        for symbol in graph["symbols"]:
            seen.setdefault(symbol["identifier"]["precise"], symbol)
    whole["symbols"] = list(seen.values())
    whole["relationships"] = [r for graph in graphs for r in graph["relationships"] if r["source"] in seen]
    # A member of a type that this product does not show has no page here.
    parents = {r["source"]: r["target"] for r in whole["relationships"] if r["kind"] == "memberOf"}
    hidden = {source for source, target in parents.items() if target not in seen}
    whole["symbols"] = [s for s in whole["symbols"] if s["identifier"]["precise"] not in hidden]
    whole["relationships"] = [r for r in whole["relationships"] if r["source"] not in hidden]
    return whole


def convert(product: str, graphs: list[dict], archives: list[pathlib.Path], folder: pathlib.Path) -> tuple[pathlib.Path, str]:
    graph_folder = folder / f"{product}-symbols"
    graph_folder.mkdir()
    (graph_folder / f"{product}.symbols.json").write_text(json.dumps(merged(graphs)))
    archive = folder / f"{product}.doccarchive"
    command = ["docc", "convert", str(catalog(product, folder)), "--additional-symbol-graph-dir", str(graph_folder),
               "--output-path", str(archive), "--fallback-display-name", product, "--fallback-bundle-identifier", product,
               "--enable-experimental-external-link-support", "--ide-console-output"]
    for other in archives:
        command += ["--dependency", str(other)]
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    text = process.stdout.replace(str(folder) + "/", "")
    if process.returncode:
        sys.exit(text)
    return archive, text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-c", "--configuration", default="release")
    parser.add_argument("--strict", action="store_true")
    options = parser.parse_args()
    output, warnings, broken = symbols.ROOT / ".build/docs", 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder, archives = pathlib.Path(name), []
        for product, graphs in symbols.graphs(options.configuration):
            archive, text = convert(product, graphs, archives, folder)
            archives.append(archive)
            found = re.findall(r"^.*\bwarning: .*$", text, re.M)
            warnings += len(found)
            broken += sum(not PARAMETER.search(line) for line in found)
            print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
        shutil.rmtree(output, ignore_errors=True)
        subprocess.run(["docc", "merge", *map(str, archives), "--output-path", str(output),
                        "--synthesized-landing-page-name", "DreamSim for Swift"], check=True)
    print(f"{output}: {warnings} warnings, {broken} of them of links; serve it with: python3 -m http.server -d {output.relative_to(symbols.ROOT)}")
    return 1 if broken or warnings and options.strict else 0


sys.exit(main())
