"""Golden cases: `tests/golden/<case>/in.txt` or `in.md`, and in `golden.txt` all that is made of it up to the script.

A PDF is made of `in.layout` (see `pdf_writer.py`), a DOCX file of `in.docx.txt`, a call of `docx_writer.py`.
One rule a case, and the case's name says which. To accept what the program does now: `NARRATE_GOLDEN=write pytest
tests/test_golden.py`, then read the difference.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import docx_writer
import pdf_writer
from narrate.document import Document
from narrate.script import Cue, Interlude, Pause, Utterance
from narrate.source import read
from narrate.text import to_script
from narrate.text.options import TextOptions

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(folder for folder in GOLDEN.iterdir() if folder.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda folder: folder.name)
def test_the_document_and_its_script_are_as_written_down(case: Path, tmp_path: Path) -> None:
    (source,) = case.glob("in.*")
    found = dump(read(made(source, tmp_path)))
    golden = case / "golden.txt"
    if os.environ.get("NARRATE_GOLDEN") == "write":
        golden.write_text(found, "utf-8")
    assert found == golden.read_text("utf-8")


def test_there_are_at_least_forty_cases() -> None:
    assert len(CASES) >= 40


def made(source: Path, folder: Path) -> Path:
    """The file that is read: `source` itself, or what is made of it in `folder`."""
    if source.suffix == ".layout":
        path = folder / "in.pdf"
        path.write_bytes(pdf_writer.from_layout(source.read_text("utf-8")))
        return path
    if source.name == "in.docx.txt":
        path = folder / "in.docx"
        path.write_bytes(eval(source.read_text("utf-8"), vars(docx_writer)))
        return path
    return source


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
    yield from (f"skipped: {each.count} {each.kind}: {each.reason}" for each in document.skipped)
    for number, chapter in enumerate(document.chapters, start=1):
        last = number == len(document.chapters)
        script = to_script(chapter, number=number, last=last, language=metadata.language, options=TextOptions())
        yield f"\nchapter {number}: {chapter.title}{'' if chapter.titled else ' (untitled)'}"
        yield from (f"warning: {warning}" for warning in script.warnings)
        yield from map(_line, script.cues)


def _line(cue: Cue) -> str:
    match cue:
        case Pause():
            return f"  pause {cue.reason} {cue.duration_s}"
        case Interlude():
            return f"  interlude {cue.caption} {cue.duration_s}"
        case Utterance():
            said = f" | {cue.spoken}" if cue.spoken != cue.text else ""
            return f"{cue.href or cue.line}: {cue.role} | {cue.text}{said}"
