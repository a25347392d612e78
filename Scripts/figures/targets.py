#!/usr/bin/env python3
"""Draws the package's targets and their dependencies, and checks that what is declared is what is imported.

    Scripts/figures/targets.py           # writes Documentation/Images/targets.svg
    Scripts/figures/targets.py --check   # writes nothing; fails when the committed figure is stale, when a target takes
                                         # what it does not declare or declares what it does not take, and when a target
                                         # of fewer than 100 lines of Swift has no reason in Architecture.md

An arrow that a chain of others implies is not drawn. Line counts may drift by 10 % before the figure counts as stale.
"""
import json
import pathlib
import re
import subprocess
import sys

import layout

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIGURE = ROOT / "Documentation/Images/targets.svg"
ARTICLE = ROOT / "Sources/DreamSim/DreamSim.docc/Architecture.md"
# What the system or the toolchain brings needs no declaration.
SYSTEM = {"Accelerate", "CommonCrypto", "CoreGraphics", "Darwin", "Dispatch", "Foundation", "Glibc", "ImageIO", "Musl",
          "PackageDescription", "Synchronization", "Testing", "UniformTypeIdentifiers", "os"}
FILLS = {"product": ("#2f6fb0", "#ffffff"), "internal": ("#cfe1f3", "#10243a"), "C": ("#e4e0d6", "#33302a")}


class Target:
    def __init__(self, manifest: dict):
        self.name, self.kind = manifest["name"], manifest["type"]
        default = ("Tests" if self.kind == "test" else "Sources") + "/" + self.name
        self.folder = ROOT / (manifest.get("path") or default)
        included = [self.folder / path for path in manifest.get("sources") or ["."]]
        excluded = [self.folder / path for path in manifest["exclude"]]
        self.declared = {list(dependency.values())[0][0] for dependency in manifest["dependencies"]}
        self.files = sorted(path for path in self.folder.rglob("*")
                            if path.suffix in (".swift", ".c", ".cpp", ".h", ".inc")
                            and any(path.is_relative_to(folder) for folder in included)
                            and not any(path.is_relative_to(folder) for folder in excluded))
        self.lines = sum(len(path.read_text().splitlines()) for path in self.files)
        self.is_swift = any(path.suffix == ".swift" for path in self.files)

    def exports(self) -> set[str]:
        """The modules that it re-exports."""
        return {name for path in self.files if path.suffix == ".swift"
                for name in re.findall(r"^@_exported public import (\w+)$", path.read_text(), re.M)}

    def imports(self, headers: dict[str, str]) -> set[str]:
        """The modules that its files name; of C, the targets whose headers they include."""
        found = set()
        for path in self.files:
            text = path.read_text()
            if path.suffix == ".swift":
                found |= set(re.findall(
                    r"^\s*(?:@\w+ )*(?:(?:public|package|internal|private|fileprivate) )?import "
                    r"(?:(?:struct|enum|class|protocol|func|typealias|var|let) )?(\w+)", text, re.M))
            else:
                found |= {headers[name] for name in re.findall(r'#include [<"](?:.*/)?([^/">]+)[">]', text)
                          if name in headers}
        return found - {self.name}


def package() -> tuple[dict[str, Target], set[str]]:
    text = subprocess.run(["swift", "package", "dump-package"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    manifest = json.loads(text.stdout)
    targets = {target["name"]: Target(target) for target in manifest["targets"]}
    products = {name for product in manifest["products"] for name in product["targets"]
                if name == product["name"] or "executable" in product["type"]}
    return targets, products


def faults(targets: dict[str, Target]) -> list[str]:
    headers = {path.name: target.name for target in targets.values() if not target.is_swift
               for path in target.folder.glob("include/**/*.h")}
    exports = {name: target.exports() for name, target in targets.items()}

    def brought(names: set[str]) -> set[str]:
        """What modules re-export, and what that does."""
        more = set().union(*(exports.get(name, set()) for name in names)) - names
        return names | brought(names | more) if more else names

    found = []
    for target in targets.values():
        imported = brought(target.imports(headers) - SYSTEM)
        # A build sees only changes of what is declared: also of what comes by way of another.
        found += [f"{target.name}: takes {name} without declaring it" for name in sorted(imported - target.declared)]
        # A test that starts the command only needs it built, and Package.swift gives every test the shared helpers.
        unused = {name for name in target.declared - imported
                  if name != "TestSupport" and not (name in targets and targets[name].kind == "executable")}
        found += [f"{target.name}: declares {name} and does not take it" for name in sorted(unused)]
    reasons = ARTICLE.read_text().partition("\n## Small targets\n")[2].partition("\n## ")[0]
    for target in drawn(targets).values():
        if target.is_swift and target.lines < 100 and f"- `{target.name}`: " not in reasons:
            found.append(f"{target.name}: has {target.lines} lines and no reason under 'Small targets' in {ARTICLE.name}")
    return found


def drawn(targets: dict[str, Target]) -> dict[str, Target]:
    return {name: target for name, target in targets.items() if target.folder.is_relative_to(ROOT / "Sources")}


def figure(targets: dict[str, Target], products: set[str]) -> str:
    boxes = drawn(targets)
    edges = layout.reduced({name: target.declared & boxes.keys() for name, target in boxes.items()})
    places, routes, width, height = layout.placed(edges)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
             f'font-family="system-ui, Helvetica, Arial, sans-serif" text-anchor="middle" role="img">',
             "<title>The targets of the package; an arrow points to what a target depends on</title>",
             '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
             '<path d="M0 0L8 4L0 8z" fill="#8a8f98"/></marker></defs>',
             '<g fill="none" stroke="#8a8f98" stroke-width="1.3" marker-end="url(#tip)">']
    parts += [f'<path marker-end="url(#tip)" d="{route}"/>' for route in routes] + ["</g>"]
    for name, (x, y) in sorted(places.items()):
        kind = "product" if name in products else "internal" if boxes[name].is_swift else "C"
        fill, ink = FILLS[kind]
        left, top = x - layout.WIDTH / 2, y - layout.HEIGHT / 2
        parts += [f'<rect x="{left:g}" y="{top:g}" width="{layout.WIDTH}" height="{layout.HEIGHT}" rx="6" fill="{fill}"/>',
                  f'<text x="{x:g}" y="{y - 2:g}" font-size="12" font-weight="600" fill="{ink}">{name}</text>',
                  f'<text x="{x:g}" y="{y + 13:g}" font-size="10.5" fill="{ink}">{boxes[name].lines:,} lines</text>']
    return "\n".join(parts + ["</svg>"]) + "\n"


def is_stale(old: str, new: str) -> bool:
    count = re.compile(r">([\d,]+) lines<")
    if count.sub("", old) != count.sub("", new):
        return True
    numbers = [[int(text.replace(",", "")) for text in count.findall(svg)] for svg in (old, new)]
    return any(abs(a - b) > 0.1 * a + 5 for a, b in zip(*numbers))


def main() -> int:
    targets, products = package()
    new = figure(targets, products)
    if "--check" not in sys.argv:
        FIGURE.write_text(new)
        return 0
    found = faults(targets)
    if not FIGURE.exists() or is_stale(FIGURE.read_text(), new):
        found.append("Documentation/Images/targets.svg is stale; run 'make figures' and commit it")
    print(*(f"targets: {fault}" for fault in found), sep="\n", end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


sys.exit(main())
