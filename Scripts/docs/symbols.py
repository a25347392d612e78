"""The public symbols of each library product, by the toolchain's symbol graphs of what is built.

    import symbols
    for name, graph in symbols.graphs("release"): ...

A product shows what its users see: the modules that `Exports.swift` re-exports count as parts of the umbrella, a
re-exported type as that type with its members alone.
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


def exports(product: str) -> dict[str, set[str] | None]:
    """The modules whose symbols a product shows, each with the names that it shows, or None for all."""
    modules: dict[str, set[str] | None] = {product: None}
    for file in (ROOT / "Sources" / product).rglob("*.swift"):
        for kind, module, name in re.findall(
                r"^@_exported public import (?:(struct|enum|class|protocol|func|typealias) )?(\w+)(?:\.(\w+))?$",
                file.read_text(), re.M):
            if not kind:
                modules[module] = None
            elif (names := modules.setdefault(module, set())) is not None:
                names.add(name)
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
        for module, names in exports(product).items():
            for graph in extract(module, configuration):
                if names is not None:
                    graph["symbols"] = [s for s in graph["symbols"] if s["pathComponents"][0] in names]
                    kept = {s["identifier"]["precise"] for s in graph["symbols"]}
                    graph["relationships"] = [r for r in graph["relationships"] if r["source"] in kept]
                graph["from"] = module
                graph["module"]["name"] = product
                shown.append(graph)
        yield product, shown
