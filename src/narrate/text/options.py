"""How a text is made into cues: the table of pauses, and what is played between sections."""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Self

from narrate.text.lexicon import NO_LEXICON, Lexicon


@dataclass(frozen=True, kw_only=True, slots=True)
class Pauses:
    """Seconds of silence, by the reason for it (`script.Reason`).

    Within what audiobooks are delivered with: sentence 0.15 to 0.2 s, paragraph 0.3 to 0.5 s, a file's head about
    0.5 s, a section break of 2 to 3.5 s without an interlude (two breaths). A chapter's announcement and tail are
    shorter than there, since an interlude or a heading stands beside them.
    """

    head_s: float = 0.4
    sentence_s: float = 0.18
    paragraph_s: float = 0.45
    heading_s: float = 0.9
    chapter_s: float = 1.6
    section_s: float = 1.0
    description_s: float = 0.4
    tail_s: float = 2.0


class Mode(StrEnum):
    """How much is said of what cannot simply be read."""

    FULL = "full"
    BRIEF = "brief"
    SKIP = "skip"
    AT_THE_END = "end of chapter"  # of notes alone: as in full, but all of them behind the chapter's own text


@dataclass(frozen=True, kw_only=True, slots=True)
class Modes:
    """What is described, and how fully. What each mode says of each kind is told in the README.

    The defaults leave out what would only interrupt: where links lead, and where pages of the printed book begin.
    """

    figures: Mode = Mode.FULL
    tables: Mode = Mode.FULL
    code: Mode = Mode.FULL
    formulas: Mode = Mode.FULL
    notes: Mode = Mode.FULL
    abbreviations: Mode = Mode.FULL
    links: Mode = Mode.BRIEF
    pages: Mode = Mode.BRIEF

    @classmethod
    def all(cls, mode: Mode) -> Self:
        """The same mode for every kind."""
        return cls(**{each.name: mode for each in fields(cls)})


@dataclass(frozen=True, kw_only=True, slots=True)
class TextOptions:
    """`interludes` of `interlude_s` seconds of `scene` are played at section breaks and chapter ends; on a `journey`,
    of the scenes that it comes through (`text.journey`). Their beds go on for `under_speech_s` under what is said next.

    `lexicon` says how words are pronounced, `describe` what is said of pictures, tables, notes and the like.
    """

    pauses: Pauses = field(default_factory=Pauses)
    interludes: bool = True
    interlude_s: float = 6.0
    scene: str = "car driving"
    journey: bool = False
    under_speech_s: float = 0.0
    lexicon: Lexicon = NO_LEXICON
    describe: Modes = field(default_factory=Modes)
