"""A block in, the utterances that voice it out: prose by sentences; pictures, tables, listings and notes framed.

The frame ("Image: … End of image.") is only spoken; what is displayed is what the author wrote. Pure.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

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
    Silence,
    Table,
    VoiceChange,
)
from narrate.script import Role, Span, Utterance, without_signs
from narrate.text.aligned import Aligned, edited
from narrate.text.formulas import said_formula
from narrate.text.inline import NOTHING, Inline, Reading
from narrate.text.lexicon import NO_LEXICON, Lexicon
from narrate.text.marks import language_of, within
from narrate.text.normalize import spoken
from narrate.text.options import Mode, Modes
from narrate.text.phrases import Phrases, phrases_for
from narrate.text.segment import LONGEST, sentences

_ROLES: dict[type, Role] = {
    Figure: Role.DESCRIPTION,
    Formula: Role.DESCRIPTION,
    Table: Role.DESCRIPTION,
    Code: Role.DESCRIPTION,
    PageBreak: Role.DESCRIPTION,
    Note: Role.NOTE,
    Heading: Role.HEADING,
    Quotation: Role.QUOTATION,
}
_KINDS: dict[type, str] = {
    Figure: "figures",
    Table: "tables",
    Code: "code",
    Formula: "formulas",
    Note: "notes",
    PageBreak: "pages",
}
_ABOUT: dict[type, str] = {
    Figure: "image",
    Table: "table",
    Code: "code",
    Formula: "formula",
    Note: "note",
    PageBreak: "page",
}
_DEFAULTS = Modes()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Piece:
    """A stretch of the author's words, the words of the frame that are said before it, and what its marks add.

    `said`, if given, is said instead of it.
    """

    lead: str = ""
    text: str
    marks: tuple[Mark, ...] = ()
    inline: Inline = NOTHING
    said: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Joint:
    """What stands between two pieces of one utterance. `None` is a full stop where the piece does not end in one."""

    shown: str | None = None
    said: str | None = None


def is_described(block: Block) -> bool:
    """Whether what is said of a block is a frame of ours around it, and not just its words."""
    return type(block) in _KINDS


def not_said(block: Block, modes: Modes) -> str:
    """The reason why these modes leave a block out; "" when they don't."""
    kind = _KINDS.get(type(block), "")
    if not kind:
        return ""
    mode = getattr(modes, kind)
    if mode is Mode.SKIP or (isinstance(block, PageBreak) and (mode is Mode.BRIEF or not block.label)):
        return f"describe.{kind} is {mode}" if mode is not Mode.FULL else "a page without a number"
    return ""


class Describer:
    """Voices the blocks of one chapter, one after the other."""

    def __init__(self, language: str, lexicon: Lexicon = NO_LEXICON, modes: Modes = _DEFAULTS) -> None:
        self._language = language
        self._lexicon = lexicon
        self._modes = modes
        self._reading = Reading(language, modes)

    def voiced(self, block: Block) -> Iterator[Utterance]:
        """The utterances of a block, in order. One with nothing that can be said has `spoken == ""`."""
        if not_said(block, self._modes):
            return
        voice = _Voice(_ROLES.get(type(block), Role.NARRATION), block, self._language, self._lexicon)
        modes = self._modes
        match block:
            case Figure():
                yield from voice.all(*_figure(block, voice.phrases, modes.figures))
            case Table():
                yield from _table(block, voice, modes.tables)
            case Code():
                yield from _code(block, voice, modes.code)
            case Formula():
                yield from _formula(block, voice, modes.formulas)
            case Note():
                lead = " ".join(filter(None, (voice.phrases.note, without_signs(block.label)))) + ":"
                yield from self._prose(block.text, block.marks, voice, lead=lead)
            case PageBreak():
                yield voice.only_said(block.label, voice.phrases.page.format(voice.say(block.label)[0]))
            case ListItem():
                yield from self._prose(block.text, block.marks, voice, marker=block.marker)
            case SceneBreak() | Silence() | VoiceChange():
                return
            case _:
                yield from self._prose(block.text, block.marks, voice)

    def _prose(
        self, text: str, marks: tuple[Mark, ...], voice: "_Voice", *, lead: str = "", marker: str = ""
    ) -> Iterator[Utterance]:
        marks, inline = self._reading.read(text, marks)
        numbered = f"{marker}. " if marker else ""
        for start, end in sentences(text, self._language):
            sentence, shift = f"{numbered}{text[start:end]}", len(numbered)
            lying = within(marks, start, end, shift=shift) if marks else ()
            own = inline.within(start, end, shift=shift) if inline is not NOTHING else inline
            yield voice.one([_Piece(lead=lead, text=sentence, marks=lying, inline=own)])
            lead = numbered = ""


