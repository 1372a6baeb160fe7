"""`narrate inspect`: a finished book as a table, as a picture, and what is wrong with it."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from narrate.cli import options
from narrate.cli.finding import published
from narrate.cli.output import print_json, shortened, table
from narrate.cli.streams import printable, remark
from narrate.errors import FaultError
from narrate.source import READERS
from narrate.units import clock

if TYPE_CHECKING:
    from narrate.inspection.facts import Facts
    from narrate.inspection.judging import Verdict
    from narrate.inspection.review import Review

Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="FILE", readable=False, help="Draw the book into FILE (.png or .svg): a lane a chapter."
    ),
]


def inspect(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="BOOK|FILE",
            readable=False,
            help="A book's folder, the document that it was built from, or one sound file.",
            show_default=False,
        ),
    ],
    plot: Plot = None,
    acx: Annotated[bool, typer.Option("--acx", help="Check every rule of ACX (Audible) instead, a line each.")] = False,
    out: options.Out = options.DEFAULT_OUT,
    json: options.Json = False,
) -> None:
    """Show what a finished book says of itself, measure it, and say what is wrong with it."""
    if path.is_file() and path.suffix.lower() in READERS:
        path = published(path, out)
    if acx:
        _check_acx(path, json=json)
        return
    from narrate.inspection.facts import inspect_path
    from narrate.inspection.judging import judge
    from narrate.inspection.review import review

    if plot:
        from narrate.inspection.portrait import check_plot

        check_plot(path, plot)
    facts = list(inspect_path(path))
    verdicts = list(judge(path, facts)) if path.is_dir() else []
    if plot:
        from narrate.inspection.portrait import draw

        draw(path, facts, plot)
    takes = review(path)
    if json:
        told = {"files": [_object(each) for each in facts], "verdicts": [_verdict(each) for each in verdicts]}
        print_json({**told, "takes": asdict(takes)})
    else:
        _tell(facts)
        _tell_takes(takes)
        if verdicts:
            print("\nverdicts")
        for verdict in verdicts:
            print(printable(str(verdict)))
    if plot:
        remark(printable(f"drawn: {plot}"))
    if verdicts:
        count = len(verdicts)
        raise FaultError(f"{path}: {count} thing{'s' * (count != 1)} wrong with this book")


def _check_acx(path: Path, *, json: bool) -> None:
    from narrate.inspection.acx import check_acx

    findings = list(check_acx(path))
    if json:
        print_json([asdict(each) for each in findings])
    else:
        for each in findings:
            mark = "met    " if each.met else "NOT MET"
            print(printable(f"{mark}  {each.file}: {each.rule}: {each.found} ({each.wanted})"))
    missed = sum(not each.met for each in findings)
    if missed:
        raise FaultError(f"{path}: {missed} of {len(findings)} rules of ACX are not met")


def _tell(facts: "Sequence[Facts]") -> None:
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


def _tell_takes(takes: "Review") -> None:
    """What a person should listen to, and what a recogniser heard."""
    if takes.spoken_again:
        print(f"\n{takes.spoken_again} sentences were spoken more than once")
    if takes.heard:
        print(f"{takes.heard} sentences were heard by a recogniser: {takes.word_error_rate:.1%} of words otherwise")
    if takes.doubtful:
        print("\ntakes to listen to")
        rows = [[each.id, clock(each.start_s), each.doubt, shortened(each.text, 60)] for each in takes.doubtful]
        print(table(["id", "at", "what is odd", "text"], rows, right=(1,)))


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


def _verdict(verdict: "Verdict") -> dict[str, object]:
    return {"kind": str(verdict.kind), "file": verdict.file, "at_s": verdict.at_s, "message": verdict.message}
