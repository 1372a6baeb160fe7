"""PDF with a text layer in, a Document out: by way of pypdf. Touches no file.

pypdf bounds all that a file can ask for (streams, trees, filters, cycles); what goes on beyond that is bounded here:
pages, characters and time. A file whose letters cannot be had (encrypted, scanned) is refused.
"""

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from narrate.document import Block, Document, Figure, Heading, Metadata, PageBreak, Paragraph, Skipped, is_language_tag
from narrate.errors import SourceError
from narrate.source.account import assembled
from narrate.source.columns import in_reading_order, with_tables
from narrate.source.divide import letters, same_words
from narrate.source.limits import PDF_CHARACTERS, PDF_OPERATIONS, PDF_PAGES, PDF_SECONDS, PDF_STREAM_BYTES
from narrate.source.name import plain, readable, shown
from narrate.source.pdf_page import Budget, Line, OverBudgetError, Picture, page_origin, read_page
from narrate.source.running import CONTENTS, Page, without_contents, without_running
from narrate.source.typeset import Item, Type, compose, measure

if TYPE_CHECKING:
    from pypdf import PdfReader

_UNREADABLE = 0.3
_SMALLEST_PICTURE = 2000.0
"""Points², as large as a thumbnail; smaller ones are rules, bullets and marks."""
_MOST_HEADING_LINES = 4
_TITLE_LARGER = 1.3
_NO_TITLE = re.compile(
    r"(?:microsoft word - .*|untitled.*|.*\.(?:docx?|tex|dvi|indd|qxd|pdf|rtf|odt|ps))?", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """A line of the outline: the page (from 0) and the height that it leads to (None: the page's head)."""

    title: str
    level: int
    page: int
    top: float | None


def read_pdf(path: Path, data: bytes) -> Document:
    """The Document that a PDF's text layer says.

    Raises SourceError when it is damaged, encrypted, without text, or larger than any book.
    """
    with _quiet(path):
        reader = _opened(path, data)
        pages, warnings = _pages(path, reader)
        outline = _outline(reader)
        labels = _labels(reader, len(pages))
        info = _metadata(reader, path)
    pages, repeated = _without_repeated_pictures(pages)
    pages, running = without_running(pages, labels)
    pages, contents = without_contents(pages)
    labels |= {each.line.page: each.number for each in running if each.number}
    found = _blocks(pages, outline, labels)
    title, blocks = _titled(found, info.title)
    heads = [each.line for each in running]
    skipped = (
        *repeated,
        *_skipped("header", "running heads and page numbers", heads),
        *_skipped("navigation", "a table of contents", contents),
    )
    info = replace(info, title=info.title or plain(title.text if title else readable(path)))
    return assembled(info, blocks, opening=(title,) if title else (), warnings=warnings, skipped=skipped)


@contextmanager
def _quiet(path: Path) -> Iterator[None]:
    """pypdf's remarks kept from the terminal, and whatever it stumbles over told as one line.

    A parser of such a format fails in every way that Python can: a list of its exceptions would never be complete.
    """
    from pypdf import apply_configuration

    logger = logging.getLogger("pypdf")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with apply_configuration(
            maximum_declared_stream_length=PDF_STREAM_BYTES,
            array_based_stream_maximum_output_length=PDF_STREAM_BYTES,
            zlib_maximum_output_length=PDF_STREAM_BYTES,
            lzw_maximum_output_length=PDF_STREAM_BYTES,
            run_length_maximum_output_length=PDF_STREAM_BYTES,
            stream_parsing_work_maximum_count=PDF_OPERATIONS,
        ):
            yield
    except SourceError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        hint = "open it in a viewer and print it to a new PDF, or export it as text"
        raise SourceError(f"{shown(path.name)}: a damaged PDF: {reason}", hint=hint) from error
    finally:
        logger.setLevel(before)


def _opened(path: Path, data: bytes) -> "PdfReader":
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import DependencyError

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        try:
            opened = reader.decrypt("") != PasswordType.NOT_DECRYPTED
        except (DependencyError, NotImplementedError):
            opened = False
        if not opened:
            hint = "save it without a password first, e.g.: qpdf --decrypt --password=… in.pdf out.pdf"
            raise SourceError(f"{shown(path.name)}: an encrypted PDF", hint=hint)
    return reader


def _pages(path: Path, reader: "PdfReader") -> tuple[list[Page], list[str]]:
    """What stands on each page, and remarks. Raises SourceError when that is no text."""
    count = len(reader.pages)
    if count > PDF_PAGES:
        hint = "split it, e.g.: qpdf --split-pages=1000 in.pdf out.pdf"
        raise SourceError(f"{shown(path.name)}: {count} pages, more than {PDF_PAGES}", hint=hint)
    budget = Budget(seconds=PDF_SECONDS, characters=PDF_CHARACTERS)
    pages: list[Page] = []
    broken: list[str] = []
    unreadable = characters = 0
    for number in range(count):
        try:
            items, signs = read_page(reader.pages[number], number, budget)
        except OverBudgetError as error:
            raise SourceError(f"{shown(path.name)}: page {number + 1}: {error}", hint="split the PDF") from error
        except Exception:
            broken.append(str(number + 1))
            items, signs = [], 0
        pages.append(in_reading_order(items))
        unreadable += signs
        characters += sum(len(item.text) for item in items if isinstance(item, Line))
    if unreadable > _UNREADABLE * (characters + unreadable):
        characters = 0
    if not characters:
        raise _without_text(path, pages, unreadable, broken)
    warnings = [f"page{'s' * (len(broken) > 1)} {', '.join(broken[:20])}: damaged, left out"] if broken else []
    if unreadable:
        signs_are = "signs are" if unreadable > 1 else "sign is"
        warnings.append(f"{unreadable} {signs_are} left out: the fonts do not say which letters they show")
    return pages, warnings


def _without_text(path: Path, pages: Sequence[Page], unreadable: int, broken: Sequence[str]) -> SourceError:
    hint = "recognise its text first, e.g.: ocrmypdf in.pdf out.pdf"
    if unreadable:
        hint = "recognise its text first, e.g.: ocrmypdf --force-ocr in.pdf out.pdf"
        return SourceError(f"{shown(path.name)}: its fonts do not say which letters they show", hint=hint)
    if broken:
        hint = "open it in a viewer and print it to a new PDF"
        return SourceError(f"{shown(path.name)}: a damaged PDF: no page can be read", hint=hint)
    pictures = any(isinstance(item, Picture) for page in pages for item in page)
    what = "its pages are pictures" if pictures else "its pages are empty, or drawn as shapes"
    return SourceError(f"{shown(path.name)}: a PDF without text: {what}", hint=hint)


def _outline(reader: "PdfReader") -> list[_Entry]:
    """The outline, flat, in order; empty when it is damaged: headings are then found by their size."""
    try:
        return list(_entries(reader, reader.outline, 1))
    except Exception:
        return []


def _entries(reader: "PdfReader", items: Any, level: int) -> Iterator[_Entry]:
    for item in items:
        if isinstance(item, list):
            yield from _entries(reader, item, level + 1)
            continue
        page = reader.get_destination_page_number(item)
        title = " ".join(str(item.title or "").split())
        if page is not None and page >= 0 and title:
            top = getattr(item, "top", None)
            height = float(top) if isinstance(top, int | float) else None
            yield _Entry(title=title, level=level, page=page, top=height)


def _labels(reader: "PdfReader", count: int) -> dict[int, str]:
    """The pages' own numbers, where the file gives any."""
    try:
        return dict(enumerate(reader.page_labels[:count]))
    except Exception:
        return {}


def _metadata(reader: "PdfReader", path: Path) -> Metadata:
    """What the file says of itself; `title` is "" where that is only some program's name for it."""
    try:
        information: Any = reader.metadata
        title, author = (" ".join(str(value or "").split()) for value in (information.title, information.author))
    except Exception:
        title = author = ""
    if _NO_TITLE.fullmatch(title) or same_words(title, path.stem):
        title = ""
    try:
        language = str(reader.root_object.get("/Lang", "")).replace("_", "-")
    except Exception:
        language = ""
    language = language if is_language_tag(language) else ""
    return Metadata(title=plain(title) if title else "", author=plain(author) if author else "", language=language)


def _without_repeated_pictures(pages: Sequence[Page]) -> tuple[list[Page], list[Skipped]]:
    """The pages without pictures that are decoration: on several pages, or no larger than a sign."""
    on: Counter[int] = Counter()
    for page in pages:
        on.update({item.name for item in page if isinstance(item, Picture)})
    kept: list[Page] = []
    left: list[Picture] = []
    for page in pages:
        ornaments = [i for i in page if isinstance(i, Picture) and (on[i.name] > 1 or i.area < _SMALLEST_PICTURE)]
        left += ornaments
        kept.append([item for item in page if item not in ornaments])
    if not left:
        return kept, []
    reason = "too small, or the same on several pages: decoration"
    return kept, [Skipped(kind="figure", reason=reason, count=len(left), origin=page_origin(left[0].page))]


def _skipped(kind: str, reason: str, lines: Sequence[Line]) -> tuple[Skipped, ...]:
    if not lines:
        return ()
    origin = page_origin(lines[0].page)
    return (Skipped(kind=kind, reason=reason, count=len(lines), text=lines[0].words[:80], origin=origin),)


def _blocks(pages: Sequence[Page], outline: Sequence[_Entry], labels: dict[int, str]) -> list[Block]:
    """All that the pages say, with the outline's headings in their places."""
    kind = measure(pages)
    of_page: dict[int, list[_Entry]] = {}
    for entry in outline:
        of_page.setdefault(entry.page, []).append(entry)
    items: list[list[Item]] = []
    for number, page in enumerate(pages):
        broken = PageBreak(label=labels.get(number, ""), origin=page_origin(number))
        items.append([broken, *_headed(page, of_page.get(number, []), number)])
    if outline:
        _mark_title(items, kind)
    return compose(items, kind, headed=bool(outline))


def _headed(page: Page, entries: Sequence[_Entry], number: int) -> list[Item]:
    """The page with its headings in place of the lines that say them; one that no line says is put where it leads."""
    items: list[Item] = [
        Figure(origin=page_origin(number)) if isinstance(item, Picture) else item for item in with_tables(page)
    ]
    for entry in entries:
        at, count = _place(items, entry)
        words = " ".join(item.words for item in items[at : at + count] if isinstance(item, Line))
        level = min(entry.level, 6)
        items[at : at + count] = [Heading(text=words or entry.title, level=level, origin=page_origin(number))]
    return items


def _mark_title(pages: list[list[Item]], kind: Type) -> None:
    """Make a heading above all others of the lines that stand before the outline's first one and are the largest."""
    for page in pages:
        heads = [at for at, item in enumerate(page) if isinstance(item, Heading)]
        lines = [item for item in page[: heads[0] if heads else None] if isinstance(item, Line)]
        largest = max((line.size for line in lines), default=0.0)
        said = [line for line in lines if line.size == largest]
        text = " ".join(line.words for line in said)
        if largest >= _TITLE_LARGER * kind.size and len(said) <= _MOST_HEADING_LINES and not CONTENTS.fullmatch(text):
            page[page.index(said[0])] = Heading(text=text, level=0, origin=page_origin(said[0].page))
            page[:] = [item for item in page if item not in said]
        if lines or heads:
            return


def _place(items: Sequence[Item], entry: _Entry) -> tuple[int, int]:
    """Which items say the entry's title: the first, and how many. None of them: where it leads, and 0."""
    wanted = letters(entry.title)
    found: list[tuple[float, int, int]] = []
    for at, item in enumerate(items):
        said = ""
        for count, line in enumerate(items[at : at + _MOST_HEADING_LINES], start=1):
            if not isinstance(line, Line):
                break
            said += letters(line.words)
            if wanted and said.endswith(wanted) and len(said) - len(wanted) <= 12:
                first = item.y if isinstance(item, Line) else 0.0
                found.append((abs(first - entry.top) if entry.top is not None else at, at, count))
    if found:
        return min(found)[1:]
    for at, item in enumerate(items):
        if isinstance(item, Line) and (entry.top is None or item.y <= entry.top):
            return at, 0
    return (0 if entry.top is None else len(items)), 0


def _titled(blocks: list[Block], title: str) -> tuple[Heading | None, list[Block]]:
    """The work's title as its pages say it, and the blocks without it.

    It is the first heading, if it says what the metadata do, or stands above all others on the first page with text.
    """
    at = next((i for i, block in enumerate(blocks) if isinstance(block, Heading)), None)
    first = blocks[at] if at is not None else None
    if isinstance(first, Heading) and at is not None:
        others = [block.level for block in blocks[at + 1 :] if isinstance(block, Heading)]
        opens = not any(not isinstance(block, PageBreak | Figure) for block in blocks[:at])
        if same_words(first.text, title) or (opens and first.level < min(others, default=7)):
            return replace(first, level=1), blocks[:at] + blocks[at + 1 :]
    if title and blocks:
        said = next((block for block in blocks if isinstance(block, Paragraph)), None)
        if said and same_words(said.text, title):  # set no larger than the rest
            blocks = [block for block in blocks if block is not said]
        return Heading(text=title, level=1, origin=page_origin(0)), blocks
    return None, blocks
