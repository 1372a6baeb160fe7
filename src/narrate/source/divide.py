"""Blocks in, chapters out: where a work is divided, and what a chapter without a title is called.

Every reader shares it, so that structure means the same in every format. Pure.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from narrate.document import (
    Block,
    Chapter,
    Code,
    Figure,
    Heading,
    ListItem,
    Note,
    PageBreak,
    Paragraph,
    Quotation,
    SceneBreak,
    Silence,
    Table,
    VoiceChange,
)
from narrate.source.lines import is_caption
from narrate.source.name import plain

PART = re.compile(r"(?:part|book|volume|teil|buch|band|partie|livre|tome|parte|libro)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…]+[\"”’»)\]]*$")
_ABBREVIATION = re.compile(r"^[\"“‘(]*(?:\w|Mr|Mrs|Ms|Dr|St|Prof|Rev|Capt|Col|Gen|Lt|Sgt|Hon|Jr|Sr|No|vs)\.$")
_SMALL_WORDS = (
    "a an the of in on at to for from by with and or but nor as that which who whose than into onto over under my your "
    "his her its our their is was were are be been had has have i der die das und ein eine le la les de du des un une "
    "et el los y en"
)
_SMALL = frozenset(_SMALL_WORDS.split())
_TITLE_LENGTH = 160


def divide(blocks: Iterable[Block], *, opening: Sequence[Heading] = (), chapter_level: int = 0) -> tuple[Chapter, ...]:
    """The chapters of a work whose `blocks` come in reading order, its own title left out.

    Headings up to `chapter_level` make chapters (0: the highest level that is no mere part title); without any, the
    sections between scene breaks do. `opening` is the work's title (and by-line): it is put before chapter 1, unless
    chapter 1's own heading says the same. No block is lost but scene breaks at a chapter's edge.
    """
    sequence = list(blocks)
    level = chapter_level or _chapter_level(sequence)
    headed = any(isinstance(block, Heading) and block.level <= level for block in sequence)
    runs = _by_headings(sequence, level, has_title=bool(opening)) if headed else _by_scenes(sequence)
    chapters = [_chapter(run, level if headed else 0) for run in runs]
    if not opening:
        return tuple(chapters)
    if chapters and not chapters[0].titled:  # not named by its author and a date
        prose = [block for block in runs[0] if not isinstance(block, Heading) and not is_line(block)]
        chapters[0] = replace(chapters[0], title=_name(prose or runs[0]))
    if not chapters:
        return (Chapter(title=short(opening[0].text), titled=True, blocks=tuple(opening)),)
    first = chapters[0]
    own = next((block.text for block in first.blocks if isinstance(block, Heading)), "")
    if same_words(own, opening[0].text):
        opening = opening[1:]
    title, titled = first.title, first.titled
    if len(chapters) == 1 and not titled and opening:
        title, titled = short(opening[0].text), True
    chapters[0] = Chapter(title=title, titled=titled, blocks=(*opening, *first.blocks))
    return tuple(chapters)


def opening_words(text: str, limit: int = 7) -> str:
    """The name of an untitled piece, as untitled poems are named: at most `limit` of its first words and "…".

    It ends where the first sentence does, if that is sooner, and never on a small word.
    """
    words: list[str] = []
    for word in plain(text[:2000]).split(maxsplit=limit)[:limit]:
        words.append(word[:60])
        if _SENTENCE_END.search(word) and not _ABBREVIATION.match(word):
            break
    while len(words) > 2 and words[-1].casefold() in _SMALL and not words[-1].endswith((".", "!", "?")):
        words.pop()
    name = re.sub(r"[\s.,;:…—–-]+([\"”’»)\]]*)$", r"\1", " ".join(words))
    for opener, closer in ("“”", "«»", "()", "[]"):
        if name.count(opener) != name.count(closer):
            name = name.replace(opener, "").replace(closer, "")
    if name.count('"') % 2:
        name = name.replace('"', "")
    name = name.strip()  # « Viens ! has a space behind its mark
    return f"{name}…" if name else "…"


def _chapter_level(blocks: Sequence[Block]) -> int:
    levels = sorted({block.level for block in blocks if isinstance(block, Heading)})
    for level, deeper in itertools.pairwise(levels):
        if not _only_parts(blocks, level):
            return level
        if deeper == levels[-1]:
            return deeper
    return levels[0] if levels else 0


def _only_parts(blocks: Sequence[Block], level: int) -> bool:
    """Whether every heading of `level` just announces deeper ones: a "Part …", or followed by one without text."""
    seen = [block for block in blocks if not isinstance(block, SceneBreak)]
    for block, after in zip(seen, [*seen[1:], None], strict=True):
        announces = isinstance(after, Heading) and after.level > level
        if isinstance(block, Heading) and block.level == level and not (announces or PART.match(block.text)):
            return False
    return True


def _by_headings(blocks: Sequence[Block], level: int, *, has_title: bool) -> list[list[Block]]:
    runs: list[list[Block]] = [[]]
    has_text = False
    for block in blocks:
        if isinstance(block, Heading) and block.level <= level:
            if has_text:
                runs.append([])
                has_text = False
        elif isinstance(block, SceneBreak):
            if not has_text:
                continue
            if isinstance(runs[-1][-1], SceneBreak):
                if not block.scene:
                    continue
                runs[-1].pop()
        else:
            # Before the first heading a figure or an epigraph alone is no chapter, nor are below the work's title its
            # author and a date: they belong to the chapter that follows.
            opens = _is_prose(block) and not (has_title and is_line(block))
            has_text = has_text or len(runs) > 1 or opens or _has_heading(runs[0])
        runs[-1].append(block)
    return [trimmed for run in runs if (trimmed := _trimmed(run))]


def is_line(block: Block) -> bool:
    """Whether a paragraph is too short for prose: a name, a date."""
    return isinstance(block, Paragraph) and is_caption(block.text)


def _has_heading(run: Sequence[Block]) -> bool:
    return any(isinstance(block, Heading) for block in run)


def _by_scenes(blocks: Sequence[Block]) -> list[list[Block]]:
    runs: list[list[Block]] = [[]]
    has_prose = False
    for block in blocks:
        if not isinstance(block, SceneBreak):
            has_prose = has_prose or _is_prose(block) or len(runs) > 1
            runs[-1].append(block)
        elif has_prose and runs[-1]:
            if block.scene:
                runs[-1].append(block)
            runs.append([])
    return [run for run in runs if run]


def _is_prose(block: Block) -> bool:
    return not isinstance(block, Figure | Quotation | Note | Heading | PageBreak | SceneBreak | Silence | VoiceChange)


def has_prose(blocks: Sequence[Block]) -> bool:
    """Whether there is anything in `blocks` besides headings, pictures, epigraphs and breaks."""
    return any(map(_is_prose, blocks))


def _trimmed(run: list[Block]) -> list[Block]:
    while run and isinstance(run[-1], SceneBreak) and not run[-1].scene:
        run.pop()
    return run


def _chapter(run: Sequence[Block], level: int) -> Chapter:
    stack: list[Heading] = []
    for block in run:
        if isinstance(block, Heading) and block.level <= level:
            stack = [above for above in stack if above.level < block.level] + [block]
        elif stack:
            break
    if stack:
        return Chapter(title=short(": ".join(h.text.rstrip(":") for h in stack)), titled=True, blocks=tuple(run))
    return Chapter(title=_name(run), titled=False, blocks=tuple(run))


def _name(run: Sequence[Block]) -> str:
    for block in run:
        if isinstance(block, Paragraph | Quotation | ListItem | Heading | Code) and any(map(str.isalnum, block.text)):
            return opening_words(block.text)
    for block in run:
        match block:
            case Figure() if words := block.caption or block.alt:
                return opening_words(words)
            case Table() if block.caption:
                return opening_words(block.caption)
            case Paragraph() | Quotation() | ListItem() | Code() | Note():
                return opening_words(block.text)
    return "Untitled"


def short(title: str) -> str:
    """A chapter's title, of a length that can be shown."""
    title = plain(title)
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1].rstrip() + "…"


def same_words(one: str, other: str) -> bool:
    """Whether two titles say the same, case and punctuation aside."""
    return letters(one) == letters(other) != ""


def letters(text: str) -> str:
    """The letters and digits of `text`, case aside."""
    return "".join(filter(str.isalnum, text.casefold()))
