"""A block in, the utterances that voice it out: prose by sentences; pictures, tables, listings and notes framed.

The frame ("Image: … End of image.") is only spoken; what is displayed is what the author wrote. Pure.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from narrate.document import (
    Block,
    Code,
    Figure,
    Formula,
    Heading,
    ListItem,
    Mark,
    Note,
    PageBreak,
    Quotation,
    SceneBreak,
    Table,
)
from narrate.script import Role, Span, Utterance
from narrate.text.lexicon import NO_LEXICON, Lexicon
from narrate.text.marks import language_of, within
from narrate.text.normalize import spoken
from narrate.text.segment import LONGEST, sentences
from narrate.text.words import words_for

_ROLES: dict[type, Role] = {
    Figure: Role.DESCRIPTION,
    Formula: Role.DESCRIPTION,
    Table: Role.DESCRIPTION,
    Code: Role.DESCRIPTION,
    Note: Role.NOTE,
    Heading: Role.HEADING,
    Quotation: Role.QUOTATION,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Piece:
    """A stretch of the author's words, and the words of the frame that are said before it."""

    lead: str = ""
    text: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Joint:
    """What stands between two pieces of one utterance. `None` is a full stop where the piece does not end in one."""

    shown: str | None = None
    said: str | None = None


def voiced(block: Block, language: str, lexicon: Lexicon = NO_LEXICON) -> Iterator[Utterance]:
    """The utterances of a block, in order. One with nothing that can be said has `spoken == ""`."""
    voice = _Voice(_ROLES.get(type(block), Role.NARRATION), block, language, lexicon)
    match block:
        case Figure():
            yield from voice.all(*_figure(block, language))
        case Table():
            yield from _table(block, voice)
        case Code():
            yield from _code(block, voice)
        case Note():
            lead = " ".join(filter(None, (words_for(language).note, block.label))) + ":"
            yield from _prose(block.text, voice, lead=lead)
        case ListItem():
            yield from _prose(block.text, voice, marker=block.marker)
        case Formula():
            shown = block.alt or block.tex or " ".join(re.sub("<[^<>]*>", " ", block.mathml).split())
            yield from voice.all([_Piece(text=shown)], "")
        case SceneBreak() | PageBreak():
            return
        case _:
            yield from _prose(block.text, voice)


class _Voice:
    """Makes utterances of one block: its role, its origin, its language, and the lexicon in force."""

    def __init__(self, role: Role, block: Block, language: str, lexicon: Lexicon = NO_LEXICON) -> None:
        self.role = role
        self.block = block
        self.language = language
        self.lexicon = lexicon

    def say(self, text: str, marks: tuple[Mark, ...] = ()) -> tuple[str, tuple[Span, ...]]:
        """What is said for words of the author, in their own language where they are marked so, and its alignment."""
        language = language_of(marks, len(text)) or self.language
        heading, code = isinstance(self.block, Heading), isinstance(self.block, Code)
        return spoken(text, language, heading=heading, code=code, lexicon=self.lexicon, marks=marks)

    def one(self, pieces: Sequence[_Piece], *, tail: str = "", joint: _Joint = _Joint()) -> Utterance:
        """One utterance of all `pieces`, `tail` said at its end."""
        line = _Aligned()
        # A frame alone is said where there is nothing to show, but not around words that cannot be said.
        sayable = not any(piece.text for piece in pieces)
        for index, piece in enumerate(pieces):
            if index:
                stop = " " if _is_ended(pieces[index - 1].text) else ". "
                line.add(
                    stop if joint.shown is None else joint.shown,
                    stop if joint.said is None else joint.said,
                )
            if piece.lead:
                line.add("", f"{piece.lead} ")
            said, spans = self.say(piece.text, piece.marks)
            sayable = sayable or bool(said)
            line.add_aligned(piece.text, said, spans)
        if tail:
            ended = not line.said or _is_ended(pieces[-1].text)
            line.add("", " "[: len(line.said)] + tail if ended else f". {tail}")
        return Utterance(
            text=line.text,
            spoken=line.said if sayable else "",
            role=self.role,
            spans=tuple(line.spans),
            line=self.block.origin.line,
            href=self.block.origin.href,
        )

    def all(self, pieces: Sequence[_Piece], tail: str, joint: _Joint = _Joint()) -> Iterator[Utterance]:
        """One utterance of `pieces`; where they are too long for one, an utterance a sentence."""
        pieces = [piece for piece in pieces if piece.text] or [_Piece(text="")]
        if sum(len(piece.text) + 3 for piece in pieces) < LONGEST:
            yield self.one(pieces, tail=tail, joint=joint)
            return
        parts = [part for piece in pieces for part in self._cut(piece)]
        for index, part in enumerate(parts):
            yield self.one([part], tail=tail if index == len(parts) - 1 else "")

    def _cut(self, piece: _Piece) -> Iterator[_Piece]:
        lead = piece.lead
        for start, end in sentences(piece.text, self.language):
            yield _Piece(lead=lead, text=piece.text[start:end])
            lead = ""

    def only_said(self, text: str, said: str) -> Utterance:
        """An utterance that says `said` where the author wrote `text`, or nothing at all."""
        span = Span(spoken_start=0, spoken_end=len(said), text_start=0, text_end=len(text))
        origin = self.block.origin
        return Utterance(text=text, spoken=said, role=self.role, spans=(span,), line=origin.line, href=origin.href)


