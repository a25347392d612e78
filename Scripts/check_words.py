#!/usr/bin/env python3
"""Looks for words that the project's glossary replaces, so that one thing has one name everywhere.

    Scripts/check_words.py

Prints every line that has one, with the word to use, and fails when there is any. The same for messages of the library that
name an option or a subcommand of the command, which adds these itself (CommandAdvice.swift).
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ["Sources", "Tests", "Documentation", "Examples", "Python", "Scripts", "README.md",
           "CHANGELOG.md", "CONTRIBUTING.md", "Makefile"]
ENDINGS = {".swift", ".md", ".js", ".html", ".css", ".h", ".c", ".cpp", ".py", ".sh", ".txt", ""}

# A pattern, and what to say instead.
WORDS = [
    (r"\bpictures?\b", "image"),
    (r"embed\(squares:", "embed(preprocessed:)"),
    (r"\bhow alike\b", "distance"),
    (r"\b(metric|model|it|they|metrics|models) minds?\b|\bmetrics mind\b", "is sensitive to, is robust to"),
    (r"\bperceptrons?\b|\bPerceptron", "MLP"),
    (r"\b(by|of|what|all) chance\b|\bchance (begins|began|repeats|decides)\b", "random seed, at random"),
    (r"\bway (back|there|forth)\b", "backward pass, forward pass"),
    (r"\bAs what\b|\bas what (the|an) image\b", "parameterization"),
    (r"\b(run|download|it|command|training|search|searches|page|sitting)s? goe?s? on\b|\bgoes on\b|\bgo on (with|to|after|from)\b",
     "resume, continue"),
    (r"\bthrough and through\b", "recursively"),
    (r"\bpeople's (choices|judgments)\b|\b(held?|holds|holding) (metrics )?against (people|what people)\b", "human judgments"),
    (r"\bshare of what counts\b|\bcounts? as the same\b", "precision, classified as the same"),
    (r"\bneighbours?\b|\bgraphs? of neighbors\b", "nearest-neighbor graph, neighbors"),
    (r"\bmade-up\b|\bMadeUp", "synthetic"),
    (r"\blent\b|\bLent\b|\bloans?\b|\bLoan\b|\b[Ll]ends?\b", "unsafe sendable pointer, pooled buffer, calls a closure with"),
    (r"\btoo much to do\b", "service overloaded"),
    (r"\bmay not ask\b", "cross-origin request refused"),
    (r"\basked in another way\b", "method not allowed"),
    (r"\bis none of the metrics\b", "unknown metric 'x'"),
    (r"\bis no shape\b", "invalid shape"),
    (r"\btroubles?\b|\bcomplain(s|ts?|ed)?\b|\bComplaints?\b", "failed, error"),
    (r"\b\w*(colour|normalis|initialis|optimis|recognis|summaris|serialis|quantis|neighbour|artefact|grey|centre|labelled|behaviour)\w*\b",
     "American spelling"),
]

# A literal of the library that names an option or a subcommand.
OPTION = (re.compile(r"\"[^\"]*((?<![\w-])--[a-z][a-z-]+|'dreamsim [a-z]+)"), "the remedy in the library's terms")

# Words that are not ours: file, pattern of the line, and why it stays.
ALLOWED = [
    ("Scripts/check_words.py", r"", "the list itself"),
    ("Tests/Fixtures/", r"", "recorded by other programs"),
    ("Scripts/", r"\.(colour|centre|optimise)\w*|\"[^\"]*(labelled|grey|centre)", "names of other programs' interfaces"),
    ("", r"aria-labelledby", "an attribute of HTML"),
    ("Documentation/API/", r"", "a dump of the public API, which follows the sources"),
    ("Sources/DreamSimWeights/", r"pip|--(hash|no-binary|only-binary|dest|ignore|no-deps)", "options of pip"),
    ("Sources/", r"var\(--|style=|style\.|border-left", "style sheets"),
    ("", r"greyscale|\"grey\"|CVAT|colourspace|b-w|VIPS_\w*COLOUR|colour_space|vips_colourspace", "names of libvips' interface"),
]


def check_advice() -> int:
    """Looks for wordings of CommandAdvice.swift that no message of the library has any more."""
    sources = [path for path in (ROOT / "Sources").rglob("*.swift") if "DreamSimCommand" not in path.parts]
    # A literal may continue in the next line, as "one " + "text".
    library = re.sub(r'"\s*\+ "', "", "\n".join(path.read_text() for path in sources))
    advice = (ROOT / "Sources/DreamSimCommand/Output/CommandAdvice.swift").read_text()
    gone = [text for text in re.findall(r'\(\s*"([^"]+)",\s*"[^"]+"\s*\)', advice) if text not in library]
    for text in gone:
        print(f"CommandAdvice.swift: no message of the library says '{text}'")
    return len(gone)


def main() -> int:
    names = subprocess.run(["git", "ls-files", *FOLDERS], cwd=ROOT, check=True, capture_output=True, text=True)
    found = 0
    patterns = [(re.compile(pattern), instead) for pattern, instead in WORDS]
    for name in names.stdout.splitlines():
        path = ROOT / name
        if path.suffix not in ENDINGS or not path.is_file():
            continue
        allowed = [re.compile(line) for file, line, _ in ALLOWED if name.startswith(file)]
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            is_library = name.startswith("Sources/") and "DreamSimCommand" not in name and name.endswith(".swift")
            for pattern, instead in patterns + ([OPTION] if is_library else []):
                match = pattern.search(line)
                if match and not any(rule.search(line) for rule in allowed):
                    found += 1
                    print(f"{name}:{number}: '{match.group()}'; say: {instead}\n    {line.strip()[:140]}")
    found += check_advice()
    print(f"{found} words of the glossary's 'not' column", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
