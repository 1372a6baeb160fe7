"""The Script: a chapter as a list of cues, in the order in which they are heard.

Made by `text/`, read by everything after it. A cue is an utterance, a pause or an interlude. Nothing here knows
about audio: durations of utterances appear only on the Timeline, once they have been spoken.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What an utterance is to the listener; a cast gives roles their voices."""

    NARRATION = "narration"
    HEADING = "heading"
    DESCRIPTION = "description"
    QUOTATION = "quotation"
    NOTE = "note"


class Reason(StrEnum):
    """Why there is silence. One table gives each reason its length (`text.options.Pauses`)."""

    HEAD = "head"  # before the first word of a chapter
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    HEADING = "heading"  # after a heading inside a chapter
    CHAPTER = "chapter"  # after a chapter's title has been announced, and at a chapter's end
    SECTION = "section"  # the breath on both sides of an interlude, or the break itself without one
    DESCRIPTION = "description"  # before and after what is described
    ASKED = "asked for"  # by a line of the script: `::: pause 2s :::`


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """One stretch of the alignment between what is said and what is shown.

    `spoken[spoken_start:spoken_end]` says `text[text_start:text_end]`.
    """

    spoken_start: int
    spoken_end: int
    text_start: int
    text_end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Tongue:
    """`Utterance.text[start:end]` is in another language than the work: `language` is a BCP 47 tag."""

    start: int
    end: int
    language: str


