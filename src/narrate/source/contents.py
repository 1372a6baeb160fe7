"""Blocks and a table of contents in, chapters out: several chapters to a file, or several files to one. Pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from narrate.document import (
    Block,
    Chapter,
    Figure,
    Heading,
    Origin,
    PageBreak,
    Paragraph,
    Quotation,
    SceneBreak,
    Skipped,
)
from narrate.source.divide import PART, divide, has_prose, same_words, short
from narrate.source.package import ContentsEntry
from narrate.source.stream import Item

_CHAPTER = re.compile(r"(?:chapter|kapitel|chapitre|cap[ií]tulo|capitolo|hoofdstuk|rozdział)\b|\d+\b|[IVXLC]+\.", re.I)


@dataclass(kw_only=True, slots=True)
class _Node:
    """An entry of the contents, where it begins, and the entries below it."""

    title: str
    at: int
    children: "list[_Node]" = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Division:
    """The chapters, how many headings were made for them from the contents, what was left out, and remarks."""

    chapters: list[Chapter]
    made: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def by_contents(items: Sequence[Item], entries: Sequence[ContentsEntry], front: Collection[str]) -> Division:
    """The chapters that the table of contents names.

    Parts that hold chapters are gone into. What no entry covers belongs to the entry before it. Files in `front` (title
    pages and the like) are no chapters: they open the first. Without a table of contents, headings divide.
    """
    blocks: list[Block] = []
    places: dict[str, int] = {}
    gone: dict[int, str] = {}
    for item in items:
        if item.gone:
            gone[len(blocks)] = item.gone
        if item.anchor:
            places.setdefault(item.anchor, len(blocks))
        if item.block:
            blocks.append(item.block)
    division = Division(chapters=[])
    cuts = _cuts(_tree(entries, places, front, division), blocks)
    if len(cuts) < 2:
        division.chapters = list(divide(blocks))
        return division
    lead = blocks[: cuts[0][0]]
    if has_prose([block for block in lead if block.origin.href.partition("#")[0] not in front]):
        division.chapters += divide(lead)
        lead = []
    for (at, title), end in zip(cuts, [at for at, _ in cuts[1:]] + [len(blocks)], strict=True):
        own = _without_opening(blocks[at:end], front) if end < len(blocks) else blocks[at:end]
        piece = [*lead, *own]
        if all(isinstance(block, PageBreak | SceneBreak) for block in piece):
            lead = [*piece, *blocks[at + len(own) : end]]
            continue
        if len(piece) == 1 and (what := gone.get(end)) and _says(getattr(piece[0], "text", ""), title):
            reason = f"a heading over {what}"
            division.skipped.append(Skipped(kind="heading", reason=reason, text=title[:80], origin=piece[0].origin))
            lead = []
            continue
        division.chapters.append(_chapter(piece, short(title), len(lead), division))
        lead = blocks[at + len(own) : end]
    if lead and division.chapters:
        last = division.chapters.pop()
        division.chapters.append(Chapter(title=last.title, titled=last.titled, blocks=(*last.blocks, *lead)))
    return division


def _without_opening(blocks: Sequence[Block], front: Collection[str]) -> list[Block]:
    """The blocks without those at their end that open what comes after them: a half title between two chapters."""
    kept = list(blocks)
    while len(kept) > 1 and kept[-1].origin.href.partition("#")[0] in front:
        kept.pop()
    return kept


def _tree(
    entries: Sequence[ContentsEntry], places: dict[str, int], front: Collection[str], division: Division
) -> list[_Node]:
    roots: list[_Node] = []
    stack: list[tuple[int, _Node]] = []
    lost = 0
    for entry in entries:
        file = entry.key.partition("#")[0]
        at = places.get(entry.key, places.get(f"{file}#", -1)) if entry.key else -1
        lost += bool(entry.key) and entry.key not in places
        while stack and stack[-1][0] >= entry.depth:
            stack.pop()
        if file in front or (at < 0 and entry.key):
            continue  # what stands below it stands where it would have stood
        node = _Node(title=entry.title, at=at)
        (stack[-1][1].children if stack else roots).append(node)
        stack.append((entry.depth, node))
    if lost:
        division.warnings.append(f"{lost} of {len(entries)} entries of the contents point to a place that is not there")
    return sorted(filter(None, map(_settled, roots)), key=lambda node: node.at)


def _settled(node: _Node) -> _Node | None:
    """The node with its children in order; one that points nowhere begins with its first child."""
    node.children = sorted(filter(None, map(_settled, node.children)), key=lambda child: child.at)
    if node.at < 0 and node.children:
        node.at = node.children[0].at
    return node if node.at >= 0 else None


def _cuts(nodes: Sequence[_Node], blocks: Sequence[Block]) -> list[tuple[int, str]]:
    """Where chapters begin, and their titles; each place once, and in order."""
    found: dict[int, str] = {}
    for at, title in _level(nodes, blocks):
        found.setdefault(at, title)
    return sorted(found.items())


def _level(nodes: Sequence[_Node], blocks: Sequence[Block]) -> list[tuple[int, str]]:
    parts = [node for node in nodes if node.children]
    if not all(_is_part(node, blocks) for node in parts):
        return [(node.at, node.title) for node in nodes]
    cuts: list[tuple[int, str]] = []
    for node in nodes:
        if not node.children:
            cuts.append((node.at, node.title))
            continue
        below = _level(node.children, blocks)
        if has_prose(blocks[node.at : below[0][0]]):
            cuts.append((node.at, node.title))
        else:
            below[0] = (min(node.at, below[0][0]), f"{node.title.rstrip(':')}: {below[0][1]}")
        cuts += below
    return cuts


def _is_part(node: _Node, blocks: Sequence[Block]) -> bool:
    """Whether an entry with others below it holds chapters, rather than being one that has sections."""
    if _CHAPTER.match(node.title):
        return False
    return bool(PART.match(node.title)) or not has_prose(blocks[node.at : node.children[0].at])


def _chapter(piece: list[Block], title: str, lead: int, division: Division) -> Chapter:
    """A chapter with the title that the contents give it, said in its text by a heading: its own, or else a new one."""
    while piece and isinstance(piece[-1], SceneBreak):
        piece.pop()
    while len(piece) > lead and isinstance(piece[lead], SceneBreak):
        del piece[lead]
    piece = [
        block
        for before, block in zip([None, *piece], piece, strict=False)
        if not (isinstance(before, SceneBreak) and isinstance(block, SceneBreak))
    ]
    aside = Figure | PageBreak | Quotation
    at = next((i for i in range(lead, len(piece)) if not isinstance(piece[i], aside)), len(piece))
    first = piece[at] if at < len(piece) else None
    if isinstance(first, Paragraph) and _says(first.text, title):
        piece[at] = Heading(text=first.text, level=2, marks=first.marks, origin=first.origin)
    elif not isinstance(first, Heading) and not any(isinstance(block, Heading) for block in piece[lead : lead + 4]):
        origin = piece[lead].origin if lead < len(piece) else Origin()
        piece.insert(lead, Heading(text=title, level=2, origin=origin))
        division.made += 1
    return Chapter(title=title, titled=True, blocks=tuple(piece))


def _says(text: str, title: str) -> bool:
    """Whether a paragraph is the chapter's title, or one of the lines that it is set in."""
    if same_words(text, title):
        return True
    return len(text) < 80 and any(same_words(text, part) for part in re.split(r"[:.–—-]\s", title))
