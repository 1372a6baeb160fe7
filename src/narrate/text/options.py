"""How a text is made into cues: the table of pauses, and what is played between sections."""

from dataclasses import dataclass, field

from narrate.text.lexicon import NO_LEXICON, Lexicon


@dataclass(frozen=True, kw_only=True, slots=True)
class Pauses:
    """Seconds of silence, by the reason for it (`script.Reason`).

    Within DESIGN.md §3, "Delivery numbers": sentence 0.15 to 0.2 s, paragraph 0.3 to 0.5 s, a file's head about 0.5 s,
    a section break of 2 to 3.5 s without an interlude (two breaths). A chapter's announcement and tail are shorter
    than there, since an interlude or a heading stands beside them.
    """

    head_s: float = 0.4
    sentence_s: float = 0.18
    paragraph_s: float = 0.45
    heading_s: float = 0.9
    chapter_s: float = 1.6
    section_s: float = 1.0
    description_s: float = 0.4
    tail_s: float = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class TextOptions:
    """`interludes` of `interlude_s` seconds of `scene` are played at section breaks and chapter ends.

    `lexicon` says how words are pronounced.
    """

    pauses: Pauses = field(default_factory=Pauses)
    interludes: bool = True
    interlude_s: float = 6.0
    scene: str = "car driving"
    lexicon: Lexicon = NO_LEXICON
