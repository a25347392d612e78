"""The public symbols of each library product, by the toolchain's symbol graphs of what is built.

    import symbols
    for name, graph in symbols.graphs("release"): ...

A product shows what its users see: the modules that it re-exports, and those that these do, count as parts of it.
"""
import functools
import json
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRODUCTS = ["DreamSim", "DreamSimEvaluation", "DreamSimTraining", "DreamSimRetrieval", "DreamSimService"]


def run(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def exports(product: str) -> list[str]:
    """The modules whose symbols a product shows: its own, and what these re-export, but for other products."""
    modules = [product]
    for module in modules:
        for file in (ROOT / "Sources" / module).rglob("*.swift"):
            found = re.findall(r"^@_exported public import (\w+)$", file.read_text(), re.M)
            modules += [name for name in found if name not in PRODUCTS + modules]
    return modules


@functools.cache
def flags(configuration: str) -> list[str]:
    build = (ROOT / ".build" / configuration).resolve()
    patterns = {ROOT / "Sources": ["*"], ROOT / ".build/checkouts": ["*/Sources/*", "*/Sources/*/include"],
                build: ["*.build"]}
    maps = [path for folder, inside in patterns.items() for pattern in inside
            for path in sorted(folder.glob(pattern + "/module.modulemap"))]
    includes = [str(build / "Modules")] + [str(path.parent) for path in maps]
    c_flags = run("pkg-config", "--cflags", "vips", "openblas", "zlib", "libcurl", "libcrypto").split()
    target = json.loads(run("swift", "-print-target-info"))["target"]["unversionedTriple"]
    return (["-target", target] + [part for folder in includes for part in ("-I", folder)]
            + [part for flag in c_flags for part in ("-Xcc", flag)])


def extract(module: str, configuration: str) -> list[dict]:
    """The graphs of one module: its own symbols, and those that it adds to types of others."""
    with tempfile.TemporaryDirectory() as folder:
        run("swift-symbolgraph-extract", "-module-name", module, "-minimum-access-level", "public",
            "-skip-inherited-docs", "-skip-synthesized-members", "-output-dir", folder, *flags(configuration))
        return [json.loads(path.read_text()) for path in sorted(pathlib.Path(folder).iterdir())]


def graphs(configuration: str):
    """Yields (product, graphs): the graphs hold what a user of the product sees, and all name it as their module."""
    for product in PRODUCTS:
        shown = []
        for module in exports(product):
            for graph in extract(module, configuration):
                graph["from"] = module
                graph["module"]["name"] = product
                shown.append(graph)
        yield product, shown
