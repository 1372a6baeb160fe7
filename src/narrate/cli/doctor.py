"""`narrate doctor`: what this machine has, and how to get what is missing."""

import typer

from narrate.cli import options
from narrate.cli.output import print_json


def doctor(store: options.StoreDir = None, json: options.Json = False) -> None:
    """Say which engines, voices and ffmpeg were found, and what to do about what is missing."""
    from narrate.diagnosis import examine
    from narrate.store import default_place

    findings = examine(store or default_place())
    if json:
        print_json([{"what": f.what, "ok": f.ok, "found": f.found, "advice": f.advice} for f in findings])
    else:
        for each in findings:
            advice = f" — {each.advice}" if each.advice else ""
            print(f"{'ok     ' if each.ok else 'missing'}  {each.what}: {each.found}{advice}")
    if not all(each.ok for each in findings):
        raise typer.Exit(1)
