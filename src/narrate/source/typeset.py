"""Lines of set type in, blocks out: where paragraphs begin, which hyphens were only the line's, which lines are heads
and which are notes at the foot. Pure.

Set type says these things by form: a paragraph begins after a wider space, with an indent, or after a line on which
there was room for another word; a heading is larger; a note is smaller, at the foot, and marked in the text above it.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from narrate.document import (
    Block,
    Figure,
    Heading,
    ListItem,
    Mark,
    MarkKind,
    Note,
    Origin,
    PageBreak,
    Paragraph,
    SceneBreak,
    Table,
)
from narrate.source.lines import Headings, ends_sentence, is_mark
from narrate.source.pdf_page import MARK_CLOSE, MARK_OPEN, Line, page_origin

_LARGER = 1.12
_SMALLER = 0.93
_WIDER_GAP = 1.3
_HEADING_PITCH_EM = 1.3
_INDENT_EM = 0.6
_MOST_INDENT_EM = 6
_LONGEST_HEADING = 200
_LEVELS = 3
_EARLY_EM = 8
_MOST_NOTE_LINES = 30
_LONGEST_WORD = 80
_BULLET = re.compile(r"[•◦▪‣●○■□–—·*-]\s+(?=\S)")
_NUMBERED = re.compile(r"\(?(\d{1,3})[.)]\s+(?=\S)")
_NOTE_LABEL = re.compile(rf"(?:{MARK_OPEN}([^{MARK_CLOSE}]*){MARK_CLOSE}|(\d{{1,3}})[.)]?\s|([*†‡§¶]{{1,3}}))\s*(?=\S)")
_MARK = re.compile(f"{MARK_OPEN}([^{MARK_CLOSE}]*){MARK_CLOSE}")
_CAPTION = re.compile(r"(?:figure|fig\.|abbildung|abb\.|plate|photo|illustration|figura|image)\s", re.IGNORECASE)
_NUMBERED_CAPTION = re.compile(
    r"(?:figure|fig\.|abbildung|abb\.|figura) ?\d{1,3}(?:\.\d{1,3})?[a-z]?[.:] ?(?=[^\W\d_])", re.I
)
_HYPHEN = re.compile(r"[^\W\d_][-‐­]$")
_WORD = re.compile(r"[^\W\d_]+(?:[-‐’'][^\W\d_]+)*")
_FIRST = re.compile(r"[^\W\d_]+")
_LAST = re.compile(r"([^\W\d_]+)[-‐]$")

Item = Line | Heading | Figure | PageBreak | Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Type:
    """How a document is set: its text's size in points, per size the distance of lines and a full line's length in
    characters, the words that stand in it unbroken, and how low on their pages its lines go."""

    size: float
    pitch: dict[float, float]
    full: dict[float, int]
    words: frozenset[str]
    foot: float


def measure(pages: Sequence[Sequence[object]]) -> Type:
    """How the lines of `pages` are set."""
    characters: Counter[float] = Counter()
    distances: dict[float, list[float]] = {}
    lengths: dict[float, list[int]] = {}
    words: set[str] = set()
    foot = math.inf
    for page in pages:
        above: Line | None = None
        for line in (item for item in page if isinstance(item, Line)):
            characters[line.size] += len(line.text)
            lengths.setdefault(line.size, []).append(len(line.text))
            if above and above.size == line.size and 0 < above.y - line.y < 3 * line.size:
                distances.setdefault(line.size, []).append(above.y - line.y)
            words.update(_unbroken(line.words.casefold()))
            foot = min(foot, line.y)
            above = line
    return Type(
        size=characters.most_common(1)[0][0] if characters else 0.0,
        pitch={size: median(found) for size, found in distances.items()},
        full={size: sorted(found)[len(found) * 4 // 5] for size, found in lengths.items()},
        words=frozenset(words),
        foot=foot,
    )


def _unbroken(text: str) -> list[str]:
    found = _WORD.findall(text)
    return found[:-1] if found and _HYPHEN.search(text) else found


def compose(pages: Sequence[Sequence[Item]], kind: Type, *, headed: bool) -> list[Block]:
    """The blocks that `pages` say, in order. `headed` says that headings are marked already: none is then guessed."""
    levels = {} if headed else _heading_levels(pages, kind)
    composer = _Composer(kind, levels, by_words=not headed and not levels)
    for page in pages:
        lines, notes = _notes(page, kind)
        composer.notes |= notes
        for item in lines:
            composer.add(item)
    composer.end()
    return list(_captioned(composer.blocks))


def _heading_levels(pages: Sequence[Sequence[Item]], kind: Type) -> dict[float, int]:
    """The sizes that are larger than the text's, by rank; none where that would make most of the text headings."""
    larger: Counter[float] = Counter()
    total = 0
    for item in (item for page in pages for item in page):
        if isinstance(item, Line):
            total += len(item.text)
            if item.size >= _LARGER * kind.size and any(map(str.isalpha, item.words)):
                larger[item.size] += len(item.text)
    if sum(larger.values()) * 3 > total:
        return {}
    return {size: min(rank, _LEVELS) for rank, size in enumerate(sorted(larger, reverse=True), start=1)}