def voiced(block: Block, language: str, lexicon: Lexicon = NO_LEXICON, modes: Modes = _DEFAULTS) -> Iterator[Utterance]:
    """The utterances of a block that stands alone; see `Describer.voiced`."""
    return Describer(language, lexicon, modes).voiced(block)


class _Voice:
    """Makes utterances of one block: its role, its origin, its language, and the lexicon in force."""

    def __init__(self, role: Role, block: Block, language: str, lexicon: Lexicon = NO_LEXICON) -> None:
        self.role = role
        self.block = block
        self.language = language
        self.lexicon = lexicon
        self.phrases = phrases_for(language)
        self.about = _ABOUT.get(type(block), "")

    def say(self, text: str, marks: tuple[Mark, ...] = ()) -> tuple[str, tuple[Span, ...]]:
        """What is said for words of the author, in their own language where they are marked so, and its alignment."""
        language = language_of(marks, len(text)) or self.language
        heading, code = isinstance(self.block, Heading), isinstance(self.block, Code)
        return spoken(text, language, heading=heading, code=code, lexicon=self.lexicon, marks=marks)

    def one(self, pieces: Sequence[_Piece], *, tail: str = "", joint: _Joint = _Joint()) -> Utterance:
        """One utterance of all `pieces`, `tail` said at its end."""
        line = Aligned()
        # A frame alone is said where there is nothing to show, but not around words that cannot be said.
        sayable = not any(piece.text for piece in pieces)
        tongues = []
        for index, piece in enumerate(pieces):
            if index:
                stop = " " if _is_ended(pieces[index - 1].text) else ". "
                line.add(
                    stop if joint.shown is None else joint.shown,
                    stop if joint.said is None else joint.said,
                )
            if piece.lead:
                line.add("", f"{piece.lead} ")
            at = len(line.text)
            tongues += [replace(t, start=t.start + at, end=t.end + at) for t in piece.inline.tongues]
            said, spans = self._said(piece)
            sayable = sayable or bool(said)
            line.add_aligned(piece.text, said, spans)
        if tail:
            ended = not line.said or _is_ended(pieces[-1].said or pieces[-1].text)
            line.add("", " "[: len(line.said)] + tail if ended else f". {tail}")
        return Utterance(
            text=line.text,
            spoken=line.said if sayable else "",
            role=self.role,
            spans=tuple(line.spans),
            line=self.block.origin.line,
            href=self.block.origin.href,
            tongues=tuple(tongues),
            about=self.about,
            level=self.block.level if isinstance(self.block, Heading) else 0,
        )

    def _said(self, piece: _Piece) -> tuple[str, tuple[Span, ...]]:
        if piece.said:
            span = Span(spoken_start=0, spoken_end=len(piece.said), text_start=0, text_end=len(piece.text))
            return piece.said, (span,)
        said, spans = self.say(piece.text, piece.marks)
        if said or not piece.inline.edits:
            return edited(said, spans, piece.inline.edits)
        # Nothing in the author's words can be said, but what stands for them may.
        whole = Span(spoken_start=0, spoken_end=0, text_start=0, text_end=len(piece.text))
        added = " ".join(each.said.strip(" ,") for each in piece.inline.edits)
        return added, (replace(whole, spoken_end=len(added)),)

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
        return Utterance(
            text=text,
            spoken=said,
            role=self.role,
            spans=(span,),
            line=origin.line,
            href=origin.href,
            about=self.about,
        )


def _is_ended(text: str) -> bool:
    return text.rstrip("”’\"')»").endswith((".", "!", "?", "…", ":", ";"))


def _figure(figure: Figure, phrases: Phrases, mode: Mode) -> tuple[list[_Piece], str]:
    brief = mode is Mode.BRIEF
    caption = "" if _same(figure.caption, figure.alt) else figure.caption
    credit = "" if brief else figure.credit
    if figure.alt:
        alt = _Piece(lead=phrases.image, text=figure.alt)
        if brief:
            return [alt], ""
        rest = [_Piece(lead=phrases.caption, text=caption), _Piece(lead=phrases.credit, text=credit)]
        return [alt, *rest], phrases.end_of_image
    if caption:
        return [_Piece(lead=phrases.captioned, text=caption), _Piece(lead=phrases.credit, text=credit)], ""
    if credit:
        return [_Piece(lead=f"{phrases.nameless_image} {phrases.credit}", text=credit)], ""
    return [], phrases.nameless_image


