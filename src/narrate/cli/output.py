"""What commands print: results on stdout, remarks on stderr; tables that a screen reader can follow."""

import json
import sys
from collections.abc import Sequence

from narrate.plan import Action, Plan
from narrate.release import Release
from narrate.units import clock

_MOST_WARNINGS = 20


def finish(release: Release, plan: Plan, *, as_json: bool, quiet: bool) -> None:
    """Say where the book is: its folder, or with `--json` one object."""
    warnings = plan.warnings
    if not quiet:
        for warning in warnings[:_MOST_WARNINGS]:
            print(f"warning: {warning}", file=sys.stderr)
        if len(warnings) > _MOST_WARNINGS:
            print(f"warning: and {len(warnings) - _MOST_WARNINGS} more; see --json", file=sys.stderr)
        done = "up to date" if plan.publish is Action.UP_TO_DATE else "done"
        count = len(release.chapters)
        print(f"{done}: {count} chapter{'s' * (count != 1)}, {clock(release.duration_s)}", file=sys.stderr)
    print_json(_summary(release, warnings)) if as_json else print(release.folder)


def print_json(value: object) -> None:
    """One JSON object on stdout."""
    print(json.dumps(value, ensure_ascii=False))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Columns as wide as their widest cell, two spaces between; the columns in `right` are set to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    return "\n".join(line(row) for row in (head, *rows))


def shortened(text: str, limit: int) -> str:
    """`text`, or its beginning and an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _summary(release: Release, warnings: Sequence[str]) -> dict[str, object]:
    return {
        "folder": str(release.folder),
        "book": str(release.folder / release.book),
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
