"""Blocks in, a Document out of which the account can be read: divided into chapters, and nothing of it unaccounted.

Every reader ends here. Pure.
"""

from collections.abc import Sequence

from narrate.document import Block, Chapter, Document, Heading, Metadata, SceneBreak, Skipped
from narrate.source.divide import divide

AT_THE_EDGE = "at the edge of a chapter, which is a break itself"
SAID_AGAIN = "a title that the heading after it says again"
_MOST_WARNINGS = 20


def assembled(
    metadata: Metadata,
    blocks: Sequence[Block],
    *,
    opening: Sequence[Heading] = (),
    chapter_level: int = 0,
    settings: dict[str, object] | None = None,
    warnings: Sequence[str] = (),
    skipped: Sequence[Skipped] = (),
    seen: int | None = None,
) -> Document:
    """The Document of `blocks` and the work's title (`opening`), divided by headings.

    `seen` is what the reader counted (title and skipped ones included), for one that counts for itself.
    """
    chapters = divide(blocks, opening=opening, chapter_level=chapter_level)
    everything = [*opening, *blocks]
    return Document(
        metadata=metadata,
        chapters=chapters,
        settings=settings or {},
        warnings=told(warnings),
        skipped=(*skipped, *left_over(everything, chapters)),
        seen=len(everything) + sum(each.count for each in skipped) if seen is None else seen,
    )


def told(warnings: Sequence[str]) -> tuple[str, ...]:
    """Each warning once, and not more of them than a person reads."""
    each = list(dict.fromkeys(warnings))
    if len(each) > _MOST_WARNINGS:
        each[_MOST_WARNINGS:] = [f"and {len(each) - _MOST_WARNINGS} more remarks of this kind"]
    return tuple(each)


def left_over(blocks: Sequence[Block], chapters: Sequence[Chapter]) -> list[Skipped]:
    """The blocks that are in no chapter, with the reason."""
    kept = {id(block) for chapter in chapters for block in chapter.blocks}
    found: list[Skipped] = []
    for block in blocks:
        if id(block) in kept:
            continue
        if isinstance(block, SceneBreak):
            found.append(Skipped(kind="scene break", reason=AT_THE_EDGE, origin=block.origin))
        elif isinstance(block, Heading):
            found.append(Skipped(kind="heading", reason=SAID_AGAIN, text=block.text[:80], origin=block.origin))
    return found
