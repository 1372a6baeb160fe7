"""What the bench's measurements come to: cases, ratios, targets, a table, a plot. Nothing is measured here."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measuring import Measured

MEMORY_MB = 400


@dataclass(kw_only=True, slots=True)
class Case:
    """All runs of one case of one input."""

    input: str
    name: str
    walls_s: list[float] = field(default_factory=list)
    cpus_s: list[float] = field(default_factory=list)
    peaks_mb: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    watching: list[float] = field(default_factory=list)

    def add(self, found: Measured) -> None:
        self.walls_s.append(found.wall_s)
        self.cpus_s.append(found.cpu_s)
        self.peaks_mb.append(found.peak_mb)
        self.others.append(found.others)
        self.watching.append(found.watching)

    def to(self, other: "Case | None") -> float | None:
        """The median of each run's wall time in that run's of `other`."""
        pairs = list(zip(self.walls_s, other.walls_s, strict=False)) if other else []
        return statistics.median(mine / theirs for mine, theirs in pairs) if pairs else None


PIPE, NAIVE_LOOP, FLOOR = "(a) espeak-ng | lame", "(b) pyttsx3, pydub +=", "(c) the floor"
ENCODE, MASTERING = "… its encode", "mastering"
COLD, SAME, WORD, AGAIN = "cold", "unchanged", "one word changed", "one chapter again"
ORDER = (COLD, SAME, WORD, AGAIN, PIPE, NAIVE_LOOP, FLOOR, ENCODE, MASTERING)
HELP, PASS = "narrate --help", "python -c pass"


TARGETS = (
    ("essay", COLD, "to_pipe", 0.40),
    ("essay", WORD, "to_cold", 0.45),
    ("essay", SAME, "wall_s", 0.5),
    ("example", SAME, "wall_s", 0.5),
    ("book", COLD, "to_floor", 1.25),
    *((of, MASTERING, "to_encode", 0.25) for of in ("essay", "example", "book")),
    ("book", COLD, "to_pipe", 0.35),
    ("book", WORD, "to_cold", 0.06),
    ("book", SAME, "wall_s", 1.5),
)
_UNITS = {
    "to_pipe": "× (a)",
    "to_floor": "× (c)",
    "to_cold": "× cold",
    "to_encode": "× encode",
    "wall_s": "s",
    "peak_mb": "MB",
}


Cases = Mapping[tuple[str, str], Case]
"""By input and name; each has been run at least once, and run by run in the same order."""


def rows(cases: Cases) -> list[dict[str, Any]]:
    """A row a case, and with each the targets that issue 3 sets it."""
    found = []
    for of in dict.fromkeys(of for of, _ in cases):
        names = [name for name in ((HELP, PASS) if of == "-" else ORDER) if (of, name) in cases]
        found += [_row(cases[of, name], cases) for name in names]
    return found


def _row(case: Case, cases: Cases) -> dict[str, Any]:
    def beside(name: str) -> float | None:
        return case.to(cases.get((case.input, name))) if name != case.name else None

    row: dict[str, Any] = {
        "input": case.input,
        "case": case.name,
        "wall_s": statistics.median(case.walls_s),
        "to_pipe": beside(PIPE),
        "to_floor": beside(FLOOR),
        "to_cold": beside(COLD),
        "to_encode": beside(ENCODE) if case.name == MASTERING else None,
        "cpu_s": statistics.median(case.cpus_s),
        "peak_mb": max(case.peaks_mb, default=None),
        "others": statistics.median(case.others) if case.others else None,
        "watching": max(case.watching, default=None),
        "walls_s": case.walls_s,
    }
    limits = [(what, most) for of, name, what, most in TARGETS if (of, name) == (case.input, case.name)]
    if case.name in (COLD, SAME, WORD, AGAIN):
        limits.append(("peak_mb", MEMORY_MB))
    if case.name == HELP:
        limits.append(("wall_s", round(2 * statistics.median(cases["-", PASS].walls_s) + 0.1, 3)))
    row["targets"] = [
        {"what": what, "most": most, "met": row[what] <= most} for what, most in limits if row[what] is not None
    ]
    return row


def table(found: Sequence[dict[str, Any]]) -> str:
    """The rows for a person."""
    head = ("input", "case", "wall s", "× (a)", "× (c)", "× cold", "CPU s", "peak MB", "others", "target")
    lines = [head]
    for row in found:
        marks = ", ".join(f"≤ {t['most']:g} {_UNITS[t['what']]} {'✓' if t['met'] else '✗'}" for t in row["targets"])
        numbers = [f"{row['wall_s']:.2f}", *(_number(row[name], 3) for name in ("to_pipe", "to_floor", "to_cold"))]
        numbers += [f"{row['cpu_s']:.2f}", _number(row["peak_mb"], 0), _number(row["others"], 1)]
        lines.append((row["input"], row["case"], *numbers, marks))
    return in_columns(lines, left=(0, 1, 9))


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def in_columns(lines: Sequence[Sequence[str]], *, left: Sequence[int]) -> str:
    """Rows of cells as columns; those in `left` begin at the left, the others end at the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def plot(found: Sequence[dict[str, Any]], path: Path) -> None:
    """A bar chart of what each case takes, in parts of (a), an input a panel."""
    from matplotlib.figure import Figure

    shown = [row for row in found if row["to_pipe"] is not None or row["case"] == PIPE]
    inputs = list(dict.fromkeys(row["input"] for row in shown))
    if not inputs:
        raise SystemExit("bench: nothing to plot: every bar is a part of (a), which was skipped")
    counts = [sum(row["input"] == of for row in shown) for of in inputs]
    figure = Figure(figsize=(8, 0.6 * len(inputs) + 0.34 * len(shown)), layout="constrained")
    panels = figure.subplots(len(inputs), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": counts})
    for panel, of in zip(panels[:, 0], inputs, strict=True):
        bars = [row for row in shown if row["input"] == of][::-1]
        values = [row["to_pipe"] or 1.0 for row in bars]
        ours = [row["case"] in (COLD, SAME, WORD, AGAIN) for row in bars]
        names = [f"narrate, {row['case']}" if our else row["case"] for row, our in zip(bars, ours, strict=True)]
        drawn = panel.barh(names, values, color=["#d9822b" if our else "#9aa5b1" for our in ours], height=0.7)
        panel.bar_label(drawn, [f"{value:.2f}" for value in values], padding=3, fontsize=8)
        panel.set_title(of, loc="left", fontsize=10, fontweight="bold")
        panel.spines[["top", "right", "left"]].set_visible(False)
        panel.tick_params(axis="y", length=0, labelsize=8)
        panel.tick_params(axis="x", labelsize=8)
        panel.margins(x=0.08)
    panels[-1, 0].set_xlabel("time to an audiobook, espeak-ng | lame = 1 (less is faster)", fontsize=8)
    figure.savefig(path, dpi=150)


def scale_table(found: Sequence[dict[str, Any]]) -> str:
    """The sizes for a person."""
    lines = [("characters", "wall s / 1,000", "CPU s / 1,000", "× the first", "peak MB", "others", "target")]
    for row in found:
        cost = row["cpu_s_per_1000"] / found[0]["cpu_s_per_1000"]
        marks = (
            f"≤ {MEMORY_MB} MB {'✓' if row['peak_mb'] <= MEMORY_MB else '✗'}, ≤ 1.15 × {'✓' if cost <= 1.15 else '✗'}"
        )
        numbers = (f"{row['wall_s_per_1000']:.4f}", f"{row['cpu_s_per_1000']:.4f}", f"{cost:.2f}")
        lines.append((f"{row['characters']:,}", *numbers, f"{row['peak_mb']:.0f}", f"{row['others']:.1f}", marks))
    return in_columns(lines, left=(6,))