class _Aligned:
    """Two lines that grow side by side: what is shown and what is said."""

    def __init__(self) -> None:
        self.text = ""
        self.said = ""
        self.spans: list[Span] = []

    def add(self, shown: str, said: str) -> None:
        """Words that differ, or (when they do not) correspond letter for letter."""
        if shown != said:
            self.spans.append(
                Span(
                    spoken_start=len(self.said),
                    spoken_end=len(self.said) + len(said),
                    text_start=len(self.text),
                    text_end=len(self.text) + len(shown),
                )
            )
        self.text += shown
        self.said += said

    def add_aligned(self, shown: str, said: str, spans: Sequence[Span]) -> None:
        """Words of the author with the spans that `normalize.spoken` found in them."""
        if not said:
            self.add(shown, said)
            return
        for span in spans:
            self.spans.append(
                Span(
                    spoken_start=span.spoken_start + len(self.said),
                    spoken_end=span.spoken_end + len(self.said),
                    text_start=span.text_start + len(self.text),
                    text_end=span.text_end + len(self.text),
                )
            )
        self.text += shown
        self.said += said


def _is_ended(text: str) -> bool:
    return text.rstrip("”’\"')»").endswith((".", "!", "?", "…", ":", ";"))


def _prose(text: str, voice: _Voice, *, lead: str = "", marker: str = "") -> Iterator[Utterance]:
    marks: tuple[Mark, ...] = getattr(voice.block, "marks", ())
    for start, end in sentences(text, voice.language):
        number = f"{marker}. " if marker else ""
        lying = within(marks, start, end, shift=len(number)) if marks else ()
        yield voice.one([_Piece(lead=lead, text=f"{number}{text[start:end]}", marks=lying)])
        lead = marker = ""


def _figure(figure: Figure, language: str) -> tuple[list[_Piece], str]:
    words = words_for(language)
    caption = "" if figure.caption == figure.alt else figure.caption
    if figure.alt:
        alt = _Piece(lead=words.image, text=figure.alt)
        rest = [_Piece(lead=words.caption, text=caption), _Piece(lead=words.credit, text=figure.credit)]
        return [alt, *rest], words.end_of_image
    if caption:
        return [_Piece(lead=words.captioned, text=caption), _Piece(lead=words.credit, text=figure.credit)], ""
    if figure.credit:
        return [_Piece(lead=f"{words.nameless_image} {words.credit}", text=figure.credit)], ""
    return [], words.nameless_image


def _table(table: Table, voice: _Voice) -> Iterator[Utterance]:
    words = words_for(voice.language)
    wide = max((len(row) for row in (table.header, *table.rows)), default=0)
    opening = f"{words.table}, {words.columns(wide)}, {words.rows(len(table.rows))}"
    rows = [row for row in table.rows if any(row)]
    if table.caption or table.header:
        first = [_Piece(text=text) for text in (table.caption, *table.header) if text]
        first[0] = _Piece(lead=f"{opening}:", text=first[0].text)
        yield from voice.all(first, "" if rows else words.end_of_table, _Joint(shown=" | ", said=", "))
        opening = ""
    for number, row in enumerate(rows, start=1):
        lead = f"{opening}. {words.row.format(number)}" if opening else words.row.format(number)
        opening = ""
        pieces: list[_Piece] = []
        for column, cell in enumerate(row):
            if cell:
                header = table.header[column] if column < len(table.header) else ""
                named = f"{voice.say(header)[0]}:" if header else ""
                pieces.append(_Piece(lead=" ".join(filter(None, (lead, named))), text=cell))
                lead = ""
        yield from voice.all(pieces, words.end_of_table if number == len(rows) else "", _Joint(shown=" | "))


def _code(code: Code, voice: _Voice) -> Iterator[Utterance]:
    words = words_for(voice.language)
    lines: list[str] = []
    for line in code.text.split("\n"):
        text = " ".join(line.split())
        if lines and not any(map(str.isalnum, text)):
            lines[-1] = f"{lines[-1]} {text}".rstrip()
        elif text:
            lines.append(text)
    count = sum(1 for line in code.text.split("\n") if line.strip())
    lead = ", ".join(filter(None, (words.code, code.language, words.lines(count)))) + "."
    for index, text in enumerate(lines):
        yield from voice.all([_Piece(lead=lead, text=text)], words.end_of_code if index == len(lines) - 1 else "")
        lead = ""


def wordless(block: Block, text: str, language: str) -> Utterance:
    """What is said of a chapter in which nothing can be said, so that nobody takes it for a fault."""
    return _Voice(Role.DESCRIPTION, block, language).only_said(text[:LONGEST], words_for(language).wordless)
