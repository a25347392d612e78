"""Comparisons by name: the worst of each, printed as a table; and an exit code."""

import json
import sys
from importlib.metadata import version


class Report:
    def __init__(self, title):
        self.title, self.rows = title, {}

    def versions(self, *packages):
        print(f"{self.title}: " + ", ".join(f"{name} {version(name)}" for name in packages), flush=True)

    def below(self, name, value, bar):
        """A value that has to be at most `bar`; of several under one name the worst is kept. NaN is never good."""
        worst, count = value, 1
        if name in self.rows:
            before = self.rows[name]
            worst, count = (value if not value <= before["worst"] else before["worst"]), before["count"] + 1
        self.rows[name] = {"worst": worst, "bar": bar, "count": count, "good": worst <= bar}

    def left_out(self, name, reason):
        self.rows[name] = {"good": None, "reason": reason}

    def end(self, path=None):
        """Prints all; ends the program with 1 where something is not good."""
        print()
        for name, row in self.rows.items():
            mark = {True: "ok", False: "NOT GOOD", None: "left out"}[row["good"]]
            said = row.get("reason") or f"{row['worst']:.2e} of at most {row['bar']:.0e} ({row['count']} compared)"
            print(f"{mark:9s}{name}: {said}")
        if path is not None:
            path.write_text(json.dumps({"title": self.title, "rows": self.rows}, indent=1))
        sys.exit(any(row["good"] is False for row in self.rows.values()))