def place(line: int, href: str) -> str:
    """A place in the source, for people: `line 12`, or `text/ch1.xhtml#p3`; "" where nothing is known of it."""
    return href or (f"line {line}" if line else "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Utterance:
    """One sentence: the unit of speech, of caching, of highlighting and of repair.

    `text` is what the author wrote and what is displayed; `spoken` is what the engine is given. `spans` align the
    two where they differ, in order; characters outside every span correspond one to one. `line` and `href` are
    the origin in the source.

    Where the lexicon gives phonemes, `spoken` holds the word and them between Unicode's signs of annotation (see
    `pronounced`), and around words that the author stressed stand signs of ours (see `Stress`). No author's text can
    bring these in: an engine takes what it understands, `plain` the words alone.

    `voice` is the one that a line of the script asks for (`::: voice en-gb :::`), as a person names it, or "" for the
    chapter's own; `speaker` who is said to speak (`::: speaker Misaki :::`). `tongues` are stretches of `text` in other
    languages than the work's. `about` says of an aside what it is of: "image", "table", "code", "formula", "page" or
    "note". `level` is a heading's own in the source, 1 the highest; 0 elsewhere.
    """

    text: str
    spoken: str
    role: Role = Role.NARRATION
    spans: tuple[Span, ...] = ()
    line: int = 0
    href: str = ""
    voice: str = ""
    speaker: str = ""
    tongues: tuple[Tongue, ...] = ()
    about: str = ""
    level: int = 0

    @property
    def place(self) -> str:
        """Where it stands in the source."""
        return place(self.line, self.href)

    @property
    def is_aside(self) -> bool:
        """Whether this is no part of the running text, but a description of something or a note beside it."""
        return self.role in (Role.DESCRIPTION, Role.NOTE)

    @property
    def language(self) -> str:
        """The language of the whole sentence, where that is another than the work's; else ""."""
        for each in self.tongues:
            if not any(map(str.isalnum, self.text[: each.start] + self.text[each.end :])):
                return each.language
        return ""

    @property
    def parts(self) -> tuple[str, ...]:
        """Whose words these are, the most particular name first: "voice en-gb", "speaker Misaki", "language fr",
        "quotation". Whoever has no part of their own among these is the narrator's."""
        if self.is_aside:
            return (str(self.role),)
        named = (("voice", self.voice), ("speaker", self.speaker), ("language", self.language))
        found = [f"{kind} {name}" for kind, name in named if name]
        return (*found, str(self.role)) if self.role is not Role.NARRATION else tuple(found)


def part_kind(part: str) -> tuple[str, str]:
    """What kind of part one of `Utterance.parts` is ("voice", "speaker", "language", "role"), and its name."""
    kind, _, name = part.partition(" ")
    return (kind, name) if name else ("role", part)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """Silence, and why."""

    reason: Reason
    duration_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Interlude:
    """A short drive between two sections. `seed` picks the place in the bed, the same on every build.

    `line` is that of the source where it asks for this scene; 0 where the settings decide. `under_speech_s` is how long
    the bed goes on, faintly, under what is said next.
    """

    scene: str
    caption: str
    duration_s: float
    seed: str
    line: int = 0
    under_speech_s: float = 0.0


Cue = Utterance | Pause | Interlude


@dataclass(frozen=True, kw_only=True, slots=True)
class Omission:
    """A block that nothing in the script says: what it is, why, how it begins, and where it stands in the source."""

    kind: str
    reason: str
    text: str = ""
    line: int = 0
    href: str = ""
    count: int = 1

    @property
    def place(self) -> str:
        """Where the first of them stands in the source."""
        return place(self.line, self.href)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unspoken:
    """A language that no voice here speaks: so many sentences of it are read by the narrator, the first at `place`."""

    language: str
    sentences: int
    place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What became of every block of the source: its words are *voiced*, or it is *described* in a frame of narrate's
    own, or it is *skipped*, for a reason. `unspoken` are languages that the narrator reads for want of a voice."""

    voiced: int = 0
    described: int = 0
    skipped: tuple[Omission, ...] = ()
    unspoken: tuple[Unspoken, ...] = ()

    def __add__(self, other: "Account") -> "Account":
        return Account(
            voiced=self.voiced + other.voiced,
            described=self.described + other.described,
            skipped=self.skipped + other.skipped,
            unspoken=self.unspoken + other.unspoken,
        )

    @property
    def blocks(self) -> int:
        """How many blocks that is in all."""
        return self.voiced + self.described + sum(each.count for each in self.skipped)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterScript:
    """A chapter, ready to be spoken. `number` counts from 1; `account` tells what became of its blocks."""

    number: int
    title: str
    cues: tuple[Cue, ...]
    warnings: tuple[str, ...] = ()
    account: Account = field(default_factory=Account)

    @property
    def utterances(self) -> tuple[Utterance, ...]:
        """The cues that are spoken, in order."""
        return tuple(cue for cue in self.cues if isinstance(cue, Utterance))


_ANCHOR, _SEPARATOR, _TERMINATOR = "\ufff9", "\ufffa", "\ufffb"
PRONOUNCED = re.compile(f"{_ANCHOR}([^{_ANCHOR}-{_TERMINATOR}]*){_SEPARATOR}([^{_ANCHOR}-{_TERMINATOR}]*){_TERMINATOR}")
"""A word of `Utterance.spoken` that carries its phonemes: group 1 is the word, group 2 IPA, or `[[phonemes]]` of the
engine's own."""


def pronounced(word: str, phonemes: str) -> str:
    """`word` with its phonemes, as `Utterance.spoken` carries them."""
    return f"{_ANCHOR}{word}{_SEPARATOR}{phonemes}{_TERMINATOR}"


class Stress(StrEnum):
    """The signs in `Utterance.spoken` before words that the author stressed, and before the next word that is not (none
    when they are the last). Unicode keeps these code points for the inside of programs."""

    EMPHASIS = "\ufdd0"
    STRONG = "\ufdd1"
    END = "\ufdd2"


_STRESS = dict.fromkeys(map(ord, Stress))
_SIGNS = _STRESS | dict.fromkeys(map(ord, (_ANCHOR, _SEPARATOR, _TERMINATOR)))


def without_signs(words: str) -> str:
    """Words of an author without the signs of annotation and stress, which only the program puts into `spoken`."""
    return words if words.isascii() else words.translate(_SIGNS)


def plain(spoken: str) -> str:
    """`spoken` without phonemes and stress: for engines that take none, for messages, and for counting characters."""
    return PRONOUNCED.sub(r"\1", spoken.translate(_STRESS)) if not spoken.isascii() else spoken


def plain_places(spoken: str) -> list[int]:
    """Where each character of `plain(spoken)` stands in `spoken`."""
    found: list[int] = []
    at = 0
    for word in PRONOUNCED.finditer(spoken):
        found += (*range(at, word.start()), *range(*word.span(1)))
        at = word.end()
    found += range(at, len(spoken))
    return [place for place in found if ord(spoken[place]) not in _STRESS]


def places(spans: tuple[Span, ...], spoken: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where stretches of `Utterance.spoken`, given as (start, end) in order of start, stand in `Utterance.text`.

    A stretch that touches a span takes all of the span's text: "three times" may stand for three signs.
    """
    found = []
    first = 0
    for start, end in spoken:
        while first < len(spans) and spans[first].spoken_end <= start:
            first += 1
        last = first
        while last < len(spans) and spans[last].spoken_start < end:
            last += 1
        before = spans[first - 1] if first else None
        shift = before.text_end - before.spoken_end if before else 0
        touched = spans[first:last]
        text_start = start + shift
        if touched and touched[0].spoken_start <= start:
            text_start = touched[0].text_start
        text_end = end + shift
        if touched:
            ending = touched[-1]
            text_end = ending.text_end + max(0, end - ending.spoken_end)
        found.append((text_start, max(text_start, text_end)))
    return found
