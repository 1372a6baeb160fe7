"""A script builds to the same audiobook as the document it was written from, and can be edited."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

import test_golden
import test_golden_readers
from generated import documents
from narrate import config, scripting
from narrate.document import Document
from narrate.script import Cue, Interlude, Pause, Utterance
from narrate.source import read
from narrate.text import to_script

CASES = [*test_golden.CASES, *test_golden_readers.CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda folder: folder.name)
def test_a_script_has_the_cues_of_its_source(case: Path, tmp_path: Path) -> None:
    (own,) = case.glob("in.*")
    source = own if own.suffix in (".txt", ".md", ".html") and ".docx" not in own.name else None
    source = source or test_golden_readers.source_of(case, tmp_path)
    document = read(source)
    again = read(script_of(document, source, tmp_path))
    assert told(again) == told(document)
    assert again.is_balanced


@settings(max_examples=150, deadline=None)
@given(documents())
def test_a_script_has_the_cues_of_any_document(document: Document) -> None:
    with TemporaryDirectory() as folder:
        again = read(script_of(document, Path("in.md"), Path(folder)))
    assert told(again) == told(document)
    assert again.is_balanced


def script_of(document: Document, source: Path, folder: Path) -> Path:
    """The file that `narrate script SOURCE` writes."""
    path = folder / "book.md"
    front = scripting.front(document, source, {}, defaults={})
    path.write_text("\n".join((front.text, *scripting.chapters(document, {}))), "utf-8")
    return path


def told(document: Document) -> list[str]:
    """All that is heard, a line a cue; where it stands in the source apart."""
    found = [document.metadata.title, document.metadata.author, document.metadata.language]
    options = config.join(config.check(document.settings, where="front matter", folder=Path())).text
    for number, chapter in enumerate(document.chapters, start=1):
        last = number == len(document.chapters)
        script = to_script(chapter, number=number, last=last, language=document.metadata.language, options=options)
        found.append(f"chapter {chapter.title}")
        found += map(line, script.cues)
    return found


def line(cue: Cue) -> str:
    match cue:
        case Pause():
            return f"pause {cue.reason} {cue.duration_s}"
        case Interlude():
            return f"interlude {cue.scene} {cue.duration_s} {cue.seed}"
        case Utterance():
            return f"{cue.role} {cue.voice} | {cue.text} | {cue.spoken} | {cue.tongues}"
