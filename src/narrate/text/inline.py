"""The marks inside a block's text in, what is said because of them out: note marks, expansions, links, formulas.

Pure. What is displayed stays the author's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from narrate.document import Mark, MarkKind
from narrate.script import Tongue
from narrate.text.aligned import Edit
from narrate.text.formulas import said_formula
from narrate.text.normalize import spoken
from narrate.text.options import Mode, Modes
from narrate.text.phrases import phrases_for

_LONGEST_EXPANSION = 120
_CLOSERS = "”’\"')»]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inline:
    """What marks add to one text: what is said because of them, and the languages in it. Offsets are the text's."""

    edits: tuple[Edit, ...] = ()
    tongues: tuple[Tongue, ...] = ()

    def within(self, start: int, end: int, *, shift: int = 0, first: bool = False) -> "Inline":
        """The part for the sentence `text[start:end]`, whose words begin at `shift` in what is said.

        What is added between two sentences belongs to the one before it; the `first` takes what comes before any.
        """
        by = shift - start
        edits = tuple(
            Edit(start=max(each.start, start) + by, end=max(each.end, start) + by, said=each.said)
            for each in self.edits
            if (start < each.start or (each.start == start and (first or each.end > start)))
            and (each.end <= end or each.start == each.end <= end)
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

    def read(self, text: str, marks: Sequence[Mark]) -> Inline:
        """What `marks` add to `text`."""
        if not marks:
            return NOTHING
        added: list[Edit] = []
        replaced: list[Edit] = []
        tongues = []
        for mark in marks:
            if mark.kind is MarkKind.LANGUAGE:
                tongues.append(Tongue(start=mark.start, end=mark.end, language=mark.value))
            elif instead := self._instead(text, mark):
                if not replaced or replaced[-1].end <= mark.start:
                    replaced.append(Edit(start=mark.start, end=mark.end, said=instead))
            elif words := self._beside(text, mark):
                at = len(text[: mark.end].rstrip())
                added.append(Edit(start=at, end=at, said=_aside(text, at, words)))
        free = [each for each in added if not any(other.start < each.start < other.end for other in replaced)]
        edits = sorted([*free, *replaced], key=lambda each: (each.start, each.end))
        return Inline(edits=tuple(edits), tongues=tuple(tongues))

    def _instead(self, text: str, mark: Mark) -> str:
        """What is said instead of the words that a mark is on."""
        if mark.start == mark.end:
            return ""
        if mark.kind is MarkKind.FORMULA and self._modes.formulas is not Mode.SKIP:
            said = said_formula(mark.value or text[mark.start : mark.end], self._language)
            return "" if said == text[mark.start : mark.end] else said
        return mark.value if mark.kind is MarkKind.RUBY else ""

    def _beside(self, text: str, mark: Mark) -> str:
        """What is said behind the words that a mark is on."""
        words = text[mark.start : mark.end]
        match mark.kind:
            case MarkKind.NOTE if self._modes.notes in (Mode.FULL, Mode.AT_THE_END):
                return " ".join(filter(None, (self._phrases.note_mark, _sayable(mark.value))))
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
        return ""


def _aside(text: str, at: int, words: str) -> str:
    """`words` as they are said behind `text[:at]`, with the commas that set them apart."""
    before, after = text[:at].rstrip(_CLOSERS), text[at : at + 1]
    if not at:
        return f"{words}, "
    ended = before.endswith((".", "!", "?", "…"))
    if ended and (not after or after.isspace()):
        return f" {words[:1].upper()}{words[1:]}."
    lead = " " if before.endswith((",", ";", ":")) or ended else ", "
    return f"{lead}{words}" + ("" if not after or after in ",;:.!?…)]}”’»–—" else "," if after.isspace() else ", ")


def _sayable(label: str) -> str:
    return label if any(map(str.isalnum, label)) else ""


def _host(address: str) -> str:
    """The host that an address names, without "www."; "" for one inside the same work or site."""
    try:
        return (urlsplit(address.strip()).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
