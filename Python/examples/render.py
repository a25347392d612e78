"""Runs the examples cell by cell; with --pages, writes what they say, print and draw as pages.

    python Python/examples/render.py [--pages] evaluate_a_generator.py ...

Cells begin with `# %%`, those of text with `# %% [markdown]`, as jupytext, VS Code, PyCharm and Spyder read them.
"""

import contextlib
import io
import pathlib
import re
import sys
import time

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parent
PAGES = FOLDER / "pages"


def render(path: pathlib.Path, is_written: bool) -> None:
    began, page = time.perf_counter(), []
    names = {"__name__": "__main__", "__file__": str(path)}
    figures = 0
    parts = re.split(r"^# %%(.*)\n", path.read_text(), flags=re.M)
    line = parts[0].count("\n")
    for kind, cell in zip(parts[1::2], parts[2::2]):
        line += 1
        if "[markdown]" in kind:
            page.append(re.sub(r"^# ?", "", cell, flags=re.M).strip())
        else:
            page.append(f"```python\n{cell.strip()}\n```")
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                # Lines are those of the file, for whoever reads a traceback.
                exec(compile("\n" * line + cell, str(path), "exec"), names)
            if said.getvalue():
                page.append(f"```text\n{said.getvalue().rstrip()}\n```")
            for number in plt.get_fignums():
                figures += 1
                name = f"{path.stem}-{figures}.jpg"
                if is_written:
                    plt.figure(number).savefig(PAGES / name, dpi=72, pil_kwargs={"quality": 80, "optimize": True})
                    page.append(f"![{plt.figure(number).get_label()}]({name})")
            plt.close("all")
        line += cell.count("\n")
    if is_written:
        head = f"<!-- Written by Python/examples/run.sh --pages from {path.name}; edit that. -->"
        (PAGES / f"{path.stem}.md").write_text("\n\n".join([head, *page]) + "\n")
    print(f"{path.name}: {time.perf_counter() - began:.0f} s", flush=True)


def main() -> None:
    arguments = sys.argv[1:]
    is_written = "--pages" in arguments
    if is_written:
        PAGES.mkdir(exist_ok=True)
    for name in arguments:
        if name != "--pages":
            render(FOLDER / name, is_written)


if __name__ == "__main__":
    main()
