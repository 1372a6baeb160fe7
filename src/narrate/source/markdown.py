"""Markdown in (CommonMark, tables, footnotes, YAML front matter), a Document out. Touches no file but asks for a cover.

markdown-it-py finds the blocks; inline Markdown is turned into words block by block, so that the parse of a long
book is never in memory as a whole.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from narrate.document import (
    Block,
    Code,
    Document,
    Figure,
    Heading,
    ListItem,
    Metadata,
    Note,
    Origin,
    Paragraph,
    Quotation,
    SceneBreak,
    Table,
)
from narrate.source import front_matter
from narrate.source.decode import decode
from narrate.source.divide import divide, same_words
from narrate.source.front_matter import FrontMatter
from narrate.source.inline import Inline, Picture, read_inline
from narrate.source.markup import words_and_pictures
from narrate.source.name import plain, readable

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_DEEPEST = 60
_MARKER = re.compile(r"[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))[ \t]?")
_MARKERS = re.compile(f"(?:{_MARKER.pattern})*")
_NESTING = 150
"""Blocks in blocks. CommonMark's preset stops at 20 and drops what lies deeper; Python's stack bears about 250."""


def read_markdown(path: Path, data: bytes) -> Document:
    """The Document that Markdown says. Raises SourceError for what is no text, ConfigError for wrong front matter."""
    text, remarks = decode(data, path)
    front, body = front_matter.split(text, path)
    body, levelled = _levelled(body)
    if levelled:
        remarks = (*remarks, f"line {levelled + front.line_count}: nested more than {_DEEPEST} deep, read as less deep")
    blocks = list(_Reader(front.line_count).read(body))
    title, blocks = _take_title(blocks, front)
    return Document(
        metadata=Metadata(
            title=plain(front.title or (title.text if title else readable(path))),
            author=front.author,
            language=front.language or "en",
            narrator=front.narrator,
            date=front.date,
            cover=front.cover,
        ),
        chapters=divide(blocks, opening=(title,) if title else ()),
        settings=front.settings,
        warnings=remarks,
    )


def _take_title(blocks: list[Block], front: FrontMatter) -> tuple[Heading | None, list[Block]]:
    """The work's title as a heading, and the blocks without it.

    It is the first heading if that is of level 1 and says what the front matter does, or is the only one of level 1.
    """
    at = next((i for i, block in enumerate(blocks) if not isinstance(block, Figure | Quotation | SceneBreak)), None)
    first = blocks[at] if at is not None else None
    if isinstance(first, Heading) and first.level == 1 and at is not None:
        only = not any(isinstance(block, Heading) and block.level == 1 for block in blocks[at + 1 :])
        if only or same_words(first.text, front.title):
            return first, blocks[:at] + blocks[at + 1 :]
    if front.title and blocks:
        return Heading(text=front.title, level=1, origin=Origin(line=1)), blocks
    return None, blocks


@dataclass(kw_only=True, slots=True)
class _List:
    """An open list: the number of its next item, or None with bullets, and what the open item is marked with."""

    number: int | None
    marker: str = ""


@dataclass(kw_only=True, slots=True)
class _NoteBody:
    label: str
    line: int
    texts: list[str] = field(default_factory=list)


class _Reader:
    """Turns one parse's tokens into blocks. Where they stand (quotation, list, note) is kept as it goes."""

    def __init__(self, line_offset: int) -> None:
        self._offset = line_offset
        self._md = _parser()
        self._env: dict[str, Any] = {}
        self._line = 1
        self._quotes = 0
        self._lists: list[_List] = []
        self._bodies: dict[str, _NoteBody] = {}
        self._told: set[int] = set()

    def read(self, body: str) -> Iterator[Block]:
        tokens: list[Token] = []
        self._md.block.parse(body, self._md, self._env, tokens)
        # Deeper than CommonMark's preset, brackets inside a line are taken as they stand; searching costs their depth.
        self._md.options["maxNesting"] = 20
        tokens, notes = _apart(tokens)
        for label, inner in notes:
            self._bodies.setdefault(label, self._note_body(label, inner))
        yield from _captioned(self._blocks(tokens))
        yield from self._untold()

    def _note_body(self, label: str, tokens: Sequence["Token"]) -> _NoteBody:
        line = next((token.map[0] for token in tokens if token.map), 0) + 1 + self._offset
        texts = [token.content for token in tokens if token.type in ("inline", "fence", "code_block", "html_block")]
        return _NoteBody(label=label, line=line, texts=texts)

    def _blocks(self, tokens: Sequence["Token"]) -> Iterator[Block]:
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.map:
                self._line = token.map[0] + 1 + self._offset
            origin = Origin(line=self._line)
            match token.type:
                case "inline":
                    yield from self._inline(token.content, tokens[at - 1], origin)
                case "fence" | "code_block":
                    if token.content.strip():
                        language = (token.info.split() or [""])[0]
                        yield Code(text=token.content.rstrip("\n"), language=language, origin=origin)
                case "html_block":
                    yield from self._html(token.content, origin)
                case "hr":
                    if not self._quotes and not self._lists:
                        yield SceneBreak(origin=origin)
                case "table_open":
                    end = next(i for i in range(at, len(tokens)) if tokens[i].type == "table_close")
                    yield from self._table(tokens[at:end], origin)
                    at = end
                case _:
                    self._step(token)
            at += 1

    def _step(self, token: "Token") -> None:
        """Into or out of a quotation, a list, an item."""
        match token.type:
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "ordered_list_open":
                self._lists.append(_List(number=int(token.attrs.get("start", 1))))
            case "bullet_list_open":
                self._lists.append(_List(number=None))
            case "ordered_list_close" | "bullet_list_close":
                self._lists.pop()
            case "list_item_open":
                current = self._lists[-1]
                if current.number is not None:
                    current.marker = str(current.number)
                    current.number += 1

    def _inline(self, content: str, opened: "Token", origin: Origin) -> Iterator[Block]:
        inline = read_inline(content, self._md, self._env)
        if inline.alone:
            yield from _figures(inline, origin)
        else:
            if inline.text:
                yield self._worded(inline.text, opened, origin, wholly=inline.emphasised != "")
            yield from _figures(inline, origin)
        yield from self._notes(inline.notes)

    def _worded(self, text: str, opened: "Token", origin: Origin, *, wholly: bool) -> Block:
        if opened.type == "heading_open":
            return Heading(text=text, level=int(opened.tag[1]), origin=origin)
        marker = ""
        if self._lists:
            marker, self._lists[-1].marker = self._lists[-1].marker, ""
        if self._quotes:
            return Quotation(text=f"{marker}. {text}" if marker else text, origin=origin)
        if self._lists:
            return ListItem(text=text, marker=marker, origin=origin)
        return _Emphasised(text=text, origin=origin) if wholly else Paragraph(text=text, origin=origin)

    def _html(self, content: str, origin: Origin) -> Iterator[Block]:
        for piece in words_and_pictures(content):
            if isinstance(piece, Picture):
                yield Figure(alt=piece.alt, origin=origin)
            elif self._quotes:
                yield Quotation(text=piece, origin=origin)
            else:
                yield Paragraph(text=piece, origin=origin)

    def _table(self, tokens: Sequence["Token"], origin: Origin) -> Iterator[Block]:
        header: list[str] = []
        rows: list[list[str]] = []
        notes: list[int] = []
        current = header
        for token in tokens:
            if token.type == "tbody_open":
                current = []
            elif token.type == "tr_open" and current is not header:
                current = []
                rows.append(current)
            elif token.type == "inline":
                cell = read_inline(token.content, self._md, self._env)
                alts = [picture.alt or picture.caption for picture in cell.pictures]
                current.append(" ".join(filter(None, [cell.text, *alts])))
                notes += cell.notes
        if any(header) or any(any(row) for row in rows):
            yield Table(header=tuple(header) if any(header) else (), rows=tuple(map(tuple, rows)), origin=origin)
        yield from self._notes(notes)

    def _notes(self, numbers: Sequence[int]) -> Iterator[Block]:
        """The notes that were marked, each once, and after them those that their own text marks."""
        waiting = list(numbers)
        for number in waiting:  # grows while it is walked
            if number in self._told:
                continue
            self._told.add(number)
            entry = self._env["footnotes"]["list"][number]
            body = self._bodies.pop(entry.get("label"), None) if "content" not in entry else None
            texts = [entry["content"]] if "content" in entry else body.texts if body else []
            line = body.line if body else self._line
            inlines = [read_inline(text, self._md, self._env) for text in texts]
            if text := " ".join(inline.text for inline in inlines if inline.text):
                yield Note(label=str(number + 1), text=text, origin=Origin(line=line))
            for inline in inlines:
                yield from _figures(inline, Origin(line=line))
                waiting += inline.notes

    def _untold(self) -> Iterator[Block]:
        """Notes that nothing points to: a page would not show them, but their author wrote them."""
        while self._bodies:
            label = next(iter(self._bodies))
            body = self._bodies.pop(label)
            inlines = [read_inline(text, self._md, self._env) for text in body.texts]
            if text := " ".join(inline.text for inline in inlines if inline.text):
                yield Note(label=label, text=text, origin=Origin(line=body.line))
            for inline in inlines:
                yield from self._notes(inline.notes)


