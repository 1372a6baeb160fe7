"""Golden cases of the HTML reader and what is read by way of it: `tests/golden/<case>/in.html` or a folder `in.epub`.
A PDF is made of `in.layout` (see `pdf_writer.py`), a DOCX file of `in.docx.txt`, a call of `docx_writer.py`.

`golden.txt` is the Document, a line a block, its marks below it, and what was skipped. One rule a case, and the case's
name says which. To accept what the program does now: `NARRATE_GOLDEN=write`, then read the difference.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import docx_writer
import pdf_writer
from epubs import packed
from narrate.document import Block, Code, Document, Figure, Formula, Heading, ListItem, Note, Origin, PageBreak, Table
from narrate.source import read

GOLDEN = Path(__file__).parent / "golden"
INPUTS = ("in.html", "in.epub", "in.layout", "in.docx.txt")
CASES = sorted({source.parent for name in INPUTS for source in GOLDEN.glob(f"*/{name}")})


@pytest.mark.parametrize("case", CASES, ids=lambda folder: folder.name)
def test_the_document_is_as_written_down(case: Path, tmp_path: Path) -> None:
    document = read(source_of(case, tmp_path))
    found = "\n".join(_lines(document)) + "\n"
    golden = case / "golden.txt"
    if os.environ.get("NARRATE_GOLDEN") == "write":
        golden.write_text(found, "utf-8")
    assert found == golden.read_text("utf-8")
    assert document.is_balanced


def source_of(case: Path, folder: Path) -> Path:
    """The file that is read: the case's own, or what is made of it in `folder`."""
    (source,) = case.glob("in.*")
    match source.name:
        case "in.epub":
            return packed(source, folder / "in.epub")
        case "in.layout":
            path = folder / "in.pdf"
            path.write_bytes(pdf_writer.from_layout(source.read_text("utf-8")))
        case "in.docx.txt":
            path = folder / "in.docx"
            path.write_bytes(eval(source.read_text("utf-8"), vars(docx_writer)))
        case _:
            return source
    return path


def test_there_are_at_least_forty_cases_of_readers() -> None:
    assert len(CASES) >= 40


def _lines(document: Document) -> Iterator[str]:
    metadata = document.metadata
    told = {"title": metadata.title, "author": metadata.author, "date": metadata.date}
    yield from (f"{name}: {value}" for name, value in told.items() if value)
    if metadata.language != "en":
        yield f"language: {metadata.language}"
    if isinstance(metadata.cover, bytes):
        yield f"cover: {len(metadata.cover)} bytes"
    yield from (f"warning: {warning}" for warning in document.warnings)
    for number, chapter in enumerate(document.chapters, start=1):
        yield f"\nchapter {number}: {chapter.title}{'' if chapter.titled else ' (untitled)'}"
        for block in chapter.blocks:
            yield f"{_place(block.origin)} {_told(block)}"
            yield from _marks(block)
    if document.skipped:
        yield ""
    for each in document.skipped:
        count = f" × {each.count}" if each.count > 1 else ""
        yield f"skipped: {each.kind}{count} at {_place(each.origin)} {each.reason}{each.text and f' | {each.text}'}"


def _place(origin: Origin) -> str:
    return f"{origin.href or origin.line}:"


def _told(block: Block) -> str:
    name = type(block).__name__.lower()
    match block:
        case Heading():
            return f"heading {block.level} | {block.text}"
        case ListItem():
            return f"item {block.level} | {block.marker and block.marker + '. '}{block.text}"
        case Figure():
            parts = {"alt": block.alt, "caption": block.caption, "credit": block.credit}
            return (
                f"figure | {', '.join(f'{key} “{value}”' for key, value in parts.items() if value) or 'nothing known'}"
            )
        case Table():
            rows = "".join(f"\n    {' | '.join(row)}" for row in (block.header, *block.rows))
            return f"table{' with row headers' if block.row_headers else ''} | {block.caption}{rows}"
        case Code():
            lines = block.text.replace("\n", "\n    ")
            return f"code {block.language}\n    {lines}"
        case Formula():
            parts = {"alt": block.alt, "tex": block.tex, "mathml": block.mathml}
            return f"formula | {', '.join(f'{key} “{value}”' for key, value in parts.items() if value)}"
        case Note():
            return f"note {block.label} | {block.text}"
        case PageBreak():
            return f"page {block.label}"
        case _:
            return f"{name} | {getattr(block, 'text', '')}".rstrip(" |")


def _marks(block: Block) -> Iterator[str]:
    for mark in getattr(block, "marks", ()):
        words = getattr(block, "text", "")[mark.start : mark.end]
        yield f"    {mark.start}–{mark.end} {mark.kind}{words and f' “{words}”'}{mark.value and f' = {mark.value}'}"
