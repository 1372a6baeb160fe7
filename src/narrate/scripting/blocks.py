"""Blocks in, the Markdown of a script out: a block a paragraph, chapters by lines of their own.

What Markdown has no sign for is written as HTML, or as a line between `:::`. Pure.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from narrate.document import (
    Block,
    Chapter,
    Code,
    Document,
    Figure,
    Formula,
    Heading,
    ListItem,
    Note,
    PageBreak,
    Paragraph,
    Quotation,
    SceneBreak,
    Silence,
    Table,
    VoiceChange,
)
from narrate.scripting.inline import InlineWriter, attribute, line_start, markdown_text, note_label
from narrate.source.directives import ChapterLine, written
from narrate.source.divide import same_words
from narrate.source.figures import is_no_description
from narrate.source.lists import numeral

_BACKTICKS = re.compile(r"`+")
_ROMAN = re.compile(r"[ivxlcdm]+|[IVXLCDM]+")
_LETTERS = re.compile(r"[a-z]{1,2}|[A-Z]{1,2}")
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_NUMBER = re.compile(r"\d{1,9}")


def chapters(document: Document, voices: Mapping[int, str]) -> Iterator[str]:
    """The chapters of a work, each a piece of the file. `voices` are those of single chapters, by number."""
    labels = frozenset(
        label
        for chapter in document.chapters
        for block in chapter.blocks
        if isinstance(block, Note) and (label := note_label(block.label))
    )
    for number, chapter in enumerate(document.chapters, start=1):
        yield "\n\n".join(_chapter(chapter, voices.get(number, ""), labels)) + "\n"


def _chapter(chapter: Chapter, voice: str, labels: frozenset[str]) -> Iterator[str]:
    yield written(ChapterLine(title=chapter.title, titled=chapter.titled))
    if voice:
        yield written(VoiceChange(voice=voice, origin=chapter.blocks[0].origin))
    writer = _Writer(labels)
    items: list[ListItem] = []
    for block in chapter.blocks:
        if isinstance(block, ListItem):
            items.append(block)
            continue
        if items:
            yield from writer.items(items)
            items.clear()
        yield writer.block(block)
    yield from writer.items(items)


class _Writer:
    """Writes blocks. `labels` are the notes whose texts are in the script."""

    def __init__(self, labels: frozenset[str]) -> None:
        self._inline = InlineWriter(labels)
        self._html = InlineWriter(labels, in_html=True)

    def block(self, block: Block) -> str:
        """Any block but an item of a list."""
        match block:
            case Heading():
                text = self._inline.written(block.text, block.marks)
                text = f"{text[:-1]}\\#" if text.endswith("#") else text
                return f"{'#' * max(1, min(6, block.level))} {text}"
            case Quotation():
                return f"> {self._line(block)}"
            case Note():
                return self._note(block)
            case Figure():
                return _figure(block)
            case Table():
                return _table(block)
            case Code():
                return _code(block)
            case Formula():
                return _formula(block)
            case SceneBreak() | PageBreak() | Silence() | VoiceChange():
                return written(block)
            case _:
                return self._line(block)

    def _line(self, block: Paragraph | Quotation | ListItem | Note) -> str:
        return line_start(self._inline.written(block.text, block.marks))

    def _note(self, note: Note) -> str:
        if label := note_label(note.label):
            return f"[^{label}]: {self._line(note)}"
        words = self._html.written(note.text, note.marks)
        return f'<aside role="doc-footnote" data-narrate-label={attribute(note.label)}>{words}</aside>'

    def items(self, items: Sequence[ListItem]) -> Iterator[str]:
        """A run of items, a paragraph each. What Markdown cannot number is written as HTML."""
        open_lists: list[_List] = []
        for item in items:
            if item.marker and not _NUMBER.fullmatch(item.marker):
                open_lists.clear()
                yield self._lettered(item)
                continue
            closed = None
            while open_lists and open_lists[-1].level > item.level:
                closed = open_lists.pop()
            if not open_lists or open_lists[-1].level < item.level:
                indent = open_lists[-1].inner if open_lists else 0
                open_lists.append(_List(level=item.level, indent=indent))
                if closed and closed.indent == indent:  # else Markdown would take it for the same list
                    yield " " * indent + "<!-- -->"
            elif not open_lists[-1].goes_on(item.marker):
                yield " " * open_lists[-1].indent + "<!-- -->"
            marker = open_lists[-1].take(item.marker)
            yield f"{' ' * open_lists[-1].indent}{marker}{self._line(item)}"

    def _lettered(self, item: ListItem) -> str:
        marker = item.marker
        words = self._html.written(item.text, item.marks)
        for style, pattern in (("i", _ROMAN), ("a", _LETTERS)):
            if pattern.fullmatch(marker) and (number := _counted(marker.lower(), style)):
                kind = style if marker.islower() else style.upper()
                return f'<ol type="{kind}"><li value="{number}">{words}</li></ol>'
        return line_start(f"{markdown_text(marker)}. {self._inline.written(item.text, item.marks)}")


class _List:
    """A list that is open where items are being written."""

    def __init__(self, *, level: int, indent: int) -> None:
        self.level = level
        self.indent = indent
        self.inner = indent
        self._next: int | None = -1  # None with bullets

    def goes_on(self, marker: str) -> bool:
        """Whether Markdown numbers an item rightly when it simply follows. A sign of another kind begins a new list."""
        return not marker or self._next is None or self._next in (-1, int(marker))

    def take(self, marker: str) -> str:
        """The sign of the next item."""
        self._next = int(marker) + 1 if marker else None
        sign = f"{marker}. " if marker else "- "
        self.inner = self.indent + len(sign)
        return sign


def _counted(marker: str, style: str) -> int:
    """The number that a list of that style writes as `marker` (in small letters); 0 for none."""
    number = 0
    if style == "a":
        for letter in marker:
            number = number * 26 + ord(letter) - ord("a") + 1
    else:
        values = [_VALUES[letter] for letter in marker]
        number = sum(-one if one < two else one for one, two in zip(values, [*values[1:], 0], strict=True))
    return number if numeral(number, style) == marker else 0


def _figure(figure: Figure) -> str:
    """As a picture of Markdown, where its reading would not think the words no description."""
    alt, caption = figure.alt, figure.caption
    odd = (
        len(alt) < 2 or is_no_description(alt) or (caption and (is_no_description(caption) or same_words(caption, alt)))
    )
    if figure.credit or odd:
        return written(figure)
    title = f' "{_titled(caption)}"' if caption else ""
    return f"![{markdown_text(alt)}](picture{title})"


def _titled(caption: str) -> str:
    return re.sub(r'["\\]|&(?=#?\w+;)', lambda found: f"\\{found[0]}", caption)


def _table(table: Table) -> str:
    width = max((len(row) for row in (table.header, *table.rows)), default=0)
    if any(table.header) and len(table.header) == width and not table.caption and not table.row_headers:
        rule = "|" + " --- |" * width
        return "\n".join((_piped(table.header), rule, *map(_piped, table.rows)))
    lines = ["<table>"]
    lines.append(f"<caption>{escape(table.caption, quote=False)}</caption>")
    if table.header:
        lines.append(f"<thead>{_row(table.header, headers=len(table.header))}</thead>")
    lines += (_row(row, headers=int(table.row_headers)) for row in table.rows)
    return "\n".join((*lines, "</table>"))


def _piped(row: Sequence[str]) -> str:
    return "|" + "".join(f" {markdown_text(cell).replace('|', chr(92) + '|')} |" for cell in row)


def _row(row: Sequence[str], *, headers: int) -> str:
    tags = ["th" if number < headers else "td" for number in range(len(row))]
    cells = (f"<{tag}>{escape(cell, quote=False)}</{tag}>" for tag, cell in zip(tags, row, strict=True))
    return f"<tr>{''.join(cells)}</tr>"


def _code(code: Code) -> str:
    fence = "`" * (max((len(run) for run in _BACKTICKS.findall(code.text)), default=0) + 1)
    fence = max(fence, "```", key=len)
    return f"{fence}{code.language}\n{code.text}\n{fence}"


def _formula(formula: Formula) -> str:
    if formula.mathml:
        opening, closing = formula.mathml.split(">", 1)
        if 'display="block"' not in opening:
            opening = opening.removesuffix("/") + ' display="block"' + ("/" if opening.endswith("/") else "")
        return f"{opening}>\n{' '.join(closing.split())}"
    if formula.alt:
        named = f"aria-label={attribute(formula.alt)} alttext={attribute(formula.tex)}"
        return f'<math display="block" {named}>\n<mtext></mtext></math>'
    return f'<script type="math/tex; mode=display">\n{formula.tex}\n</script>'
