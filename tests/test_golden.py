"""Golden cases: `tests/golden/<case>/in.txt` or `in.md`, and in `golden.txt` all that is made of it up to the script.

One rule a case, and the case's name says which. To accept what the program does now: `NARRATE_GOLDEN=write pytest
tests/test_golden.py`, then read the difference.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from narrate import config
from narrate.document import Document
from narrate.script import PRONOUNCED, Cue, Interlude, Pause, Stress, Utterance
from narrate.source import read
from narrate.text import to_script

GOLDEN = Path(__file__).parent / "golden"
STRESS = str.maketrans({sign: f"{{{sign.name.lower()}}}" for sign in Stress})
CASES = sorted({source.parent for suffix in ("txt", "md") for source in GOLDEN.glob(f"*/in.{suffix}")})


@pytest.mark.parametrize("case", CASES, ids=lambda folder: folder.name)
def test_the_document_and_its_script_are_as_written_down(case: Path) -> None:
    (source,) = case.glob("in.*")
    found = dump(read(source))
    golden = case / "golden.txt"
    if os.environ.get("NARRATE_GOLDEN") == "write":
        golden.write_text(found, "utf-8")
    assert found == golden.read_text("utf-8")


def test_there_are_at_least_a_hundred_and_twenty_cases() -> None:
    assert len(CASES) >= 120


def dump(document: Document) -> str:
    """A document and the scripts of its chapters, a line a cue."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    metadata = document.metadata
    yield f"title: {metadata.title}"
    if metadata.author:
        yield f"author: {metadata.author}"
    if metadata.language != "en":
        yield f"language: {metadata.language}"
    yield from (f"warning: {warning}" for warning in document.warnings)
    options = config.join(config.check(document.settings, where="front matter", folder=Path())).text
    for number, chapter in enumerate(document.chapters, start=1):
        last = number == len(document.chapters)
        script = to_script(chapter, number=number, last=last, language=metadata.language, options=options)
        yield f"\nchapter {number}: {chapter.title}{'' if chapter.titled else ' (untitled)'}"
        yield from (f"warning: {warning}" for warning in script.warnings)
        yield from map(_line, script.cues)
        for each in script.account.skipped:
            yield f"  skipped {each.kind} at {each.place}: {each.reason}{each.text and f' | {each.text}'}"


def _line(cue: Cue) -> str:
    match cue:
        case Pause():
            return f"  pause {cue.reason} {cue.duration_s}"
        case Interlude():
            return f"  interlude {cue.caption} {cue.duration_s}"
        case Utterance():
            spoken = PRONOUNCED.sub(r"{\1 = \2}", cue.spoken).translate(STRESS)
            said = f" | {spoken}" if spoken != cue.text else ""
            by = f" by {cue.voice}" if cue.voice else ""
            tongues = "".join(f" | {cue.text[each.start : each.end]} in {each.language}" for each in cue.tongues)
            return f"{cue.line}: {cue.role}{by} | {cue.text}{said}{tongues}"