class _Emphasised(Paragraph):
    """A paragraph that is emphasised from end to end: below a picture it is its caption."""

    __slots__ = ()


def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    md = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable("table")
    footnote_plugin(md, move_to_end=False)
    return md


def _levelled(body: str) -> tuple[str, int]:
    """`body` without the markers of quotations and lists that would nest deeper than the parser reads, since it drops
    what stands there without a word; and the first line where there were any, else 0."""
    first = 0
    lines = body.split("\n")
    for number, line in enumerate(lines, start=1):
        if len(line) <= _DEEPEST:
            continue
        matched = _MARKERS.match(line)
        if matched and len(found := _MARKER.findall(matched[0])) > _DEEPEST:
            lines[number - 1] = "".join(found[:_DEEPEST]) + " " + line[matched.end() :]
            first = first or number
    return "\n".join(lines) if first else body, first


def _apart(tokens: Sequence["Token"]) -> tuple[list["Token"], list[tuple[str, list["Token"]]]]:
    """The text's own tokens, and the label and tokens of each footnote's body."""
    own: list[Token] = []
    notes: list[tuple[str, list[Token]]] = []
    open_notes: list[list[Token]] = []
    for token in tokens:
        if token.type == "footnote_reference_open":
            notes.append((str(token.meta["label"]), []))
            open_notes.append(notes[-1][1])
        elif token.type == "footnote_reference_close":
            open_notes.pop()
        else:
            (open_notes[-1] if open_notes else own).append(token)
    return own, notes


def _figures(inline: Inline, origin: Origin) -> Iterator[Figure]:
    """The pictures that are no decoration; an emphasised line right after the last one is its caption."""
    pictures = inline.pictures
    if inline.alone and inline.text and pictures:
        last = pictures[-1]
        credit, last.caption = last.caption, inline.text
        if credit and not same_words(credit, inline.text):
            last.caption = f"{credit}. {inline.text}"
    for picture in pictures:
        if picture.alt or picture.caption:
            yield Figure(alt=picture.alt, caption=picture.caption, origin=origin)


def _captioned(blocks: Iterator[Block]) -> Iterator[Block]:
    """A figure without a caption takes the emphasised paragraph that follows it."""
    figure: Figure | None = None
    for block in blocks:
        caption = ""
        if isinstance(block, _Emphasised):
            caption = block.text
            block = Paragraph(text=block.text, origin=block.origin)
        if figure:
            if caption and not figure.caption:
                yield Figure(alt=figure.alt, caption=caption, origin=figure.origin)
                figure = None
                continue
            yield figure
            figure = None
        if isinstance(block, Figure):
            figure = block
        else:
            yield block
    if figure:
        yield figure
