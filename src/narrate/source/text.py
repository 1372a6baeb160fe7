"""Plain text in, a Document out: paragraphs, sections, headings and the title by the conventions of typed books.

A blank line ends a paragraph, lines wrapped at a fixed width are joined, two blank lines or a mark alone on its line
end a section. What single lines mean (title, heading, caption) is decided in `lines.py`. Touches no file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from narrate.document import Block, Document, Figure, Heading, Metadata, Origin, Paragraph, SceneBreak, Skipped
from narrate.source import lines
from narrate.source.account import assembled
from narrate.source.decode import decode
from narrate.source.elements import NOTICE
from narrate.source.name import plain, readable

_CHAPTER_LEVEL = 2
_UNWRAPPED = 110
"""Characters. Nobody wraps typed text wider; a longer line is a paragraph (or a table's row, or an address)."""
_MOST_FRONT_LINES = 4
_MOST_NOTICE = 60
"""Paragraphs among which the line is looked for with which Project Gutenberg's files begin."""
_START = re.compile(r"\*\*\* ?START OF TH(?:E|IS) PROJECT GUTENBERG EBOOK\b")
_ILLUSTRATION = re.compile(r"\[Illustration(?:: ?([^\]]{1,2000}))?\]")
"""How transcribers say in plain text that there is a picture."""
_END = re.compile(r"(?:\*\*\* ?)?End of (?:the|this) Project Gutenberg EBook\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """Lines with nothing between them: a paragraph, or one line that means something. `line` counts from 1.

    `break_line` is the line of the section break before it, 0 without one.
    """

    lines: tuple[str, ...]
    line: int
    break_line: int

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.lines).split())


def read_text(path: Path, data: bytes) -> Document:
    """The Document that plain text is taken for. Raises SourceError when `data` is no text."""
    text, remarks = decode(data, path)
    groups = list(_groups(text, each_line=_is_unwrapped(text)))
    del text
    groups, notice = _without_notice(groups)
    front = _Front(groups)
    warnings = list(remarks)
    blocks = _blocks(front.figure, groups[front.used :], warnings)
    return assembled(
        Metadata(title=plain(front.title.text) if front.title else readable(path), author=front.author, language=""),
        list(blocks),
        opening=front.opening,
        chapter_level=_CHAPTER_LEVEL,
        warnings=warnings,
        skipped=notice,
    )


def _without_notice(groups: list[_Group]) -> tuple[list[_Group], list[Skipped]]:
    """The text without what Project Gutenberg writes before and after it: its terms and its licence, 3,000 words."""
    first = next((at for at, group in enumerate(groups[:_MOST_NOTICE]) if _START.match(group.lines[0])), -1)
    if first < 0:
        return groups, []
    last = next((at for at, group in enumerate(groups) if at > first and _END.match(group.lines[0])), len(groups))
    left = [run for run in (groups[: first + 1], groups[last:]) if run]
    skipped = [
        Skipped(kind="notice", reason=NOTICE, count=len(run), text=run[0].text[:80], origin=Origin(line=run[0].line))
        for run in left
    ]
    return groups[first + 1 : last], skipped


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    """The lines of `text`, stripped, without a list of all of them in memory."""
    start, number = 0, 1
    while (end := text.find("\n", start)) >= 0:
        yield number, text[start:end].strip()
        start, number = end + 1, number + 1
    yield number, text[start:].strip()


def _is_unwrapped(text: str) -> bool:
    """Whether every line is a paragraph: most of the text stands in long lines, and those end as sentences do."""
    characters = in_long = long_lines = ended = 0
    for _, line in _numbered(text):
        characters += len(line)
        if len(line) > _UNWRAPPED:
            in_long += len(line)
            long_lines += 1
            ended += lines.ends_sentence(line)
    return in_long * 2 > characters and ended * 2 > long_lines


def _groups(text: str, *, each_line: bool) -> Iterator[_Group]:
    held: list[str] = []
    held_at = blanks = break_line = 0
    for number, line in _numbered(text):
        mark = bool(line) and lines.is_mark(line)
        if line and not mark:
            if held and each_line:
                yield _Group(lines=tuple(held), line=held_at, break_line=break_line)
                held, break_line = [], 0
            if not held:
                held_at = number
            held.append(line)
            blanks = 0
            continue
        if held:
            yield _Group(lines=tuple(held), line=held_at, break_line=break_line)
            held, break_line = [], 0
        blanks = 0 if mark else blanks + 1
        if mark or (blanks == 2 and not break_line):
            break_line = number
    if held:
        yield _Group(lines=tuple(held), line=held_at, break_line=break_line)


class _Front:
    """What stands before the first prose: the title, a by-line, the caption and credit of a picture.

    `used` counts the groups it took. A picture's lines are only looked for below a title.
    """

    def __init__(self, groups: list[_Group]) -> None:
        self.title: Heading | None = None
        self.author = ""
        self.opening: list[Heading] = []
        self.figure: Figure | None = None
        self.used = 0
        if self._take_title(groups):
            self._take_byline(groups)
            self._take_picture(groups)

    def _take_title(self, groups: list[_Group]) -> bool:
        first = groups[0] if groups else None
        if not first or not lines.is_title(first.lines[0]):
            return False
        byline = lines.author_of(first.lines[1]) if len(first.lines) == 2 else ""
        if not (len(first.lines) == 1 or byline) or (len(groups) == 1 and not byline):
            return False
        self.title = Heading(text=lines.title_text(first.lines[0]), level=1, origin=Origin(line=first.line))
        self.opening = [self.title]
        self.used = 1
        if byline:
            self._add_byline(first.lines[1], byline, first.line + 1)
        return True

    def _take_byline(self, groups: list[_Group]) -> None:
        if self.author or len(groups) <= self.used or len(groups[self.used].lines) > 1:
            return
        group = groups[self.used]
        if author := lines.author_of(group.text):
            self._add_byline(group.text, author, group.line)
            self.used += 1

    def _add_byline(self, text: str, author: str, line: int) -> None:
        self.author = author
        self.opening.append(Heading(text=" ".join(text.split()), level=1, origin=Origin(line=line)))

    def _take_picture(self, groups: list[_Group]) -> None:
        short: list[tuple[int, str]] = []
        at = self.used
        rest: _Group | None = None
        while at < len(groups) and len(short) <= _MOST_FRONT_LINES and (count := _caption_lines(groups[at])):
            group = groups[at]
            short += [(group.line + i, " ".join(line.split())) for i, line in enumerate(group.lines[:count])]
            if count < len(group.lines):
                rest = _Group(lines=group.lines[count:], line=group.line + count, break_line=0)
                break
            at += 1
        prose = rest or (groups[at] if at < len(groups) else None)
        if not short or len(short) > _MOST_FRONT_LINES or not prose or not lines.is_prose(prose.lines):
            return
        if rest:
            groups[at] = rest
        caption, *credit = [text for _, text in short]
        self.figure = Figure(caption=caption, credit="; ".join(credit), origin=Origin(line=short[0][0]))
        self.used = at


def _caption_lines(group: _Group) -> int:
    """How many of the group's first lines are captions or credits: all, the few before wrapped prose, or none."""
    captions = [lines.is_caption(line) for line in group.lines[: _MOST_FRONT_LINES + 1]]
    if all(captions):
        return len(group.lines)
    # A line far shorter than the prose below it was not wrapped: its writer ended it there.
    widest = max(map(len, group.lines))
    count = 0
    while captions[count] and len(group.lines[count]) < 0.6 * widest:
        count += 1
    return count


def _blocks(figure: Figure | None, groups: Sequence[_Group], warnings: list[str]) -> Iterator[Block]:
    if figure:
        yield figure
    headings = lines.Headings()
    opens = True
    at = 0
    while at < len(groups):
        group = groups[at]
        at += 1
        if group.break_line:
            yield SceneBreak(origin=Origin(line=group.break_line))
            opens = True
        subtitle = groups[at] if at < len(groups) and not groups[at].break_line else None
        after = subtitle.lines if subtitle else ()
        if found := headings.find(group.lines, after, opens_section=bool(group.break_line)):
            yield Heading(text=found.text, level=found.level, origin=Origin(line=group.line))
            at += found.took_next
            opens = True
            continue
        text = group.text
        if drawn := _ILLUSTRATION.fullmatch(text):
            yield Figure(caption=drawn[1] or "", origin=Origin(line=group.line))
            continue
        if opens:
            text, at = _mend_drop_cap(group, groups, at, warnings)
            opens = False
        yield Paragraph(text=text, origin=Origin(line=group.line))


def _mend_drop_cap(group: _Group, groups: Sequence[_Group], at: int, warnings: list[str]) -> tuple[str, int]:
    """The group's text with the big first letter of a web page put right, and the index of the group after it."""
    text = group.text
    follows = groups[at].text if len(text) == 1 and at < len(groups) and not groups[at].break_line else ""
    if joined := lines.join_drop_cap(text, follows):
        return joined, at + 1
    if len(group.lines) > 1 and (joined := lines.join_drop_cap(group.lines[0], " ".join(text.split(" ")[1:]))):
        return joined, at
    mended = lines.split_drop_cap(text)
    if mended != text:
        was, now = text.split(" ", 1)[0], " ".join(mended.split(" ", 2)[:2])
        warnings.append(f"line {group.line}: a glued drop cap, “{was}”, is read as “{now}”")
    return mended, at
