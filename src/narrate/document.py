"""The Document: what a reader makes of a source. Blocks in reading order, each with its place in the source.

Nothing here touches a file. Readers (`source/`) make Documents, `text/` turns them into Scripts.
Text is as the author wrote it, white space collapsed to single spaces; what is *said* is decided later. What was
inside the text besides words (languages, emphasis, note marks …) is kept beside it, as marks.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a block stands in its source: a 1-based line, or an `href#id` inside an archive."""

    line: int = 0
    href: str = ""


class MarkKind(StrEnum):
    """What a stretch of text is, besides words; after each kind, what `Mark.value` then holds."""

    LANGUAGE = "language"  # the BCP 47 tag
    EMPHASIS = "emphasis"
    STRONG = "strong"
    SMALL_CAPS = "small caps"
    SUPERSCRIPT = "superscript"
    SUBSCRIPT = "subscript"
    DELETION = "deletion"  # struck out by the author and still shown
    CODE = "code"
    ABBREVIATION = "abbreviation"  # what it stands for, as in `<abbr title>`
    RUBY = "ruby"  # how it is read
    LINK = "link"  # the address, as written
    FORMULA = "formula"  # its MathML, or its TeX
    NOTE = "note"  # the note's label. Of no length: the sign itself ("3") is not part of the text


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """`text[start:end]` of the block that carries it is of this kind. Marks are in order of `start`, outer ones first,
    and may nest or overlap."""

    start: int
    end: int
    kind: MarkKind
    value: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """A heading; `level` 1 is the highest."""

    text: str
    level: int
    marks: tuple[Mark, ...] = ()
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """Prose."""

    text: str
    marks: tuple[Mark, ...] = ()
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class Quotation:
    """Words set apart as somebody else's: a block quotation, a letter, an epigraph."""

    text: str
    marks: tuple[Mark, ...] = ()
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class ListItem:
    """One item of a list, or a further paragraph of it; `level` is 1 in a list that stands in no other.

    `marker` is "3" in a numbered list, and "" in a bulleted one and for further paragraphs.
    """

    text: str
    marker: str
    level: int = 1
    marks: tuple[Mark, ...] = ()
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A picture, by what is known of it. A decorative one (`alt=""` on purpose) is not made into a Figure."""

    alt: str = ""
    caption: str = ""
    credit: str = ""
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table; `header` is empty when it has none. Every row has as many cells as the widest.

    A cell that spans several stands in each of them. `row_headers` says that the first cell of each row names it.
    """

    caption: str = ""
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row_headers: bool = False
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """A listing, lines kept."""

    text: str
    language: str = ""
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A footnote or endnote, placed after the block that carries its mark."""

    label: str
    text: str
    marks: tuple[Mark, ...] = ()
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class Formula:
    """A formula on a line of its own, in any of three forms: at least one is there.

    `mathml` is a whole `<math>` element, `tex` its source without dollar signs, `alt` words that its author gave it.
    """

    mathml: str = ""
    tex: str = ""
    alt: str = ""
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class PageBreak:
    """Here a page of the printed book begins; `label` is its number ("xii", "104") and may be ""."""

    label: str
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneBreak:
    """A break between sections that no heading marks: `* * *`, two blank lines, `---`.

    `scene` is what is to be heard there, where a line asks for it (`::: car driving, rain :::`); "" leaves that to the
    settings. One that has it is kept at a chapter's end, too, and then says what the chapter ends in.
    """

    scene: str = ""
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """A pause that a script asks for, `::: pause 2s :::`, instead of the one that would be here."""

    duration_s: float
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceChange:
    """From here to the end of the chapter another voice speaks, `::: voice en-gb :::`, or the one that the cast has for
    a speaker, `::: speaker Misaki :::`; "" and "" is the chapter's own."""

    voice: str
    origin: Origin
    speaker: str = ""


Block = (
    Heading
    | Paragraph
    | Quotation
    | ListItem
    | Figure
    | Table
    | Code
    | Note
    | Formula
    | PageBreak
    | SceneBreak
    | Silence
    | VoiceChange
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped:
    """What a reader saw and left out: `count` blocks, why, where the first of them stands, and how it begins.

    `kind` is one word for what they are ("navigation", "figure"), `reason` is told to a person.
    """

    kind: str
    reason: str
    count: int = 1
    text: str = ""
    origin: Origin


_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
LANGUAGE_WANTED = "a language tag such as en or en-GB"


def language_tag(text: str) -> str | None:
    """The BCP 47 tag that a person means: `pt_BR` is pt-BR. None for what is none, "english" for instance."""
    tag = text.strip().replace("_", "-")
    return tag if is_language_tag(tag) else None


def is_language_tag(text: str) -> bool:
    """Whether `text` has the form of a BCP 47 tag as it stands."""
    return _LANGUAGE_TAG.fullmatch(text) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Metadata:
    """What is known of the work. `language` is a BCP 47 tag; `date` an ISO 8601 date or year, or "".

    `cover` is a picture's file, or the bytes of one that was inside the source.
    """

    title: str
    author: str = ""
    language: str = "en"  # a reader that finds none says ""; `source.read` then looks at the words
    narrator: str = ""
    date: str = ""
    cover: Path | bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """One chapter.

    `title` is never empty. `titled` says that the author gave it; an untitled chapter is named by its opening
    words, which are then not announced. A chapter's own heading, if any, is its first block.
    """

    title: str
    titled: bool
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A whole work. A title that its author gave is spoken: it is a Heading, the first block of chapter 1.

    `settings` is the `narrate:` table of Markdown front matter, unchecked: `config.py` checks it.
    `warnings` are one-line remarks of the reader for the person.

    `seen` counts the blocks that the reader came upon, as it came upon them; every one of them is a block of a chapter
    or is counted in `skipped` (see `is_balanced`).
    """

    metadata: Metadata
    chapters: tuple[Chapter, ...]
    settings: dict[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    seen: int = 0

    @property
    def is_balanced(self) -> bool:
        """Whether nothing went missing between the reader's eyes and the chapters."""
        kept = sum(len(chapter.blocks) for chapter in self.chapters)
        return self.seen == kept + sum(each.count for each in self.skipped)
