"""`narrate inspect`: a finished book as a table: chapters, tags, durations, loudness, peaks."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from narrate.cli import options
from narrate.cli.output import print_json, shortened, table
from narrate.cli.streams import printable
from narrate.units import clock

if TYPE_CHECKING:
    from narrate.inspection import Facts


def inspect(
    path: Annotated[
        Path,
        typer.Argument(metavar="FILE|DIR", readable=False, help="A book's folder, or one file.", show_default=False),
    ],
    json: options.Json = False,
) -> None:
    """Show what a finished book says of itself, and measure it."""
    from narrate.inspection import inspect_path

    facts = list(inspect_path(path))
    if json:
        print_json([_object(each) for each in facts])
        return
    rows = [
        [
            shortened(each.path.name, 56),
            clock(each.duration_s),
            f"{each.bitrate_kbps}k",
            f"{each.loudness_lufs:.1f}",
            f"{each.true_peak_dbtp:.1f}",
        ]
        for each in facts
    ]
    print(table(["file", "length", "rate", "LUFS", "dBTP"], rows, right=(1, 2, 3, 4)))
    first = facts[0]
    print("\ntags of", printable(first.path.name))
    print(table(["tag", "value"], [[name, shortened(value, 90)] for name, value in first.tags.items()]))
    if first.marks:
        print("\nchapter marks of", printable(first.path.name))
        marks = [[str(n), clock(mark.start_s), mark.title] for n, mark in enumerate(first.marks, start=1)]
        print(table(["no", "at", "title"], marks, right=(0, 1)))


def _object(facts: "Facts") -> dict[str, object]:
    return {
        "file": str(facts.path),
        "duration_s": round(facts.duration_s, 3),
        "bitrate_kbps": facts.bitrate_kbps,
        "loudness_lufs": _finite(facts.loudness_lufs),
        "true_peak_dbtp": _finite(facts.true_peak_dbtp),
        "tags": facts.tags,
        "chapters": [{"start_s": mark.start_s, "title": mark.title} for mark in facts.marks],
    }


def _finite(level: float) -> float | None:
    """JSON has no number for the level of silence."""
    return level if math.isfinite(level) else None
