"""Markdown in (CommonMark and most of GitHub's), a Document out. Touches no file but asks for a cover.

markdown-it-py finds the blocks, which are written as HTML and read by the HTML reader, some at a time: so the parse of
a long book is never in memory as a whole. One with HTML of its author's is read alone: an open tag spoils no other.

Lines between `:::` (`directives`) steer what is heard. Where one of them begins a chapter, the file is a script, as
`narrate script` writes it, and is read to the letter: chapters and notes are where it says they are, and no caption is
guessed (`scripted`).
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from narrate.document import Document, Figure, Heading, MarkKind, Metadata, Origin, Paragraph
from narrate.source import directives, front_matter
from narrate.source.account import assembled
from narrate.source.decode import decode
from narrate.source.directives import ChapterLine, Directive
from narrate.source.html import first_title
from narrate.source.inline import MARK_ALONE, Inline, formula, note_id, read_inline, shown_label
from narrate.source.name import plain, readable
from narrate.source.notes import NoteIndex
from narrate.source.scripted import scripted
from narrate.source.stream import Item, Stream, woven
from narrate.source.tree import parse_html
from narrate.source.walk import LABEL, LINE, Walker

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_DEEPEST = 60
_MARKER = re.compile(r"[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))[ \t]?")
_MARKERS = re.compile(f"(?:{_MARKER.pattern})*")
_TOGETHER = 16_384
"""Characters of HTML that are read at once."""
_NESTING = 150
"""Blocks in blocks. CommonMark's preset stops at 20 and drops what lies deeper; Python's stack bears about 250."""


def read_markdown(path: Path, data: bytes) -> Document:
    """The Document that Markdown says. Raises SourceError for what is no text, ConfigError for wrong front matter."""
    text, remarks = decode(data, path)
    front, body = front_matter.split(text, path)
    body, levelled = _levelled(body)
    if levelled:
        remarks = (*remarks, f"line {levelled + front.line_count}: nested more than {_DEEPEST} deep, read as less deep")
    stream, notes = Stream(), NoteIndex()
    writer = _Writer(front.line_count, notes)
    lines = _walked(writer.written(body), stream, notes, language=front.language or "en", name=path.name)
    remarks = (*remarks, *writer.warnings())
    if lines:
        stream.loose |= notes.loose
        return scripted(front, woven(stream), lines, title=readable(path), stream=stream, warnings=remarks)
    blocks = [item.block for item in _captioned(woven(stream), stream) if item.block]
    title, blocks = first_title(blocks, front.title)
    seen = stream.seen
    if title is None and front.title and blocks:
        title = Heading(text=front.title, level=1, origin=Origin(line=1))
        seen += 1
    return assembled(
        Metadata(
            title=plain(front.title or (title.text if title else readable(path))),
            author=front.author,
            language=front.language,
            narrator=front.narrator,
            date=front.date,
            cover=front.cover,
        ),
        blocks,
        opening=(title,) if title else (),
        settings=front.settings,
        warnings=(*remarks, *stream.warnings),
        skipped=stream.skipped,
        seen=seen,
    )


def _walked(
    pieces: Iterator["str | Directive"], stream: Stream, notes: NoteIndex, *, language: str, name: str
) -> dict[str, ChapterLine]:
    """Put everything into `stream`; what is returned are chapter lines, by the anchors that stand for them there."""
    walker = Walker(stream, notes)
    lines: dict[str, ChapterLine] = {}
    for piece in pieces:
        if isinstance(piece, ChapterLine):
            lines[key := f"chapter line {len(lines)}"] = piece
            stream.items.append(Item(anchor=key))
        elif isinstance(piece, str):
            root, _ = parse_html(f"<html><body>{piece}</body></html>", name)
            walker.walk(root, language=language, lines=True)
        else:
            stream.items.append(Item(block=piece))
            stream.seen += 1
    return lines


class _Writer:
    """Writes one parse's tokens as HTML, each element with its line, a piece for some blocks that stand in no other.

    Marks of notes are put into `notes`, since no one piece shows both a mark and its note.
    """

    def __init__(self, line_offset: int, notes: NoteIndex) -> None:
        self._offset = line_offset
        self._notes = notes
        self._misread: dict[int, str] = {}
        self._md = _parser()
        directives.install(self._md, self._misread)
        self._env: dict[str, Any] = {}
        self._is_script = False
        self._marked_at: dict[str, str] = {}

    def warnings(self) -> list[str]:
        """What was read as text, though it may have been meant otherwise."""
        return [f"line {at + 1 + self._offset}: {told}" for at, told in sorted(self._misread.items())]

    def written(self, body: str) -> Iterator["str | Directive"]:
        tokens: list[Token] = []
        self._md.block.parse(body, self._md, self._env, tokens)
        self._is_script = any(self._is_chapter_line(token) for token in tokens)
        if self._is_script:
            self._notes.targets[f"#{MARK_ALONE}"] = "1"
            self._notes.loose.add(f"#{MARK_ALONE}")
        # Deeper than CommonMark's preset, brackets inside a line are taken as they stand; searching costs their depth.
        self._md.options["maxNesting"] = 20
        notes: list[tuple[str, list[Token]]] = []
        if not self._is_script:
            tokens, notes = _apart(tokens)
        together: list[str] = []
        block: list[str] = []
        size = 0
        alone = False
        for token, (html, is_end) in zip(tokens, self._pieces(tokens), strict=True):
            block.append(html)
            size += len(html)
            alone = alone or token.type in ("html_block", "directive") or "<" in token.content
            if is_end:
                if alone and together:
                    yield "".join(together)
                    together.clear()
                together += block
                block.clear()
            if is_end and (alone or size > _TOGETHER):
                yield self._directive(token) if token.type == "directive" else "".join(together)
                together.clear()
                size = 0
                alone = False
        if together:
            yield "".join(together)
        yield from self._note_bodies(notes)

    def _is_chapter_line(self, token: "Token") -> bool:
        return token.type == "directive" and isinstance(self._directive(token), ChapterLine)

    def _directive(self, token: "Token") -> Directive:
        line = token.map[0] + 1 + self._offset if token.map else 0
        found = directives.parsed(token.content, Origin(line=line))
        assert found is not None  # it was one when the token was made
        return found

    def _pieces(self, tokens: Sequence["Token"]) -> Iterator[tuple[str, bool]]:
        """The HTML of each token, and whether a block of the outermost level ends with it."""
        depth = 0
        alone: Inline | None = None
        for at, token in enumerate(tokens):
            depth += token.nesting
            html = ""
            if token.type == "paragraph_open" and not token.hidden:
                inline = self._inline(tokens[at + 1].content, item=_opens_item(tokens, at))
                self._marked_at |= {note_id(number): self._line(token) for number in inline.notes}
                alone = inline if inline.alone else None
                html = self._figures(inline, token) if alone else f"<p{self._line(token)}>{inline.html}"
            elif token.type == "inline":
                opened = tokens[at - 1]
                shown = opened.type == "paragraph_open" and not opened.hidden  # then it is written already
                html = "" if shown else self._inline(token.content, item=_opens_item(tokens, at - 1)).html
            elif token.type == "paragraph_close":
                html = "" if alone or token.hidden else "</p>"
                alone = None
            else:
                html = self._tag(token)
            yield html, depth == 0

    def _tag(self, token: "Token") -> str:
        match token.type:
            case "fence" | "code_block":
                language = escape((token.info.split() or [""])[0])
                return (
                    f'<pre{self._line(token)}><code class="language-{language}">\n{escape(token.content)}</code></pre>'
                )
            case "math_block":
                return f"<div{self._line(token)}>{formula(token.content, displayed=True)}</div>"
            case "directive":
                return ""
            case "footnote_reference_open":  # in a script: there notes are read where they stand
                label = escape(shown_label(str(token.meta["label"])))
                return f'<aside role="doc-footnote"{self._line(token)} {LABEL}="{label}">'
            case "footnote_reference_close":
                return "</aside>"
            case "html_block":
                return f"<span{self._line(token)}></span>{token.content}"
            case _ if token.nesting < 0:
                return f"</{token.tag}>"
            case _:
                start = f' start="{int(token.attrs["start"])}"' if "start" in token.attrs else ""
                return f"<{token.tag}{self._line(token)}{start}>"

    def _line(self, token: "Token") -> str:
        return f' {LINE}="{token.map[0] + 1 + self._offset}"' if token.map else ""

    def _inline(self, content: str, *, item: bool = False) -> Inline:
        inline = read_inline(content, self._md, self._env, by_label=self._is_script, item=item)
        for number in inline.notes:
            self._notes.targets[f"#{note_id(number)}"] = str(number + 1)
        if self._is_script:  # their texts stand where they are read, and nowhere else
            self._notes.loose |= {f"#{note_id(number)}" for number in inline.notes if self._is_apart(number)}
        return inline

    def _is_apart(self, number: int) -> bool:
        """Whether a note has a text of its own, outside the sentence that marks it."""
        return "content" not in self._env.get("footnotes", {}).get("list", {}).get(number, {})

    def _figures(self, inline: Inline, token: "Token") -> str:
        """Pictures that stand alone; the emphasised words after the last are its caption."""
        *pictures, last = inline.pictures
        caption = f"<figcaption>{inline.words}</figcaption>" if inline.words.strip() else ""
        line = self._line(token)
        return (
            "".join(f"<div{line}>{picture}</div>" for picture in pictures) + f"<figure{line}>{last}{caption}</figure>"
        )

    def _note_bodies(self, notes: list[tuple[str, list["Token"]]]) -> Iterator[str]:
        """The notes: those that are marked by their numbers, those written inside a sentence, those that nothing marks.

        A note's own marks may name further ones, so the list grows while it is walked.
        """
        bodies: dict[str, list[Token]] = {}
        for label, tokens in notes:
            bodies.setdefault(label, tokens)
        number = 0
        listed = self._env.get("footnotes", {}).get("list", {})
        while bodies or number in listed:
            if self._is_script and number in listed and self._is_apart(number):
                number += 1
            elif number in listed:
                entry = listed[number]
                inner = bodies.pop(entry.get("label"), None) if "content" not in entry else None
                html = self._inline(entry["content"]).html if "content" in entry else ""
                yield self._note(inner or [], html, str(number + 1), note_id(number))
                number += 1
            else:
                label = next(iter(bodies))
                yield self._note(bodies.pop(label), "", label, "")

    def _note(self, tokens: list["Token"], html: str, label: str, own_id: str) -> str:
        html += "".join(piece for piece, _ in self._pieces(tokens))
        line = next((self._line(token) for token in tokens if token.map), "") or self._marked_at.get(own_id, "")
        own_id = f' id="{own_id}"' if own_id else ""
        return f'<aside role="doc-footnote"{own_id}{line} {LABEL}="{escape(label)}">{html}</aside>'


def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.footnote import footnote_plugin

    md = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable(["table", "strikethrough"])
    footnote_plugin(md, move_to_end=False)
    deflist_plugin(md)
    # Not "$5 and $6": no space inside the signs, no digit outside; `inline` looks at what is between them.
    dollarmath_plugin(md, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    return md


def _opens_item(tokens: Sequence["Token"], at: int) -> bool:
    """Whether the paragraph that begins with token `at` is the first of a list's item."""
    return at > 0 and tokens[at - 1].type == "list_item_open"


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


def _captioned(items: Sequence[Item], stream: Stream) -> Iterator[Item]:
    """A figure without a caption takes the emphasised paragraph that follows it."""
    held: Item | None = None
    for item in items:
        if item.block is None:
            continue
        figure = held.block if held else None
        if isinstance(figure, Figure) and _is_emphasised(item) and isinstance(item.block, Paragraph):
            stream.seen -= 1  # the two are one
            caption = item.block.text
            yield Item(block=Figure(alt=figure.alt, caption=caption, credit=figure.credit, origin=figure.origin))
            held = None
            continue
        if held:
            yield held
        is_open = isinstance(item.block, Figure) and not item.block.caption
        held = item if is_open else None
        if not is_open:
            yield item
    if held:
        yield held


def _is_emphasised(item: Item) -> bool:
    """Whether an item is a paragraph that is emphasised from end to end."""
    block = item.block
    return isinstance(block, Paragraph) and any(
        mark.kind in (MarkKind.EMPHASIS, MarkKind.STRONG) and (mark.start, mark.end) == (0, len(block.text))
        for mark in block.marks
    )