def _notes(page: Sequence[Item], kind: Type) -> tuple[list[Item], dict[str, Note]]:
    """The page without the notes at its foot, and these by the key that their marks in the text get.

    They are the small lines below all others, from the first that begins with a label marked on this page; or lines of
    any size below the last that has such a mark, if the label that they begin with is raised.
    """
    lines = [item for item in page if isinstance(item, Line)]
    floor = min((line.y for line in lines if line.size > _SMALLER * kind.size), default=0.0)
    floor = max([floor, *_below_raised(lines)])
    marked = {label for line in lines if line.y >= floor for label in _MARK.findall(line.text)}
    foot = sorted((line for line in lines if line.y < floor), key=lambda line: -line.y)
    found: dict[str, list[Line]] = {}
    label = ""
    for line in foot:
        begins = _NOTE_LABEL.match(line.text)
        own = next(filter(None, begins.groups()), "") if begins else ""
        if begins and own in marked and own not in found:
            label = own
            line = Line(page=line.page, x=line.x, y=line.y, size=line.size, text=line.text[begins.end() :])
        if label:
            found.setdefault(label, []).append(line)
    taken = {(line.x, line.y) for lines in found.values() for line in lines}
    taken |= {(line.x, line.y) for line in foot if _NOTE_LABEL.match(line.text) and found}
    notes = {
        f"{label}@{page_lines[0].page}": Note(
            label=label, text=_resolved(_joined(page_lines, kind))[0], origin=_origin(page_lines[0])
        )
        for label, page_lines in found.items()
    }
    rest = [_keyed(item, found) for item in page if not (isinstance(item, Line) and (item.x, item.y) in taken)]
    return rest, notes


