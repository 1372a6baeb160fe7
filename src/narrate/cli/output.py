"""What commands print: results on stdout, remarks on stderr; tables that a screen reader can follow."""

import json
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from narrate.cli.streams import printable, remark
from narrate.units import clock

if TYPE_CHECKING:
    from narrate.plan import Plan
    from narrate.release import Release

_MOST_WARNINGS = 20


def finish(release: "Release", plan: "Plan", *, as_json: bool, quiet: bool) -> None:
    """Say where the book is: its folder, or with `--json` one object."""
    from narrate.plan import Action

    warnings = plan.warnings
    if not quiet:
        for warning in warnings[:_MOST_WARNINGS]:
            remark(f"warning: {printable(warning)}")
        if len(warnings) > _MOST_WARNINGS:
            remark(f"warning: and {len(warnings) - _MOST_WARNINGS} more; see --json")
        done = "up to date" if plan.publish is Action.UP_TO_DATE else "done"
        count = len(release.chapters)
        remark(f"{done}: {count} chapter{'s' * (count != 1)}, {clock(release.duration_s)}")
    print_json(_summary(release, warnings)) if as_json else print(release.folder)


def print_json(value: object) -> None:
    """One JSON value on stdout, as it reads best; in ASCII where the locale's encoding, or a name, allows no more."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value)
    print(text)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Columns as wide as their widest cell, two spaces between; the columns in `right` are set to the right.

    Width is what a terminal gives a text: see `columns`.
    """
    head, *rows = ([printable(cell) for cell in row] for row in (head, *rows))
    widths = [max(columns(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = []
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - columns(cell))
            cells.append(space + cell if column in right else cell + space)
        return "  ".join(cells).rstrip()

    return "\n".join(line(row) for row in (head, *rows))


def shortened(text: str, limit: int) -> str:
    """`text`, or its beginning and an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def columns(text: str) -> int:
    """The columns that a terminal gives `text`: two to a Chinese letter and to most emoji, none to an accent."""
    from rich.cells import cell_len

    return cell_len(text)


def fitted(text: str, width: int) -> str:
    """`text`, or as much of its beginning as fits into `width` columns with an ellipsis."""
    if columns(text) <= width:
        return text
    while text and columns(text) >= width:
        text = text[:-1]
    return text.rstrip() + "…"


def terminal_width() -> int:
    """The columns of the terminal that stdout is; 0 when it is none, and nothing need be fitted."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def _summary(release: "Release", warnings: Sequence[str]) -> dict[str, object]:
    return {
        "folder": str(release.folder),
        "book": str(release.folder / release.book),
        "formats": {name: str(release.folder / file) for name, file in release.formats.items()},
        "duration_s": release.duration_s,
        "chapters": [
            {
                "number": chapter.number,
                "title": chapter.title,
                "file": chapter.file,
                "start_s": chapter.start_s,
                "duration_s": chapter.duration_s,
            }
            for chapter in release.chapters
        ],
        "warnings": list(warnings),
    }
