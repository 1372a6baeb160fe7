"""The library's own files beside its books. In: a Report, and where books are published. Out: library.json and
library.html, and the player if it is wanted.

Writes those, and looks whether anything can be written there before hours of work begin.
"""

import json
import os
from pathlib import Path

from narrate.errors import ConfigError, OutputError
from narrate.library.page import report_page
from narrate.library.report import PAGE_FILE, REPORT_FILE, Report
from narrate.publish.files import output_error, whole_file
from narrate.remote import remote
from narrate.store import Place


def check_out(out: Place) -> None:
    """Raises OutputError when books cannot be published at `out`, ConfigError when there is no such kind of address."""
    if not isinstance(out, Path):
        remote(out).exists(REPORT_FILE)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(error, out) from error
    if not os.access(out, os.W_OK):
        raise OutputError(f"{out}: no permission to write there", hint="choose another folder with --out")


def keep_report(report: Report, out: Place) -> None:
    """Write the report beside the books, as JSON and as a page. Raises OutputError."""
    _write(out, REPORT_FILE, _json(report))
    _write(out, PAGE_FILE, report_page(report, {}))


def add_player(report: Report, out: Place) -> tuple[str, ...]:
    """Write the player for all books in `out`, and the report's page with its links; returns what is missing.

    Raises ConfigError when `out` is no folder of this machine, OutputError when it cannot be written.
    """
    check_player(out)
    assert isinstance(out, Path)
    from narrate.publish.player.data import keyed
    from narrate.publish.player.folder import write_player
    from narrate.shelf import read_shelf

    shelf = read_shelf(out)
    made = write_player(shelf, out)
    _write(out, PAGE_FILE, report_page(report, {each.place: f"index.html#/book/{each.key}" for each in keyed(shelf)}))
    return made.warnings


def check_player(out: Place) -> None:
    """Raises ConfigError when no player can be written to `out`."""
    if not isinstance(out, Path):
        hint = "narrate player --to DIR, where the books are mounted or copied"
        raise ConfigError(f"--player wants a folder of this machine, not {out}", hint=hint)


def _json(report: Report) -> bytes:
    return json.dumps(report.summary(), ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"


def _write(out: Place, name: str, data: bytes) -> None:
    if isinstance(out, Path):
        with whole_file(out / name) as file:
            file.write(data)
    else:
        remote(out).write_all({name: data})