def _same(one: str, other: str) -> bool:
    """Whether two texts say the same, case and punctuation aside."""
    return one == other or "".join(filter(str.isalnum, one.casefold())) == (
        "".join(filter(str.isalnum, other.casefold())) or None
    )


def _table(table: Table, voice: _Voice, mode: Mode) -> Iterator[Utterance]:
    phrases = voice.phrases
    wide = max((len(row) for row in (table.header, *table.rows)), default=0)
    opening = f"{phrases.table}, {phrases.columns(wide)}, {phrases.rows(len(table.rows))}"
    rows = [row for row in table.rows if any(row)] if mode is not Mode.BRIEF else []
    end = "" if rows or mode is Mode.BRIEF else phrases.end_of_table
    headers = [_Piece(text=text) for text in table.header if text]
    if table.caption:
        yield from voice.all([_Piece(lead=f"{opening}:", text=table.caption)], "" if headers else end)
        opening = ""
    if headers:
        headers[0] = _Piece(lead=f"{opening}:" if opening else phrases.headers, text=headers[0].text)
        yield from voice.all(headers, end, _Joint(shown=" | ", said=", "))
        opening = ""
    if opening and not rows:
        yield voice.only_said("", f"{opening}.")
    for number, row in enumerate(rows, start=1):
        lead = f"{opening}. {phrases.row.format(number)}" if opening else phrases.row.format(number)
        opening = ""
        pieces: list[_Piece] = []
        told = [bool(cell) and (any(map(str.isalnum, cell)) or bool(voice.say(cell)[0])) for cell in row]
        for column, cell in enumerate(row):
            if cell and (told[column] or not any(told)):  # a dash says what an empty cell does
                header = table.header[column] if column < len(table.header) else ""
                named = f"{voice.say(header)[0]}:" if header else ""
                pieces.append(_Piece(lead=" ".join(filter(None, (lead, named))), text=cell))
                lead = ""
        yield from voice.all(pieces, phrases.end_of_table if number == len(rows) else "", _Joint(shown=" | "))


def _code(code: Code, voice: _Voice, mode: Mode) -> Iterator[Utterance]:
    phrases = voice.phrases
    lines: list[str] = []
    for line in code.text.split("\n"):
        text = " ".join(line.split())
        if lines and not any(map(str.isalnum, text)):
            lines[-1] = f"{lines[-1]} {text}".rstrip()
        elif text:
            lines.append(text)
    count = sum(1 for line in code.text.split("\n") if line.strip())
    lead = ", ".join(filter(None, (phrases.code, without_signs(code.language), phrases.lines(count)))) + "."
    if mode is Mode.BRIEF:
        yield voice.only_said(lines[0][:LONGEST] if lines else "", lead)
        return
    for index, text in enumerate(lines):
        yield from voice.all([_Piece(lead=lead, text=text)], phrases.end_of_code if index == len(lines) - 1 else "")
        lead = ""


def _formula(formula: Formula, voice: _Voice, mode: Mode) -> Iterator[Utterance]:
    shown = formula.alt or formula.tex or " ".join(re.sub("<[^<>]*>", " ", formula.mathml).split())
    sources = (formula.mathml, formula.tex)
    said = formula.alt or next(filter(None, (said_formula(each, voice.language) for each in sources)), "")
    if not any(map(str.isalnum, said)):
        yield voice.only_said(shown, voice.phrases.nameless_formula)
        return
    tail = voice.phrases.end_of_formula if mode is Mode.FULL else ""
    piece = _Piece(lead=voice.phrases.formula, text=shown, said="" if said == formula.alt else said)
    if len(said) < LONGEST or said == formula.alt:
        yield from voice.all([piece], tail) if said == formula.alt else [voice.one([piece], tail=tail)]
        return
    yield from _long_formula(shown, said, voice, tail)


def _long_formula(shown: str, said: str, voice: _Voice, tail: str) -> Iterator[Utterance]:
    """Cut where it is said, all of it shown with its first part."""
    parts = [said[start:end] for start, end in sentences(said, voice.language)]
    yield voice.one([_Piece(lead=voice.phrases.formula, text=shown, said=parts[0])], tail="" if parts[1:] else tail)
    for number, part in enumerate(parts[1:], start=2):
        yield voice.only_said("", f"{part}. {tail}" if tail and number == len(parts) else part)


def wordless(block: Block, text: str, language: str) -> Utterance:
    """What is said of a chapter in which nothing can be said, so that nobody takes it for a fault."""
    return _Voice(Role.DESCRIPTION, block, language).only_said(text[:LONGEST], phrases_for(language).wordless)
