"""The library's own files beside its books: the report. In: a Report, and where books are published. Out: library.json.

Writes that file, and looks whether anything can be written there before hours of work begin.
"""

import json
import os
from pathlib import Path

from narrate.errors import OutputError
from narrate.library.report import REPORT_FILE, Report
from narrate.publish.files import output_error, whole_file
from narrate.remote import Remote
from narrate.store import Place


def check_out(out: Place) -> None:
    """Raises OutputError when books cannot be published at `out`, ConfigError when there is no such kind of address."""
    if not isinstance(out, Path):
        Remote(out).exists(REPORT_FILE)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(error, out) from error
    if not os.access(out, os.W_OK):
        raise OutputError(f"{out}: no permission to write there", hint="choose another folder with --out")


def keep_report(report: Report, out: Place) -> None:
    """Write the report beside the books. Raises OutputError."""
    data = json.dumps(report.summary(), ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"
    if isinstance(out, Path):
        with whole_file(out / REPORT_FILE) as file:
            file.write(data)
    else:
        Remote(out).write_all({REPORT_FILE: data})