def _below_raised(lines: Sequence[Line]) -> Iterator[float]:
    """How high the foot of a page reaches whose notes are as large as its text: above the first raised label."""
    low = sorted(lines, key=lambda line: line.y)[:_MOST_NOTE_LINES]
    if len(low) * 2 > len(lines):
        low = low[: len(lines) // 2]
    for line in low:
        found = re.match(_MARK, line.text)
        if found and any(found[1] in _MARK.findall(other.text[1:]) for other in lines if other.y > line.y):
            yield line.y + 0.5 * line.size


def _keyed(item: Item, found: Iterable[str]) -> Item:
    if not isinstance(item, Line) or MARK_OPEN not in item.text:
        return item
    text = item.text
    for label in found:
        text = text.replace(f"{MARK_OPEN}{label}{MARK_CLOSE}", f"{MARK_OPEN}{label}@{item.page}{MARK_CLOSE}")
    return Line(page=item.page, x=item.x, y=item.y, size=item.size, text=text)


class _Composer:
    """Takes items in order; `blocks` is what they say so far."""

    def __init__(self, kind: Type, levels: dict[float, int], *, by_words: bool) -> None:
        self.blocks: list[Block] = []
        self.notes: dict[str, Note] = {}
        self._kind = kind
        self._levels = levels
        self._headings = Headings() if by_words else None
        self._lines: list[Line] = []
        self._held: list[Block] = []

    def add(self, item: Item) -> None:
        """The next item. Figures and page breaks wait for the end of the paragraph that they stand in."""
        if isinstance(item, Line):
            if self._lines and begins_paragraph(self._lines, item, self._kind):
                self._end_paragraph()
            if not self._lines:
                self._release()
            self._lines.append(item)
        elif isinstance(item, Heading | Table):
            self._end_paragraph()
            self._release()
            self.blocks.append(item)
        else:
            self._held.append(item)

    def end(self) -> None:
        """No more items. Notes whose marks were lost on the way are told at the end."""
        self._end_paragraph()
        self._release()
        self.blocks += self.notes.values()

    def _release(self) -> None:
        self.blocks += self._held
        self._held = []

    def _end_paragraph(self) -> None:
        lines, self._lines = self._lines, []
        if not lines:
            return
        raw = _joined(lines, self._kind)
        text, marks = _resolved(raw)
        if not text:
            return
        self.blocks.append(self._block(lines, text, marks))
        self.blocks += [self.notes.pop(key) for key in _MARK.findall(raw) if key in self.notes]

    def _block(self, lines: Sequence[Line], text: str, marks: tuple[Mark, ...]) -> Block:
        origin = _origin(lines[0])
        if is_mark(text):
            return SceneBreak(origin=origin)
        if level := self._level(lines, text):
            return Heading(text=text, level=level, marks=marks, origin=origin)
        if bullet := _BULLET.match(text) or _NUMBERED.match(text):
            marker = bullet[1] if bullet.re is _NUMBERED else ""
            shift = bullet.end()
            moved = tuple(_moved(mark, shift) for mark in marks)
            return ListItem(text=text[shift:], marker=marker, marks=moved, origin=origin)
        return Paragraph(text=text, marks=marks, origin=origin)

    def _level(self, lines: Sequence[Line], text: str) -> int:
        if len(text) > _LONGEST_HEADING or not any(map(str.isalpha, text)):
            return 0
        if level := self._levels.get(lines[0].size, 0):
            return level
        if self._headings and len(lines) == 1 and (found := self._headings.find((text,), ())):
            return found.level
        return 0


def begins_paragraph(lines: Sequence[Line], line: Line, kind: Type) -> bool:
    """Whether `line` begins another paragraph than the one that `lines` are of."""
    above = lines[-1]
    if _counts_on(lines, line):
        return True
    if abs(above.size - line.size) > 0.08 * above.size or _BULLET.match(line.text):
        return True
    em = line.size or 1.0
    full = kind.full.get(line.size, 0)
    room = len(above.text) + 1 + len(line.text.split(" ", 1)[0])
    closed = ends_sentence(above.words)
    had_room = room < (0.92 if closed else 0.75) * full
    down = above.y - line.y
    if above.page != line.page or down < -0.5 * em:
        # Another page or column: the space between says nothing here, but one that ends early ends with a paragraph.
        indented = _INDENT_EM * em < line.x - above.x < _MOST_INDENT_EM * em
        return closed and (had_room or indented or above.y - kind.foot > _EARLY_EM * em)
    pitch = kind.pitch.get(line.size, 1.2 * em)
    if line.size >= _LARGER * kind.size:  # too few lines to tell: the distance may be that of two headings
        pitch = min(pitch, _HEADING_PITCH_EM * em)
    if down > _WIDER_GAP * pitch:
        return True
    if _HYPHEN.search(above.words) and line.words[:1].isalpha():
        return False
    indent = line.x - above.x
    if _INDENT_EM * em < indent < _MOST_INDENT_EM * em and not _hangs(lines):
        return True
    if indent < -_INDENT_EM * em and len(lines) > 1:
        return abs(lines[-2].x - above.x) < 0.1 * em
    return had_room


def _counts_on(lines: Sequence[Line], line: Line) -> bool:
    """Whether `line` begins a list's item: the one after the item that `lines` are; or, set apart by its place, the
    first, or one after a bulleted item."""
    number, before = _NUMBERED.match(line.text), _NUMBERED.match(lines[0].text)
    if not number:
        return False
    if before and int(number[1]) == int(before[1]) + 1:
        return abs(line.x - lines[0].x) < line.size
    apart = abs(line.x - lines[-1].x) > _INDENT_EM * line.size
    return apart and (number[1] == "1" or bool(_BULLET.match(lines[0].text)))


def _hangs(lines: Sequence[Line]) -> bool:
    """Whether these are the first line of a list's item, whose further lines stand to the right of its sign."""
    return len(lines) == 1 and bool(_BULLET.match(lines[0].text) or _NUMBERED.match(lines[0].text))


def _joined(lines: Sequence[Line], kind: Type) -> str:
    """The lines as one text, without the hyphens that only the line's end made."""
    pieces = [lines[0].text]
    for line in lines[1:]:
        both = join(pieces[-1], line.text, kind.words)
        pieces[-1:] = [both[: len(both) - len(line.text)], line.text]
    return " ".join("".join(pieces).split())


def join(text: str, following: str, words: frozenset[str]) -> str:
    """`text` and the line `following` it. A hyphen at the end goes when `words` has the joined word, stays when it has
    the hyphenated one, or both halves as words; a word that is found nowhere is joined."""
    if text.endswith("­"):
        return text[:-1] + following
    last, first = _LAST.search(text[-_LONGEST_WORD:]), _FIRST.match(following)
    if not last or not first:
        ideographs = "぀" <= text[-1:] <= "鿿" and "぀" <= following[:1] <= "鿿"
        return text + following if ideographs else f"{text} {following}"
    head, tail = last[1].casefold(), first[0].casefold()
    if not first[0][0].islower():
        return text + following
    if head + tail in words:
        return text[:-1] + following
    both = head in words and tail in words and min(len(head), len(tail)) > 2
    if f"{head}-{tail}" in words or both:
        return text + following
    return text[:-1] + following


def _resolved(text: str) -> tuple[str, tuple[Mark, ...]]:
    """`text` without the signs of notes, and marks where they stood. What looks like an exponent stays, as one."""
    pieces: list[str] = []
    marks: list[Mark] = []
    at = length = 0
    for found in _MARK.finditer(text):
        before = text[at : found.start()]
        pieces.append(before)
        length += len(before)
        at = found.end()
        label, _, page = found[1].partition("@")
        if page or re.search(r"[^\W\d_]{2}$|[.,;:!?”’»)\]]$", before):
            marks.append(Mark(start=length, end=length, kind=MarkKind.NOTE, value=label))
        else:
            marks.append(Mark(start=length, end=length + len(label), kind=MarkKind.SUPERSCRIPT))
            pieces.append(label)
            length += len(label)
    pieces.append(text[at:])
    return "".join(pieces), tuple(marks)


def _moved(mark: Mark, by: int) -> Mark:
    return Mark(start=max(0, mark.start - by), end=max(0, mark.end - by), kind=mark.kind, value=mark.value)


def _captioned(blocks: Iterable[Block]) -> Iterator[Block]:
    """A figure takes the paragraph after it for its caption, when that begins as captions do. A numbered caption alone
    is that of a figure which is no picture but drawn with lines, as plots are."""
    figure: Figure | None = None
    for block in blocks:
        if figure and isinstance(block, Paragraph) and _CAPTION.match(block.text):
            yield Figure(alt=figure.alt, caption=block.text, origin=figure.origin)
            figure = None
            continue
        if figure:
            yield figure
        figure = block if isinstance(block, Figure) else None
        if isinstance(block, Paragraph) and not block.marks and _NUMBERED_CAPTION.match(block.text):
            yield Figure(caption=block.text, origin=block.origin)
        elif not figure:
            yield block
    if figure:
        yield figure


def _origin(line: Line) -> Origin:
    return page_origin(line.page)
