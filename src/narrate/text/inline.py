"""The marks inside a block's text in, what is said because of them out: expansions, links, formulas, what is struck
out; and which notes are told where they are marked. What else marks mean is read with the words themselves (`marks`,
`normalize`).

Pure. What is displayed stays the author's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from narrate.document import Mark, MarkKind
from narrate.script import Tongue
from narrate.text.aligned import Edit
from narrate.text.formulas import said_formula
from narrate.text.normalize import spoken
from narrate.text.options import Mode, Modes
from narrate.text.phrases import phrases_for
from narrate.text.segment import LONGEST

_LONGEST_EXPANSION = 120
_CLOSERS = "”’\"')»]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inline:
    """What marks add to one text: what is said because of them, and the languages in it. Offsets are the text's."""

    edits: tuple[Edit, ...] = ()
    tongues: tuple[Tongue, ...] = ()

    def within(self, start: int, end: int, *, shift: int = 0) -> "Inline":
        """The part for the sentence `text[start:end]`, counted from its start plus `shift`.

        What is added between two sentences belongs to the one before it.
        """
        by = shift - start
        edits = tuple(
            Edit(start=each.start + by, end=each.end + by, said=each.said)
            for each in self.edits
            if each.end <= end and (each.start > start or (each.start == start and each.end > start))
        )
        tongues = tuple(
            Tongue(start=max(each.start, start) + by, end=min(each.end, end) + by, language=each.language)
            for each in self.tongues
            if each.start < end and each.end > start
        )
        return Inline(edits=edits, tongues=tongues)


NOTHING = Inline()


class Reading:
    """How marks are read in one chapter. It remembers which abbreviations have been told: each is, once."""

    def __init__(self, language: str, modes: Modes) -> None:
        self._language = language
        self._modes = modes
        self._phrases = phrases_for(language)
        self._told: set[str] = set()

    def read(self, text: str, marks: Sequence[Mark]) -> tuple[tuple[Mark, ...], Inline]:
        """What `marks` add to `text`; and those that remain, for `normalize.spoken` to read."""
        if not marks:
            return (), NOTHING
        beside: dict[int, list[str]] = {}
        noted: set[int] = set()
        replaced: list[Edit] = []
        tongues, rest = [], []
        for mark in marks:
            if mark.kind is MarkKind.LANGUAGE:
                tongues.append(Tongue(start=mark.start, end=mark.end, language=mark.value))
            if mark.kind is MarkKind.FORMULA:
                if (said := self._formula(text, mark)) and (not replaced or replaced[-1].end <= mark.start):
                    replaced.append(Edit(start=mark.start, end=mark.end, said=said))
            elif mark.kind is MarkKind.NOTE:
                if self._modes.notes in (Mode.FULL, Mode.AT_THE_END):
                    at = len(text[: mark.start].rstrip())  # behind the word, not between two sentences
                    rest.append(replace(mark, start=at, end=at))
                    noted.add(at)
            elif words := self._beside(text, mark):
                asides = beside.setdefault(len(text[: mark.end].rstrip()), [])
                asides.insert(0 if mark.kind is MarkKind.ABBREVIATION else len(asides), words)  # then where it leads
            else:
                rest.append(mark)
        added = [Edit(start=at, end=at, said=_aside(text, at, words, at in noted)) for at, words in beside.items()]
        free = [each for each in added if not any(other.start < each.start < other.end for other in replaced)]
        edits = sorted([*free, *replaced], key=lambda each: (each.start, each.end))
        return tuple(rest), Inline(edits=tuple(edits), tongues=tuple(tongues))

    def _formula(self, text: str, mark: Mark) -> str:
        """What is said instead of a formula's signs; "" to leave them as they are. Also where formulas are skipped: the
        sentence around this one cannot do without it."""
        shown = text[mark.start : mark.end]
        if not shown:
            return ""
        said = said_formula(mark.value or shown, self._language)
        return "" if said == shown or len(said) >= LONGEST else said

    def _beside(self, text: str, mark: Mark) -> str:
        """What is said behind the words that a mark is on."""
        words = text[mark.start : mark.end]
        match mark.kind:
            case MarkKind.ABBREVIATION if self._modes.abbreviations is Mode.FULL:
                if words in self._told or not 0 < len(mark.value) <= _LONGEST_EXPANSION:
                    return ""
                self._told.add(words)
                return "" if _letters(mark.value) == _letters(words) else spoken(mark.value, self._language)[0]
            case MarkKind.LINK if self._modes.links is Mode.FULL and words:
                host = _host(mark.value)
                if host and host in words.casefold():
                    return ""
                named = self._phrases.link_to.format(host) if host else self._phrases.link
                return spoken(named, self._language)[0]
            case MarkKind.DELETION if words.strip():
                return self._phrases.struck_out
        return ""


def _aside(text: str, at: int, asides: Sequence[str], is_noted: bool) -> str:
    """`asides` as they are said behind `text[:at]`, with the commas that set them apart; where a note `is_noted`, it
    brings the last of them."""
    words = ", ".join(asides)
    before, after = text[:at].rstrip(_CLOSERS), text[at : at + 1]
    if not at:
        return f"{words}, "
    ended = before.endswith((".", "!", "?", "…"))
    if ended and (not after or after.isspace()):
        return f" {words[:1].upper()}{words[1:]}."
    lead = " " if before.endswith((",", ";", ":")) or ended else ", "
    return f"{lead}{words}" + (
        "" if is_noted or not after or after in ",;:.!?…)]}”’»–—" else "," if after.isspace() else ", "
    )


def _host(address: str) -> str:
    """The host that an address names, without "www."; "" for one inside the same work or site."""
    try:
        return (urlsplit(address.strip()).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
