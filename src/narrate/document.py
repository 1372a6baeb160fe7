"""The Document: what a reader makes of a source. Blocks in reading order, each with its place in the source.

Nothing here touches a file. Readers (`source/`) make Documents, `text/` turns them into Scripts.
Text is as the author wrote it, white space collapsed to single spaces; what is *said* is decided later.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a block stands in its source: a 1-based line, or an `href#id` inside an archive."""

    line: int = 0
    href: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """A heading; `level` 1 is the highest."""

    text: str
    level: int
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """Prose."""

    text: str
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class Quotation:
    """Words set apart as somebody else's: a block quotation, a letter, an epigraph."""

    text: str
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class ListItem:
    """One item of a list; `marker` is "3" in a numbered list and "" in a bulleted one."""

    text: str
    marker: str
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
    """A table; `header` is empty when it has none. Every row has as many cells as the widest."""

    caption: str = ""
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
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
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneBreak:
    """A break between sections that no heading marks: `* * *`, two blank lines, `---`."""

    origin: Origin


Block = Heading | Paragraph | Quotation | ListItem | Figure | Table | Code | Note | SceneBreak


_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
LANGUAGE_WANTED = "a language tag such as en or en-GB"


def language_tag(text: str) -> str | None:
    """The BCP 47 tag that a person means: `pt_BR` is pt-BR. None for what is none, "english" for instance."""
    tag = text.strip().replace("_", "-")
    return tag if _LANGUAGE_TAG.fullmatch(tag) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Metadata:
    """What is known of the work. `language` is a BCP 47 tag; `date` an ISO 8601 date or year, or ""."""

    title: str
    author: str = ""
    language: str = "en"
    narrator: str = ""
    date: str = ""
    cover: Path | None = None


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
    """

    metadata: Metadata
    chapters: tuple[Chapter, ...]
    settings: dict[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
